"""Results and events: frozen, comparable, and JSON-ready."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from typing import Any

import pytest

from model_runtime.messages import Message, Text, ToolCall
from model_runtime.results.events import (
    Finish,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageEvent,
)
from model_runtime.results.llm import LLMResult
from model_runtime.results.rerank import RankedDocument, RerankResult
from model_runtime.results.usage import Usage

CALL = ToolCall(id="c", name="f", arguments={"x": 1})
RESULT = LLMResult(
    message=Message("assistant", [Text("a"), CALL]),
    text="a",
    reasoning=None,
    tool_calls=(CALL,),
    finish_reason="tool_calls",
    raw_finish_reason="stop",
    usage=Usage(input_tokens=1, output_tokens=0),
)


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (TextDelta("a"), {"type": "text_delta", "text": "a"}),
        (ReasoningDelta("a"), {"type": "reasoning_delta", "text": "a"}),
        (
            ToolCallDelta(0, "c", None, "{"),
            {"type": "tool_call_delta", "index": 0, "id": "c", "name": None, "arguments": "{"},
        ),
        (UsageEvent(Usage(input_tokens=0)), {"type": "usage", "usage": {"input_tokens": 0}}),
        (
            Finish("stop", "end"),
            {"type": "finish", "finish_reason": "stop", "raw_finish_reason": "end"},
        ),
    ],
    ids=lambda value: getattr(value, "type", ""),
)
def test_event_is_told_apart_by_its_type(event: Any, told: dict[str, Any]) -> None:
    """Its dict is what a host would send on; an event cannot be changed and has no other fields."""
    assert event.to_dict() == told
    assert event.type == told["type"]
    with pytest.raises((dataclasses.FrozenInstanceError, AttributeError)):
        setattr(event, next(name for name in told if name != "type"), "b")
    assert not hasattr(event, "__dict__")


def test_result_is_json_without_what_is_unknown() -> None:
    """An empty text stays, as it is an answer."""
    told = RESULT.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert set(told) == {
        "message",
        "text",
        "tool_calls",
        "finish_reason",
        "raw_finish_reason",
        "usage",
    }
    assert told["usage"] == {"input_tokens": 1, "output_tokens": 0}
    assert dataclasses.replace(RESULT, text="").to_dict()["text"] == ""


def test_equal_results_are_equal() -> None:
    """Hosts compare and cache them."""
    assert dataclasses.replace(RESULT) == RESULT
    assert dataclasses.replace(RESULT, text="b") != RESULT


def test_usage_tells_other_measures_as_numbers() -> None:
    """Decimals are exact inside and JSON numbers outside."""
    told = Usage(other={"seconds": Decimal("1.5")}, latency=0.25).to_dict()
    assert told == {"latency": 0.25, "other": {"seconds": 1.5}}
    assert Usage().to_dict() == {}


def test_rerank_result_is_json() -> None:
    """Documents keep the caller's index."""
    result = RerankResult(
        documents=(RankedDocument(index=1, text=None, score=0.5),), usage=Usage(), model="m"
    )
    told = result.to_dict()
    assert json.loads(json.dumps(told)) == told
    assert told["documents"] == [{"index": 1, "text": None, "score": 0.5}]
