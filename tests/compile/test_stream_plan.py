"""Streams of a language model: from bytes to events, errors, and the end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from model_runtime.compile.errors_plan import ErrorsPlan
from model_runtime.compile.response_plan import ResponsePlan
from model_runtime.compile.stream_plan import StreamPlan, StreamReader
from model_runtime.errors import InvokeError, ProviderError, ReplyError, StreamInterrupted
from model_runtime.findings import Findings
from model_runtime.results.events import Event, Finish, TextDelta, UsageEvent
from model_runtime.results.usage import Usage

RESPONSE = {
    "text": "c[0].m",
    "tool_calls": {"each": "c[0].calls", "id": "id", "name": "name", "arguments": "args"},
    "finish": {"path": "c[0].f", "map": {"stop": "stop", "": None, "*": "other"}},
    "usage": {"at": "usage", "input_tokens": "in", "output_tokens": "out"},
}
STREAM = {"done": "[DONE]", "delta": {"text": "c[0].d", "finish": "c[0].f", "usage": "usage"}}
ERRORS = {
    "in_success": "error",
    "rules": {"busy": {"when": "error.code == 'busy'", "kind": "overloaded"}},
}


def reader(spec: dict[str, Any] | None = None, **options: Any) -> StreamReader:
    findings = Findings()
    stream = STREAM if spec is None else spec
    errors = ErrorsPlan(ERRORS, findings)
    response = ResponsePlan(RESPONSE, stream, findings, provider="acme", in_success="error")
    plan = StreamPlan(stream, response, errors, findings)
    assert findings.errors == []
    return StreamReader(plan, {"x-request-id": "r1"}, **options)


def sse(*values: Any) -> bytes:
    """Frames of server-sent events; a text stands for itself."""
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return "".join(f"data: {text}\n\n" for text in texts).encode()


def delta(text: str | None = None, finish: str | None = None, **more: Any) -> dict[str, Any]:
    return {"c": [{"d": text, "f": finish}], **more}


def play(
    data: bytes, spec: dict[str, Any] | None = None, size: int = 0
) -> tuple[list[Event], StreamReader]:
    """Feed all bytes (in pieces of some size) and finish."""
    made = reader(spec)
    events: list[Event] = []
    step = size or max(len(data), 1)
    for at in range(0, len(data), step):
        events += made.feed(data[at : at + step])
    return [*events, *made.finish()], made


WHOLE = sse(delta("H\u00e9"), delta("llo \u2028", usage={"in": 3}), delta(None, "stop"), "[DONE]")


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7])
def test_stream_is_read_the_same_wherever_it_is_cut(size: int) -> None:
    """Text, then usage and finish, then the result that a plain call would give."""
    events, made = play(WHOLE, size=size)
    assert "".join(e.text for e in events if isinstance(e, TextDelta)) == "H\u00e9llo \u2028"
    assert isinstance(events[-2], UsageEvent)
    assert events[-1] == Finish("stop", "stop")
    result = made.result()
    assert (result.text, result.usage.input_tokens) == ("H\u00e9llo \u2028", 3)
    assert made.ended


@pytest.mark.parametrize("mark", ["[DONE]", " [DONE] "])
def test_end_mark_ends_a_stream_without_a_finish_word(mark: str) -> None:
    """Blanks around it are forgiven; text that only holds it is text."""
    events, made = play(sse(delta("see [DONE] there"), mark))
    assert made.ended
    assert events[0] == TextDelta("see [DONE] there")
    assert made.result().finish_reason == "other"


def test_finish_word_ends_a_stream_unless_the_mark_is_required() -> None:
    """Many services leave out their own end mark."""
    data = sse(delta("a"), delta(None, "stop"))
    assert play(data)[1].result().text == "a"
    with pytest.raises(StreamInterrupted):
        play(data, {**STREAM, "require_done": True})


@pytest.mark.parametrize(
    "data",
    [
        sse(delta("a")),
        sse(delta("a"), delta("b"))[:-3],
        sse(delta("a"), delta(None, "")),
        sse(delta("a")) + b'data: {"c"',
        sse(delta("a")) + b"event: x",
    ],
    ids=["no end", "frame without its blank line", "empty finish", "frame cut", "line cut"],
)
def test_stream_that_stops_too_early_is_interrupted_with_what_came(data: bytes) -> None:
    """The partial result is in the error, and its text is all that had arrived whole."""
    with pytest.raises(StreamInterrupted) as caught:
        play(data)
    partial: Any = caught.value.partial
    assert partial.text in ("a", "ab")


def test_partial_result_can_be_asked_for_at_any_time() -> None:
    """It holds what has arrived so far."""
    made = reader()
    made.feed(sse(delta("a")))
    assert made.partial().text == "a"
    made.feed(sse(delta("b"), "[DONE]"))
    made.finish()
    assert made.result().text == "ab"


# ---- errors inside a stream of status 200


def raised(data: bytes, spec: dict[str, Any] | None = None) -> InvokeError:
    with pytest.raises(InvokeError) as caught:
        play(data, spec)
    return caught.value


@pytest.mark.parametrize("prefix", [b"", sse(delta("a"))], ids=["first frame", "later frame"])
def test_error_frame_is_the_error_that_a_status_would_be(prefix: bytes) -> None:
    """`in_success` and the rules run on every frame."""
    error = raised(prefix + sse({"error": {"code": "busy", "message": "m"}}))
    assert isinstance(error, ProviderError)
    assert (error.kind, error.message, error.request_id) == ("overloaded", "m", "r1")


@pytest.mark.parametrize(
    "data",
    [
        b'event: error\ndata: {"code": "busy"}\n\n',
        b'event: error\ndata: {"error": {"code": "busy"}}\n\n',
    ],
    ids=["bare", "wrapped"],
)
def test_event_named_error_is_an_error(data: bytes) -> None:
    """By its name alone, whatever shape it has."""
    error = raised(sse(delta("a")) + data)
    assert isinstance(error, ProviderError)
    assert error.kind == "overloaded"


def test_error_event_may_be_text() -> None:
    """Its text is the message."""
    error = raised(b"event: error\ndata: out of order\n\n")
    assert isinstance(error, ProviderError)
    assert error.message == "out of order"


def test_event_rule_may_call_a_type_an_error() -> None:
    """What its path finds is read as the error."""
    spec = {"events": {"failed": {"error": "why"}}}
    error = raised(sse({"type": "failed", "why": {"code": "busy"}}), spec)
    assert isinstance(error, ProviderError)
    assert error.kind == "overloaded"


def test_frame_that_is_no_json_is_a_reply_error_with_an_excerpt() -> None:
    """It is cut short and told with what was expected."""
    error = raised(sse(delta("a"), "x" * 500))
    assert isinstance(error, ReplyError)
    assert "not JSON: 'xxx" in error.message
    assert "stream.done" in error.message
    assert len(error.message) < 250


# ---- replies that are no stream


def test_one_json_document_is_read_as_a_plain_reply() -> None:
    """Some services do not stream what they answer at once."""
    body = json.dumps({"c": [{"m": "whole", "f": "stop"}], "usage": {"in": 1}}, indent=1)
    events, made = play(b"\xef\xbb\xbf \n" + body.encode(), size=5)
    assert events[0] == TextDelta("whole")
    assert made.result().usage.input_tokens == 1


def test_one_json_document_may_be_an_error() -> None:
    """A refusal of status 200 is a refusal."""
    error = raised(b'{"error": {"code": "busy"}}')
    assert isinstance(error, ProviderError)
    assert error.kind == "overloaded"


def test_json_array_is_read_as_a_stream_of_its_items() -> None:
    """A proxy may collect the frames."""
    data = json.dumps([delta("a"), delta("b"), delta(None, "stop")]).encode()
    assert play(data, size=4)[1].result().text == "ab"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The reply is empty"),
        (b" \r\n", "The reply is empty"),
        (b"<html>no</html>", "no sse stream: it begins '<html>no</html>'"),
        (b'{"c": [', "neither a stream nor JSON"),
        (b": ping\n\n", "no sse stream"),
    ],
    ids=["empty", "blank", "html", "cut json", "comments alone"],
)
def test_body_that_is_no_stream_is_told_by_its_beginning(data: bytes, said: str) -> None:
    """What came is shown, cut short."""
    error = raised(data)
    assert isinstance(error, ReplyError)
    assert said in error.message


# ---- the other ways to read


def test_every_frame_may_be_a_whole_reply() -> None:
    """With `shape: response` texts are appended, calls are told apart."""
    call = {"id": "x", "name": "f", "args": {}}
    frames = [
        {"c": [{"m": "a"}]},
        {"c": [{"m": "b", "calls": [call]}]},
        {"c": [{"f": "stop"}], "usage": {"in": 1}},
    ]
    _, made = play(sse(*frames), {"shape": "response"})
    result = made.result()
    assert (result.text, len(result.tool_calls), result.finish_reason) == ("ab", 1, "tool_calls")


def test_lines_of_json_are_a_framing() -> None:
    """`ndjson` needs no guess at the first byte."""
    data = b"".join(json.dumps(v).encode() + b"\n" for v in (delta("a"), delta("b", "stop")))
    assert play(data, {**STREAM, "framing": "ndjson"}, size=3)[1].result().text == "ab"


def test_cumulative_frames_give_what_is_new() -> None:
    """Each frame repeats the text before it."""
    spec = {**STREAM, "cumulative": ["text"]}
    events, made = play(sse(delta("a"), delta("ab"), delta("ab", "stop")), spec)
    assert [e.text for e in events if isinstance(e, TextDelta)] == ["a", "b"]
    assert made.result().text == "ab"


def test_result_keeps_the_frames_that_were_no_text() -> None:
    """`raw` holds what an expert may look for."""
    _, made = play(WHOLE)
    assert made.result().raw == [delta(None, "stop")]


def test_times_count_from_the_start_of_the_call() -> None:
    """The first event's time, and the time of all."""
    now = [10.0]
    made = reader(clock=lambda: now[0], started=8.0)
    made.feed(sse(delta("a")))
    now[0] = 11.0
    made.feed(sse(delta("b"), "[DONE]"))
    made.finish()
    usage = made.result().usage
    assert (usage.time_to_first_token, usage.latency) == (2.0, 3.0)


def test_warnings_of_the_call_and_hooks_are_told() -> None:
    """Each event goes to the event hook, the result to the result hook, once."""
    events: list[Event] = []
    results: list[Any] = []
    made = reader(warnings=["w"], on_event=events.append, on_result=results.append)
    told = made.feed(WHOLE) + made.finish()
    assert events == told
    assert results == [made.result()]
    assert made.result().warnings == ("w",)


def test_stream_may_just_stop_where_the_spec_says_so() -> None:
    """With `interrupted: finish` the end of the body is a good end, and the text stands."""
    spec = {"delta": {"text": "c[0].d"}, "interrupted": "finish"}
    events, made = play(sse(delta("a"), delta("b")), spec)
    assert isinstance(events[-1], Finish)
    assert made.result().text == "ab"


def test_frame_cut_short_is_no_good_end_even_then() -> None:
    """A half frame shows that the body broke, whatever the spec allows."""
    spec = {"framing": "ndjson", "delta": {"text": "c[0].d"}, "interrupted": "finish"}
    whole = json.dumps(delta("a")).encode() + b"\n"
    with pytest.raises(StreamInterrupted):
        play(whole + whole[:10], spec)


def test_what_came_before_an_error_is_handed_on_first() -> None:
    """Wherever the bytes were cut; the error is raised by `finish`."""
    made = reader()
    told = made.feed(sse(delta("a"), {"error": {"code": "busy"}}))
    assert (told, made.ended) == ([TextDelta("a")], True)
    with pytest.raises(ProviderError):
        made.finish()


def test_what_stands_behind_the_end_mark_is_read_where_the_spec_says_so() -> None:
    """Some services tell their counts there; elsewhere nothing behind it counts."""
    data = sse(delta("a", "stop"), "[DONE]", {"usage": {"in": 3, "out": 1}})
    _, made = play(data, {**STREAM, "after_done": "read"}, size=5)
    assert (made.result().text, made.result().usage.input_tokens) == ("a", 3)
    _, made = play(data)
    assert made.result().usage.input_tokens is None


def test_end_mark_ends_a_stream_that_is_read_on() -> None:
    """Also without a finish word; a reader that reads on has not ended before the body has."""
    made = reader({**STREAM, "after_done": "read"})
    made.feed(sse(delta("a"), "[DONE]"))
    assert not made.ended
    made.finish()
    assert made.result().text == "a"


def test_frames_without_json_are_passed_over_where_the_spec_says_so() -> None:
    """They are kept in `raw`; an end mark and an error are seen all the same."""
    spec = {**STREAM, "on_not_json": "ignore"}
    _, made = play(sse(delta("a"), "warming up", delta("b", "stop"), "[DONE]"), spec)
    assert made.result().text == "ab"
    assert "warming up" in made.result().raw
    with pytest.raises(ProviderError):
        play(sse("warming up", {"error": {"code": "busy"}}), spec)
    with pytest.raises(StreamInterrupted):
        play(sse(delta("a"), "warming up"), spec)


def test_usage_of_the_event_is_that_of_the_result() -> None:
    """Also where a host settles it afterwards."""
    priced = Usage(input_tokens=9)
    made = reader(settle=lambda result: replace(result, usage=priced))
    events = made.feed(sse(delta("a", "stop"), "[DONE]")) + made.finish()
    assert [e.usage for e in events if isinstance(e, UsageEvent)] == [priced]
    assert made.result().usage is priced
