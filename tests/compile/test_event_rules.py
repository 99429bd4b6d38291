"""Typed events: which rule reads a frame, and what its rule does to blocks."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.accumulate import ReplyBuilder
from model_runtime.compile.event_rules import EventError, EventRules
from model_runtime.compile.response_plan import ResponsePlan
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.framing import Frame


def read_text(select: str, frame: Frame, value: dict[str, str]) -> str:
    """Read one frame with a rule for the name `word`, and return the text that it told."""
    findings = Findings()
    response = ResponsePlan({}, {}, findings, provider="acme", in_success=None)
    rules = EventRules({"select": select, "events": {"word": {"text": "say"}}}, response, findings)
    builder: ReplyBuilder = response.builder()
    rules.read(value, frame, builder)
    assert not findings.items
    return builder.result().text


@pytest.mark.parametrize(
    ("select", "named", "in_json"),
    [
        pytest.param("event", None, "word", id="path-event"),
        pytest.param("event", "message", "word", id="path-wins-over-name"),
        pytest.param("header:event", "word", "other", id="name-of-sse-event"),
        pytest.param("header::event-type", "word", "other", id="event-type-header"),
    ],
)
def test_select_reads_json_unless_it_names_a_header(
    select: str, named: str | None, in_json: str
) -> None:
    """`event` is a path like any other; only `header:` asks the framing for the name."""
    frame = Frame(data="", event=named)
    assert read_text(select, frame, {"event": in_json, "say": "hail"}) == "hail"


CONTENT = {
    "parts": {
        "text": {"text": "text"},
        "thinking": {"reasoning": "thinking"},
        "tool_use": {"tool_call": {"id": "id", "name": "name", "arguments": "input"}},
    }
}
BLOCKS = {
    "start": {"open": {"key": "i", "item": "block"}, "begin": False},
    "delta": {
        "append": {
            "key": "i",
            "text": "text",
            "reasoning": "thinking",
            "arguments": "json",
            "state": {"signature": "sig"},
        }
    },
    "stop": {"close": {"key": "i", "item": "block"}},
    "again": {"begin": True},
    "end": {"finish": "why", "usage": "usage", "done": True},
    "bad": {"error": "problem"},
}


def tell(*values: Any, **spec: Any) -> tuple[ReplyBuilder, list[bool]]:
    """Read frames with the rules above; also tell which frame was the end mark."""
    findings = Findings()
    response = ResponsePlan(
        {"content": CONTENT, "finish": {"map": {"e": "stop"}}, "usage": {"input_tokens": "in"}},
        {},
        findings,
        provider="acme",
        in_success=None,
    )
    rules = EventRules({"events": BLOCKS, **spec}, response, findings)
    assert findings.errors == []
    builder = response.builder()
    return builder, [rules.read(value, Frame(data="x"), builder) for value in values]


def start(i: object, **block: Any) -> dict[str, Any]:
    return {"type": "start", "i": i, "block": block}


def delta(i: object, **piece: Any) -> dict[str, Any]:
    return {"type": "delta", "i": i, **piece}


def test_blocks_are_opened_grown_and_closed_by_key() -> None:
    """Deltas of several blocks may interleave."""
    builder, _ = tell(
        start(0, type="thinking", thinking=""),
        start(1, type="tool_use", id="c", name="f", input={}),
        delta(1, json='{"x"'),
        delta(0, thinking="hm"),
        delta(0, sig="s"),
        delta(1, json=":1}"),
        start(2, type="text", text="a"),
        delta(2, text="b"),
        {"type": "stop", "i": 0},
    )
    result = builder.result()
    assert (result.text, result.reasoning) == ("ab", "hm")
    assert result.tool_calls[0].arguments == {"x": 1}
    assert result.message.parts[0].provider_state == {"signature": "s", "_provider": "acme"}


def test_block_whose_item_has_no_rule_is_ignored_with_its_deltas() -> None:
    """A server tool's arguments never become a tool call."""
    builder, _ = tell(start(0, type="server_tool_use", id="s"), delta(0, json='{"q":1}'))
    assert builder.result().tool_calls == ()


@pytest.mark.parametrize(
    ("piece", "kind"),
    [({"text": "a"}, "text"), ({"thinking": "a"}, "reasoning"), ({"json": "{}"}, "tool_call")],
    ids=["text", "reasoning", "arguments"],
)
def test_append_to_a_key_never_opened_opens_the_kind_of_its_field(
    piece: dict[str, str], kind: str
) -> None:
    """The first field that is not null tells the kind."""
    builder, _ = tell(delta(7, **piece))
    assert [part.to_dict()["type"] for part in builder.result().message.parts] == [kind]


def test_close_fills_a_block_that_nothing_opened() -> None:
    """Some services send a block whole, with its last frame alone."""
    builder, _ = tell({"type": "stop", "i": 0, "block": {"type": "text", "text": "a"}})
    assert builder.result().text == "a"


def test_flat_fields_stand_beside_blocks_and_done_ends() -> None:
    """Finish and usage use the tables of the response."""
    builder, ends = tell(delta(0, text="a"), {"type": "end", "why": "e", "usage": {"in": 2}})
    assert ends == [False, True]
    result = builder.result()
    assert (result.finish_reason, result.usage.input_tokens) == ("stop", 2)


def test_begin_starts_a_new_answer() -> None:
    """What a service said before it used its own tool is not the answer."""
    builder, _ = tell(delta(0, text="a"), {"type": "again"}, delta(0, text="b"))
    assert builder.result().text == "b"


def test_event_may_be_an_error() -> None:
    """What its path finds is handed on; an error event without an error is none."""
    with pytest.raises(EventError) as caught:
        tell({"type": "bad", "problem": {"message": "m"}})
    assert caught.value.found == {"message": "m"}
    tell({"type": "bad"})


def test_unknown_event_is_skipped_unless_the_spec_forbids_it() -> None:
    """Services add events; a spec may be strict, or read all others by `*`."""
    builder, ends = tell({"type": "ping"}, {}, 5)
    assert (ends, builder.take()) == ([False, False, False], [])
    with pytest.raises(ReplyError, match="unknown type 'ping'"):
        tell({"type": "ping"}, on_unknown="error")
    builder, _ = tell({"type": "ping", "t": "a"}, events={"*": {"text": "t"}})
    assert builder.result().text == "a"
