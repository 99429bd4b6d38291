"""The builder: blocks, tool fragments, finish, usage and facts of one answer."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime import accumulate
from model_runtime.accumulate import BuilderOptions, ReplyBuilder
from model_runtime.errors import LimitExceeded
from model_runtime.messages import Reasoning, Text, ToolCall
from model_runtime.results.events import (
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from model_runtime.results.usage import Usage
from model_runtime.think_tags import ThinkTags
from model_runtime.vocabulary import FinishReason

Fragment = tuple[object, str | None, str | None, object]


def count(counts: Any, raw: object) -> Usage:
    return Usage(input_tokens=counts.get("input_tokens"), raw=raw)


def builder(**options: Any) -> ReplyBuilder:
    """A builder with OpenAI's finish words unless a test brings its own."""
    words: dict[str, FinishReason | None] = {"stop": "stop", "end": "stop", "": None, "*": "other"}
    options = {"provider": "acme", "finish_map": words, "normalize_usage": count, **options}
    return ReplyBuilder(BuilderOptions(**options))


def calls_of(*frames: list[Fragment], **options: Any) -> list[tuple[str, str, object]]:
    """Tell fragments frame by frame; return each call's id, name and arguments."""
    made = builder(**options)
    for frame in frames:
        for position, (index, id, name, arguments) in enumerate(frame):
            made.tool_fragment(position, index, id, name, arguments)
    return [(c.id, c.name, c.arguments) for c in made.result().tool_calls]


# ---- tool calls

FRAGMENTS: dict[str, tuple[list[list[Fragment]], list[tuple[str, str, object]]]] = {
    "found by index": (
        [
            [(0, "a", "f", "")],
            [(1, "b", "g", '{"y"')],
            [(0, None, None, '{"x":1}')],
            [(1, None, None, ":2}")],
        ],
        [("a", "f", {"x": 1}), ("b", "g", {"y": 2})],
    ),
    "found by id": (
        [[(None, "a", "f", '{"x":')], [(None, "b", "g", "{}")], [(None, "a", None, "1}")]],
        [("a", "f", {"x": 1}), ("b", "g", {})],
    ),
    "the last one": (
        [[(None, "a", "f", '{"x":')], [(None, None, None, "1}")]],
        [("a", "f", {"x": 1})],
    ),
    "repeated index with a new id and name": (
        [[(0, "a", "f", "{}")], [(0, "b", "g", "{}")]],
        [("a", "f", {}), ("b", "g", {})],
    ),
    "repeated index with a changing id alone": (
        [[(0, "a", "f", '{"x":')], [(0, "a2", None, "1}")]],
        [("a2", "f", {"x": 1})],
    ),
    "empty id and name overwrite nothing": (
        [[(0, "a", "f", '{"x":')], [(0, "", "", "1}")]],
        [("a", "f", {"x": 1})],
    ),
    "id and name come late": (
        [[(0, None, None, "{")], [(0, "a", None, "")], [(0, None, "f", "}")]],
        [("a", "f", {})],
    ),
    "index from the end": (
        [[(5, "a", "f", "{}")], [(2, "b", "g", "{}")]],
        [("a", "f", {}), ("b", "g", {})],
    ),
    "whole objects without keys": (
        [[(None, "a", "f", {"x": 1}), (None, "b", "f", {"x": 2})]],
        [("a", "f", {"x": 1}), ("b", "f", {"x": 2})],
    ),
    "whole object twice over by id": (
        [[(None, "a", "f", {"x": 1})], [(None, "a", "f", {"x": 2})]],
        [("a", "f", {"x": 2})],
    ),
    "only a name": ([[(0, "a", "f", None)]], [("a", "f", {})]),
    "number for an id": (
        [[(None, 7, "f", '{"x"')], [(None, 7, None, ":1}")]],
        [("7", "f", {"x": 1})],
    ),  # type: ignore[list-item]
    "lists for keys": (
        [[([0], "a", "f", '{"x"')], [([0], None, None, ":1}")]],
        [("a", "f", {"x": 1})],
    ),
    "nothing at all": ([[(0, None, None, None)], [(None, "", "", "")]], []),
    "nothing for a known index": (
        [[(0, "a", "f", "{}")], [(0, None, None, None)]],
        [("a", "f", {})],
    ),
}


@pytest.mark.parametrize(("frames", "expected"), FRAGMENTS.values(), ids=FRAGMENTS)
def test_fragments_find_their_call(
    frames: list[list[Fragment]], expected: list[tuple[str, str, object]]
) -> None:
    """By index, then id, then the last one."""
    assert calls_of(*frames) == expected


def test_two_fragments_without_keys_in_one_frame_are_two_calls() -> None:
    """Each gets an id of ours, and they differ."""
    frame: list[Fragment] = [(None, None, "f", '{"x":1}'), (None, None, "f", '{"x":2}')]
    calls = calls_of(frame)
    assert [(name, arguments) for _, name, arguments in calls] == [("f", {"x": 1}), ("f", {"x": 2})]
    assert len({id for id, _, _ in calls}) == 2


@pytest.mark.parametrize(
    ("name", "arguments", "count"),
    [(None, "}", 1), ("f", "}", 1), ("g", "{}", 2), ("f", {}, 2)],
    ids=["no name", "same name", "new name", "same name and a whole object"],
)
def test_fragment_without_keys_continues_the_last_call_unless_it_starts_anew(
    name: str | None, arguments: object, count: int
) -> None:
    """A new name begins a call, and so does a second whole object."""
    assert len(calls_of([(None, None, "f", "{")], [(None, None, name, arguments)])) == count


def test_spec_may_choose_by_what_fragments_are_found() -> None:
    """Where a service counts every index as 0, `tool_key` leaves the index out."""
    frames: list[list[Fragment]] = [[(0, "a", "f", "{}")], [(0, "b", "f", "{}")]]
    assert len(calls_of(*frames)) == 2
    split: list[list[Fragment]] = [[(0, "a", "f", "{")], [(1, "a", None, "}")]]
    assert calls_of(*split, tool_keys=("id", "last")) == [("a", "f", {})]


def test_call_is_not_complete_because_its_json_parses() -> None:
    """Text that is JSON already may still grow."""
    assert calls_of([(0, "a", "f", "1")], [(0, None, None, "2")]) == [("a", "f", None)]


@pytest.mark.parametrize(
    ("arguments", "parsed", "raw"),
    [
        ('{"x":1}', {"x": 1}, '{"x":1}'),
        ("", {}, None),
        ("  ", {}, "  "),
        ("null", {}, "null"),
        (None, {}, None),
        ({"x": 1}, {"x": 1}, None),
        ("{x}", None, "{x}"),
        ("[1]", None, "[1]"),
        (["a"], None, '["a"]'),
        ('{"x":', None, '{"x":'),
        ('{"x":NaN}', None, '{"x":NaN}'),
        ('{"x":"\\ud83d"}', {"x": "\ufffd"}, '{"x":"\\ud83d"}'),
    ],
    ids=repr,
)
def test_arguments_are_a_map_or_kept_as_text(
    arguments: object, parsed: object, raw: str | None
) -> None:
    """`{}` for an empty text; None with the raw text for what is no JSON object."""
    made = builder()
    made.tool_fragment(0, 0, "a", "f", arguments)
    (call,) = made.result().tool_calls
    assert (call.arguments, call.raw_arguments) == (parsed, raw)


def test_events_of_whole_arguments_carry_them_once_as_text() -> None:
    """Who adds up the pieces of a stream gets the arguments on wires that send objects too."""
    made = builder()
    made.block("tool_call", {"id": "a", "name": "f", "arguments": {"x": 1}}, key=0)
    made.close(0, "tool_call", {"arguments": {"x": 1}})
    made.tool_fragment(1, None, "b", "g", {"y": 2})
    pieces = [(event.index, event.arguments) for event in made.take()]
    assert pieces == [(0, '{"x": 1}'), (0, ""), (1, '{"y": 2}')]


def test_tool_events_tell_what_is_known_so_far() -> None:
    """Id and name stay None until they come; a fragment that says nothing makes no event."""
    made = builder()
    made.tool_fragment(0, 0, None, "f", "{")
    made.tool_fragment(0, 0, "a", None, "}")
    made.tool_fragment(0, 0, None, None, None)
    assert made.take() == [ToolCallDelta(0, None, "f", "{"), ToolCallDelta(0, "a", "f", "}")]


def test_id_of_ours_stays_the_same_between_results() -> None:
    """A partial result and the final one name a call alike."""
    made = builder()
    made.tool_fragment(0, 0, None, "f", "{}")
    assert made.result().tool_calls[0].id == made.result().tool_calls[0].id != ""


def test_too_many_tool_calls_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service cannot fill the memory with calls."""
    monkeypatch.setattr(accumulate, "MAX_TOOL_CALLS", 2)
    with pytest.raises(LimitExceeded, match="more than 2 tool calls"):
        calls_of(*[[(i, f"c{i}", "f", "{}")] for i in range(3)])


# ---- text and reasoning


def test_flat_parts_stand_in_the_order_reasoning_text_tools() -> None:
    """Where a wire has no ordered content, the order of arrival says nothing."""
    made = builder()
    made.tool_fragment(0, 0, "a", "f", "{}")
    made.text("hi")
    made.reasoning("hm")
    result = made.result()
    assert [type(part) for part in result.message.parts] == [Reasoning, Text, ToolCall]
    assert (result.text, result.reasoning) == ("hi", "hm")


def test_empty_pieces_make_neither_events_nor_parts() -> None:
    """Text is '' and reasoning None when there was none."""
    made = builder()
    made.text("")
    made.reasoning("")
    made.refusal("")
    assert made.take() == []
    result = made.result()
    assert (result.text, result.reasoning, result.message.parts) == ("", None, ())


def test_cumulative_fields_give_only_what_is_new() -> None:
    """A frame repeats all that came before; one that shrank starts anew."""
    made = builder(cumulative=frozenset({"text", "reasoning"}))
    for text in ("He", "Hello", "Hello", "Hello you", "Bye"):
        made.text(text)
    made.reasoning("a")
    made.reasoning("ab")
    pieces = [event.text for event in made.take() if isinstance(event, TextDelta)]
    assert pieces == ["He", "llo", " you", "Bye"]
    assert made.result().reasoning == "ab"


def test_think_tags_are_split_in_cumulative_text_too() -> None:
    """What is new is found first, then split."""
    made = builder(cumulative=frozenset({"text"}), think_tags=ThinkTags())
    for text in ("<th", "<think>a</thi", "<think>a</think>\nb"):
        made.text(text)
    assert made.take() == [ReasoningDelta("a"), TextDelta("b")]


def test_text_held_back_for_a_tag_is_told_at_the_end() -> None:
    """What looked like the start of a tag and was none is text."""
    made = builder(think_tags=ThinkTags())
    made.text("<thi")
    made.end(None, None)
    assert made.take()[0] == TextDelta("<thi")


def test_refusal_is_text_and_makes_the_finish_a_filter() -> None:
    """The words of a refusal are there to read, and the reason tells it is one."""
    made = builder()
    made.refusal("No.")
    made.finish("stop")
    result = made.result()
    assert (result.text, result.finish_reason) == ("No.", "content_filter")


def test_state_of_flat_reasoning_joins_lists_and_names_its_provider() -> None:
    """Reasoning that must be sent back keeps every frame's details."""
    made = builder()
    made.flat_state([{"a": 1}])
    made.flat_state([{"b": 2}])
    (part,) = made.result().message.parts
    assert part.provider_state == {"details": [{"a": 1}, {"b": 2}], "_provider": "acme"}


# ---- ordered blocks


def test_ordered_parts_keep_their_order() -> None:
    """Parts of a reply that lists them stay as the service had them."""
    made = builder()
    made.block("text", {"text": "a"})
    made.block("tool_call", {"id": "c", "name": "f", "arguments": {}})
    made.block("reasoning", {"text": "b"})
    made.block("text", {"text": "c"})
    result = made.result()
    kinds = [type(part) for part in result.message.parts]
    assert kinds == [Text, ToolCall, Reasoning, Text]
    assert (result.text, result.reasoning) == ("ac", "b")


def test_blocks_grow_by_key_and_may_interleave() -> None:
    """Pieces find the block that was opened under their key."""
    made = builder()
    made.block("text", {}, key=0)
    made.block("reasoning", {}, key=1)
    for key, kind, piece in ((1, "reasoning", "r"), (0, "text", "t"), (1, "reasoning", "s")):
        made.append(key, kind, piece)  # type: ignore[arg-type]
    assert (made.result().text, made.result().reasoning) == ("t", "rs")


def test_append_to_a_key_never_opened_opens_a_block() -> None:
    """Its kind is that of the piece; keys may be anything that JSON holds."""
    made = builder()
    made.append({"i": 1}, "text", "a")
    made.append({"i": 1}, "text", "b")
    assert [type(part) for part in made.result().message.parts] == [Text]
    assert made.result().text == "ab"


def test_ignored_block_ignores_all_its_deltas() -> None:
    """A server tool's arguments never become a tool call."""
    made = builder()
    made.block("ignored", {}, key=0)
    made.append(0, "tool_call", '{"q":1}')
    made.close(0, "ignored", {"text": "x", "arguments": "{}"})
    result = made.result()
    assert (made.take(), result.tool_calls, result.message.parts) == ([], (), ())


def test_object_read_at_open_stands_only_without_appended_text() -> None:
    """Text that follows is the real thing; an empty object at open is a stand-in."""
    made = builder()
    made.block("tool_call", {"id": "a", "name": "f", "arguments": {}}, key=0)
    made.append(0, "tool_call", '{"x":1}')
    made.block("tool_call", {"id": "b", "name": "g", "arguments": {"y": 2}}, key=1)
    made.append(1, "tool_call", "")
    assert [call.arguments for call in made.result().tool_calls] == [{"x": 1}, {"y": 2}]


def test_closing_fills_what_is_missing_and_repeats_nothing() -> None:
    """Frames that close a block often hold all of it again."""
    made = builder()
    made.append(0, "text", "ab")
    made.close(0, "text", {"text": "ab", "state": {"sig": "s", "none": None}})
    made.close(1, "text", {"text": "late"})
    made.block("tool_call", {"id": "c", "name": "f"}, key=2)
    made.append(2, "tool_call", "{}")
    made.close(2, "tool_call", {"id": "c", "name": "f", "arguments": "{}"})
    result = made.result()
    assert result.text == "ablate"
    assert result.message.parts[0].provider_state == {"sig": "s", "_provider": "acme"}
    assert result.tool_calls[0].arguments == {}


def test_state_in_pieces_is_joined() -> None:
    """A signature may come in several frames, and before any text."""
    made = builder()
    made.set_state(0, "reasoning", {"signature": "ab"})
    made.set_state(0, "reasoning", {"signature": "cd", "n": 1})
    (part,) = made.result().message.parts
    assert part.provider_state == {"signature": "abcd", "n": 1, "_provider": "acme"}


def test_new_answer_replaces_the_one_before_it() -> None:
    """A service that runs tools itself answers more than once; events stay told."""
    made = builder()
    made.text("first")
    made.finish("stop")
    made.begin()
    made.text("second")
    assert made.result().text == "second"
    assert made.take() == [TextDelta("first"), TextDelta("second")]
    assert not made.has_finish


# ---- finish


@pytest.mark.parametrize(
    ("words", "reason", "raw"),
    [
        ([], "other", None),
        ([None, ""], "other", None),
        (["end"], "stop", "end"),
        (["end", "", None], "stop", "end"),
        (["strange"], "other", "strange"),
        (["strange", "stop"], "stop", "stop"),
        ([7], "other", "7"),
    ],
    ids=str,
)
def test_finish_word_is_mapped_and_kept(
    words: list[object], reason: FinishReason, raw: str | None
) -> None:
    """Null and '' are no finish; the last word counts; `*` stands for the others."""
    made = builder()
    for word in words:
        made.finish(word)
    result = made.result()
    assert (result.finish_reason, result.raw_finish_reason) == (reason, raw)
    assert made.has_finish is (raw is not None)


def test_word_mapped_to_null_is_no_finish() -> None:
    """Some services send a word in each frame that only means: not yet."""
    made = builder(finish_map={"NOT_YET": None, "*": "other"})
    made.finish("NOT_YET")
    assert not made.has_finish


def test_without_a_table_our_own_words_are_understood() -> None:
    """A spec that gives only a path reads a service that uses our words."""
    made = builder(finish_map={})
    made.finish("length")
    assert made.result().finish_reason == "length"
    made.finish("MAX")
    assert made.result().finish_reason == "other"


@pytest.mark.parametrize(
    ("word", "reason"), [("stop", "tool_calls"), (None, "tool_calls"), ("strange", "other")]
)
def test_tool_calls_with_finish_stop_are_tool_calls(word: str | None, reason: FinishReason) -> None:
    """Many services say stop after a call."""
    made = builder()
    made.tool_fragment(0, 0, "a", "f", "{}")
    made.finish(word)
    assert made.result().finish_reason == reason


def test_blocked_prompt_is_a_content_filter() -> None:
    """A prompt that was refused has no finish word of its own."""
    made = builder()
    made.block_prompt("SAFETY")
    result = made.result()
    assert (result.finish_reason, result.raw_finish_reason) == ("content_filter", "SAFETY")
    made.finish("stop")
    assert made.result().finish_reason == "stop"


# ---- usage, facts, end


def test_last_count_that_is_not_null_wins_field_by_field() -> None:
    """A later frame without a count takes nothing away; 0 is a count."""
    made = builder()
    made.usage({"input_tokens": 5}, {"in": 5, "out": None})
    made.usage({"input_tokens": None}, {"in": None, "out": 2})
    usage = made.result().usage
    assert (usage.input_tokens, usage.raw) == (5, {"in": 5, "out": 2})
    made.usage({"input_tokens": 0}, {"in": 0})
    assert made.result().usage.input_tokens == 0


def test_first_fact_that_is_not_empty_stands() -> None:
    """Ids and model names come as text whatever the service sends."""
    made = builder()
    for value in ("", None, 7, "later"):
        made.fact("id", value)
    assert made.result().id == "7"
    assert made.result().model is None


def test_citations_are_told_once_and_logprobs_joined() -> None:
    """Every frame may repeat the citations; log probabilities come in pieces."""
    made = builder()
    made.citations(["a", None, "b"])
    made.citations("a")
    made.logprobs([1])
    made.logprobs([2])
    made.logprobs({"t": 3})
    assert (made.result().citations, made.result().logprobs) == (("a", "b"), [1, 2, {"t": 3}])


def test_end_tells_usage_then_finish_with_times() -> None:
    """These are the last two events of every stream."""
    made = builder()
    made.usage({"input_tokens": 1}, None)
    made.finish("end")
    made.end(2.0, 0.5)
    usage, finish = made.take()
    assert isinstance(usage, UsageEvent)
    assert (usage.usage.input_tokens, usage.usage.latency) == (1, 2.0)
    assert usage.usage.time_to_first_token == 0.5
    assert finish == Finish("stop", "end")


def test_kept_frames_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of millions of pings does not fill the memory."""
    monkeypatch.setattr(accumulate, "MAX_RAW_FRAMES", 2)
    made = builder()
    for number in range(5):
        made.keep(number)
    assert made.result().raw == [0, 1]
