"""What services really send, and what the standards allow: each oddity once, in both runtimes.

The replies are made by hand, as small as the behaviour allows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from wire import DONE, JSON, SSE, USAGE, call, chunk, completion, packed, sse

Ask = Callable[..., Any]


# ---- plain replies


@pytest.mark.parametrize(
    "blank",
    [b"\n         \n\n   ", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n"],
    ids=["lines", "bom", "both"],
)
def test_blanks_before_a_json_body_are_skipped(ask: Ask, loopback: Any, blank: bytes) -> None:
    """Gateways send blank lines to keep the connection while they wait for the model."""
    loopback.answer(loopback.reply(blank + packed(completion()), **JSON))
    assert ask("openrouter").invoke().text == "Hi"


def test_event_stream_labelled_json_is_read_as_a_stream(ask: Ask, loopback: Any) -> None:
    """The first byte tells what a body is, not its content type."""
    loopback.answer(loopback.reply(sse(chunk("Hel"), chunk("lo", "stop")), **JSON))
    seen = ask("openai").stream()
    assert [event.text for event in seen.events if event.type == "text_delta"] == ["Hel", "lo"]
    assert seen.result.text == "Hello"


def test_event_stream_in_answer_to_a_plain_call_is_put_together(ask: Ask, loopback: Any) -> None:
    """A service that streams although it was not asked to still answers."""
    loopback.answer(
        loopback.reply(sse(chunk("Hel"), chunk("lo", "stop"), chunk(usage=USAGE)), **SSE)
    )
    result = ask("openai").invoke()
    assert (result.text, result.usage.input_tokens) == ("Hello", 7)


@pytest.mark.parametrize("label", [SSE, JSON], ids=["labelled_sse", "labelled_json"])
def test_whole_reply_to_a_streamed_call_gives_its_events(
    ask: Ask, loopback: Any, label: dict[str, str]
) -> None:
    """A service that does not stream although it was asked to still answers."""
    loopback.answer(loopback.reply(packed(completion()), **label))
    seen = ask("openai").stream()
    assert (seen.text, seen.result.finish_reason) == ("Hi", "stop")
    assert seen.result.usage.output_tokens == 2


def test_content_as_a_list_of_thinking_and_text_is_read(ask: Ask, loopback: Any) -> None:
    """Reasoning models of one service send content as a list, in replies and in deltas."""
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    text = {"type": "text", "text": "Hi"}
    loopback.answer(loopback.reply(packed(completion([thinking, text])), **JSON))
    result = ask("mistralai").invoke()
    assert (result.text, result.reasoning) == ("Hi", "hm")
    loopback.answer(
        loopback.reply(sse(chunk([thinking]), chunk([text]), chunk("!", "stop")), **SSE)
    )
    seen = ask("mistralai").stream()
    assert (seen.result.text, seen.result.reasoning) == ("Hi!", "hm")


def test_message_without_content_beside_tool_calls_has_empty_text(ask: Ask, loopback: Any) -> None:
    """The content key may be missing altogether, and the finish word may say stop."""
    reply = completion(finish="stop", tool_calls=[call('{"a": 1}', id="t1", f={"name": "look"})])
    del reply["choices"][0]["message"]["content"]
    loopback.answer(loopback.reply(packed(reply), **JSON))
    result = ask("groq").invoke()
    assert (result.text, result.finish_reason) == ("", "tool_calls")
    assert result.tool_calls[0].arguments == {"a": 1}


@pytest.mark.parametrize(
    ("arguments", "expected", "raw"),
    [
        (None, {}, None),
        ("", {}, None),
        ({"a": 1}, {"a": 1}, None),
        ('{"a": ', None, '{"a": '),
        ("[1]", None, "[1]"),
    ],
    ids=["null", "empty", "object", "cut_short", "list"],
)
def test_tool_arguments_of_any_shape_are_kept(
    ask: Ask, loopback: Any, arguments: object, expected: object, raw: str | None
) -> None:
    """Arguments that are no JSON object are None, and their text is kept."""
    calls = [call(arguments, id="t1", f={"name": "look"})]
    loopback.answer(
        loopback.reply(packed(completion(None, "tool_calls", tool_calls=calls)), **JSON)
    )
    found = ask("groq").invoke().tool_calls[0]
    assert found.arguments == expected
    if raw is not None:
        assert found.raw_arguments == raw


@pytest.mark.parametrize(
    ("word", "reason"), [("eos", "stop"), ("", "other"), ("novel", "other")], ids=str
)
def test_unusual_finish_words_are_mapped_and_kept(
    ask: Ask, loopback: Any, word: str, reason: str
) -> None:
    """A word that means stop is stop, an empty one is no word, an unknown one is other."""
    loopback.answer(loopback.reply(packed(completion(finish=word)), **JSON))
    result = ask("togetherai").invoke()
    assert (result.finish_reason, result.raw_finish_reason) == (reason, word or None)


def test_empty_finish_word_in_a_stream_is_no_finish(ask: Ask, loopback: Any) -> None:
    """Every frame may carry an empty finish word; only the last one ends the answer."""
    loopback.answer(loopback.reply(sse(chunk("H", ""), chunk("i", ""), chunk("", "stop")), **SSE))
    seen = ask("openai").stream()
    assert (seen.text, seen.count("finish"), seen.result.finish_reason) == ("Hi", 1, "stop")


def test_usage_that_was_not_sent_is_none_and_not_zero(ask: Ask, loopback: Any) -> None:
    """A stream without usage tells no counts."""
    loopback.answer(loopback.reply(sse(chunk("Hi", "stop")), **SSE))
    usage = ask("openai").stream().result.usage
    assert (usage.input_tokens, usage.output_tokens, usage.total_tokens) == (None, None, None)


def test_not_a_number_in_a_reply_does_not_break_it(ask: Ask, loopback: Any) -> None:
    """NaN is no JSON, yet servers in Python write it among log probabilities."""
    body = packed(completion()).replace(b'"index": 0', b'"index": 0, "score": NaN', 1)
    loopback.answer(loopback.reply(body, **JSON))
    assert ask("openai").invoke().text == "Hi"
    frame = packed(chunk("Hi", "stop")).replace(b'"index": 0', b'"index": 0, "score": -Infinity', 1)
    loopback.answer(loopback.reply(b"data: " + frame + b"\n\n" + DONE, **SSE))
    assert ask("openai").stream().result.text == "Hi"


# ---- event streams


def test_comments_and_blank_lines_in_a_stream_are_skipped(ask: Ask, loopback: Any) -> None:
    """Gateways keep a stream alive with comments, before, between and after events."""
    note = b": STILL WORKING\n\n"
    body = note * 3 + sse(chunk("H"), end=b"") + note + b"\n\n" + sse(chunk("i", "stop")) + note
    loopback.answer(loopback.reply(body, **SSE))
    assert ask("openrouter").stream().text == "Hi"


def test_finish_reason_sent_twice_finishes_once(ask: Ask, loopback: Any) -> None:
    """Some services repeat the finish reason in the frame that carries usage."""
    loopback.answer(loopback.reply(sse(chunk("Hi", "stop"), chunk("", "stop", usage=USAGE)), **SSE))
    seen = ask("openrouter").stream()
    assert (seen.count("finish"), seen.count("usage")) == (1, 1)
    assert (seen.result.finish_reason, seen.result.usage.input_tokens) == ("stop", 7)


@pytest.mark.parametrize("choices", [[], None, "missing"], ids=["empty", "null", "missing"])
def test_frames_without_a_choice_are_passed_over(ask: Ask, loopback: Any, choices: object) -> None:
    """First frames with filter results and last frames with usage may have no choice."""
    odd = {"id": "", "model": "", "object": "", "choices": choices, "prompt_filter_results": []}
    if choices == "missing":
        del odd["choices"]
    last = {**odd, "usage": USAGE}
    loopback.answer(loopback.reply(sse(odd, chunk("Hi", "stop"), last), **SSE))
    seen = ask("azure_openai").stream()
    assert (seen.text, seen.result.id, seen.result.usage.output_tokens) == ("Hi", "c1", 2)


def test_choice_without_delta_is_passed_over(ask: Ask, loopback: Any) -> None:
    """A frame may hold filter results in place of a delta."""
    bare = {"id": "c1", "choices": [{"index": 0, "finish_reason": None}]}
    loopback.answer(loopback.reply(sse(bare, chunk("Hi", "stop")), **SSE))
    assert ask("azure_openai").stream().text == "Hi"


def test_last_frame_may_repeat_the_whole_message(ask: Ask, loopback: Any) -> None:
    """A closing frame with the whole message, and no end mark, doubles nothing."""
    frames = [chunk("H", usage=USAGE), chunk("i", usage=USAGE)]
    done = {**chunk("", "stop", usage=USAGE), "object": "chat.completion.done"}
    done["choices"][0]["message"] = {"role": "assistant", "content": "Hi"}
    loopback.answer(loopback.reply(sse(*frames, done, end=b"", line=b"\r\n"), **SSE))
    seen = ask("perplexity").stream()
    assert (seen.text, seen.result.text, seen.count("usage")) == ("Hi", "Hi", 1)
    assert seen.result.usage.input_tokens == 7


def test_data_line_before_the_event_line_is_one_event(ask: Ask, loopback: Any) -> None:
    """The fields of an event may come in any order."""
    begun = {"type": "response.created", "response": {"id": "r1", "model": "m"}}
    piece = {"type": "response.output_text.delta", "output_index": 0, "delta": "Hi"}
    ended = {"type": "response.completed", "response": {"id": "r1", "status": "completed"}}
    body = b"".join(
        b"data: %b\nevent: %b\n\n" % (packed(frame), str(frame["type"]).encode())
        for frame in (begun, piece, ended)
    )
    loopback.answer(loopback.reply(body, **SSE))
    seen = ask("openai_responses").stream()
    assert (seen.text, seen.result.id, seen.result.finish_reason) == ("Hi", "r1", "stop")


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"\r"], ids=["lf", "crlf", "cr"])
def test_lines_end_in_any_of_the_three_ways(ask: Ask, loopback: Any, line: bytes) -> None:
    """LF, CRLF and bare CR end a line, wherever the network cuts."""
    body = sse(chunk("H"), chunk("i", "stop"), end=b"data: [DONE]" + line * 2, line=line)
    pieces = [body[at : at + 1] for at in range(len(body))]
    loopback.answer(*loopback.chunked(*pieces, **SSE))
    assert ask("openai").stream().result.text == "Hi"


def test_byte_order_mark_before_a_stream_is_skipped(ask: Ask, loopback: Any) -> None:
    """A mark is skipped also when the network cuts it in two."""
    body = b"\xef\xbb\xbf" + sse(chunk("Hi", "stop"))
    loopback.answer(*loopback.chunked(body[:1], body[1:2], body[2:], **SSE))
    assert ask("openai").stream().text == "Hi"


def test_line_separators_inside_a_text_are_text(ask: Ask, loopback: Any) -> None:
    """U+2028, U+2029 and U+0085 end no line of a stream."""
    text = "a\u2028b\u2029c\u0085d"
    loopback.answer(loopback.reply(sse(chunk(text), chunk("", "stop")), **SSE))
    assert ask("openai").stream().text == text


def test_character_cut_in_two_by_the_network_is_joined(ask: Ask, loopback: Any) -> None:
    """Characters of several bytes survive any cut."""
    body = sse(chunk("caf\u00e9 \U0001f600"), chunk("", "stop"))
    loopback.answer(*loopback.chunked(*(body[i : i + 1] for i in range(len(body))), **SSE))
    assert ask("openai").stream().text == "caf\u00e9 \U0001f600"


def test_character_cut_in_two_by_the_service_is_joined_in_the_result(
    ask: Ask, loopback: Any
) -> None:
    """Half a surrogate pair in each of two frames is one character, and can be sent back."""
    frames = [packed(chunk("a?")), packed(chunk("?b", "stop"))]
    halves = [b"\\ud83d", b"\\ude00"]
    body = b"".join(
        b"data: %b\n\n" % frame.replace(b"?", half)
        for frame, half in zip(frames, halves, strict=True)
    )
    loopback.answer(loopback.reply(body + DONE, **SSE))
    result = ask("openai").stream().result
    assert result.text == "a\U0001f600b"
    loopback.answer(loopback.reply(packed(completion("x?")).replace(b"?", b"\\ud83d"), **JSON))
    assert ask("openai").invoke([result.message]).text == "x\ufffd"


def test_bytes_that_are_no_utf_8_become_replacement_characters(ask: Ask, loopback: Any) -> None:
    """A broken character costs that character, and neither the answer nor the call."""
    body = sse(chunk("a?b"), chunk("", "stop")).replace(b"a?b", b"a\xff\xc3b")
    loopback.answer(loopback.reply(body, **SSE))
    assert ask("openai").stream().text == "a\ufffd\ufffdb"
    loopback.answer(loopback.reply(packed(completion("a?b")).replace(b"?", b"\xff"), **JSON))
    assert ask("openai").invoke().text == "a\ufffdb"


def test_pings_among_typed_events_are_passed_over(ask: Ask, loopback: Any) -> None:
    """A ping is neither text nor an end, and an unknown event is no error."""
    frames = [
        {"type": "message_start", "message": {"id": "m1", "usage": {"input_tokens": 3}}},
        {"type": "ping"},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
        {"type": "brand_new_event", "data": {"text": "not for us"}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"output_tokens": 1},
        },
        {"type": "message_stop"},
    ]
    loopback.answer(loopback.reply(sse(*frames, end=b""), **SSE))
    seen = ask("anthropic").stream()
    assert (seen.text, seen.result.finish_reason) == ("Hi", "stop")


# ---- tool calls in streams


def fragments(*calls: dict[str, object], finish: str = "tool_calls", **more: object) -> bytes:
    """Write a stream of one tool-call fragment per frame."""
    frames = [chunk(delta={"tool_calls": [one]}) for one in calls]
    return sse(*frames, chunk(None, finish, **more))


@pytest.mark.parametrize(
    "calls",
    [
        [call('{"a":', id="t1", f={"name": "look"}), call("1}")],
        [call('{"a":', index=0, id="t1", f={"name": "look"}), call("1}", index=0, id="")],
        [call('{"a":', index=0, id="t1", f={"name": "look"}), call("1}", index=0, f={"name": ""})],
        [call('{"a":', index=3, id="t1", f={"name": "look"}), call("1}", index=3)],
        [call("", index=0, id="t1"), call('{"a":1}', index=0, f={"name": "look"})],
        [call({"a": 1}, id="t1", f={"name": "look"})],
    ],
    ids=["no_index", "empty_id", "empty_name", "index_not_from_zero", "name_later", "object"],
)
def test_fragments_of_a_tool_call_find_each_other(
    ask: Ask, loopback: Any, calls: list[dict[str, object]]
) -> None:
    """An index, an id or a name may be missing or empty; the call is one all the same."""
    loopback.answer(loopback.reply(fragments(*calls), **SSE))
    (found,) = ask("openai").stream().result.tool_calls
    assert (found.id, found.name, found.arguments) == ("t1", "look", {"a": 1})


def test_whole_tool_call_without_index_beside_finish_and_usage(ask: Ask, loopback: Any) -> None:
    """One frame may hold the call, the finish reason and usage."""
    one = call('{"a":1}', id="t1", f={"name": "look"})
    two = call('{"a":2}', id="t2", f={"name": "look"})
    frame = chunk(None, "tool_calls", delta={"tool_calls": [one, two]}, usage=USAGE)
    loopback.answer(loopback.reply(sse(frame), **SSE))
    result = ask("mistralai").stream().result
    assert [found.arguments for found in result.tool_calls] == [{"a": 1}, {"a": 2}]
    assert (result.finish_reason, result.usage.input_tokens) == ("tool_calls", 7)


def test_call_is_not_complete_because_its_json_parses(ask: Ask, loopback: Any) -> None:
    """More may follow a text that happens to be JSON; then the whole is what counts."""
    calls = [call("{}", index=0, id="t1", f={"name": "look"}), call('{"a":1}', index=0)]
    loopback.answer(loopback.reply(fragments(*calls), **SSE))
    (found,) = ask("openai").stream().result.tool_calls
    assert (found.arguments, found.raw_arguments) == (None, '{}{"a":1}')


def test_tool_call_without_id_gets_one(ask: Ask, loopback: Any) -> None:
    """The next turn needs an id to answer to."""
    loopback.answer(loopback.reply(fragments(call("{}", index=0, f={"name": "look"})), **SSE))
    (found,) = ask("openai").stream().result.tool_calls
    assert found.id and found.name == "look"


# ---- whole replies as frames


def candidate(text: str | None, finish: object = None) -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": text}]} if text is not None else {}
    row = {"content": content, **({} if finish is None else {"finishReason": finish})}
    return {"candidates": [row], "usageMetadata": {"promptTokenCount": 7}}


def test_stream_as_one_json_array_is_read_element_by_element(ask: Ask, loopback: Any) -> None:
    """Without alt=sse the stream is an array, and enumerations may be numbers."""
    body = b"[%b\n,\r\n%b]" % (packed(candidate("H")), packed(candidate("i", 1)))
    loopback.answer(*loopback.chunked(body[:9], body[9:70], body[70:], **JSON))
    seen = ask("gemini").stream()
    assert (seen.count("text_delta"), seen.result.text) == (2, "Hi")
    assert (seen.result.finish_reason, seen.result.usage.input_tokens) == ("stop", 7)


def test_frames_between_crlf_blank_lines_are_read(ask: Ask, loopback: Any) -> None:
    """A stream whose lines end in CRLF needs no end mark but a finish reason."""
    body = sse(candidate("H"), candidate("i", "STOP"), end=b"", line=b"\r\n")
    loopback.answer(loopback.reply(body, **SSE))
    assert ask("gemini").stream().result.text == "Hi"


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (candidate(None, "SAFETY"), "SAFETY"),
        ({"candidates": [{"finishReason": "SAFETY"}]}, "SAFETY"),
        ({"promptFeedback": {"blockReason": "OTHER"}}, "OTHER"),
    ],
    ids=["no_parts", "no_content", "no_candidates"],
)
def test_blocked_answer_without_content_is_a_content_filter(
    ask: Ask, loopback: Any, reply: dict[str, Any], word: str
) -> None:
    """A blocked answer has no parts, no content or no candidate; it is empty and says why."""
    loopback.answer(loopback.reply(packed(reply), **JSON))
    result = ask("gemini").invoke()
    assert (result.text, result.finish_reason) == ("", "content_filter")
    assert result.raw_finish_reason == word
    loopback.answer(loopback.reply(sse(reply, end=b""), **SSE))
    assert ask("gemini").stream().result.finish_reason == "content_filter"
