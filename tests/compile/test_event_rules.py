"""Which rule reads a frame of a stream with typed events."""

from __future__ import annotations

import pytest

from model_runtime.accumulate import ReplyBuilder
from model_runtime.compile.event_rules import EventRules
from model_runtime.compile.response_plan import ResponsePlan
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
