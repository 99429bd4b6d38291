"""Ordered content: each part is read by the rule of its type."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.accumulate import BuilderOptions, ReplyBuilder
from model_runtime.compile.content_plan import ContentPlan
from model_runtime.compile.usage_plan import no_usage
from model_runtime.findings import Findings
from model_runtime.results.llm import LLMResult

PARTS = {
    "text": {"text": "text"},
    "thinking": {"reasoning": "thinking", "state": {"signature": "signature"}},
    "tool_use": {"tool_call": {"id": "id", "name": "name", "arguments": "input"}},
    "server_tool_use": {},
}


def builder() -> ReplyBuilder:
    return ReplyBuilder(BuilderOptions(provider="acme", finish_map={}, normalize_usage=no_usage))


def read(value: Any, **spec: Any) -> LLMResult:
    findings = Findings()
    plan = ContentPlan({"each": "content", "parts": PARTS, **spec}, findings)
    assert findings.errors == []
    made = builder()
    plan.read(value, made)
    return made.result()


def test_parts_are_read_in_order_with_their_state() -> None:
    """Text, reasoning and tool calls of the result derive from the parts."""
    content = [
        {"type": "thinking", "thinking": "hm", "signature": "s"},
        {"type": "text", "text": "a"},
        {"type": "tool_use", "id": "c1", "name": "f", "input": {"x": 1}},
        {"type": "text", "text": "b"},
    ]
    result = read({"content": content})
    assert [part.to_dict()["type"] for part in result.message.parts] == [
        "reasoning",
        "text",
        "tool_call",
        "text",
    ]
    assert (result.text, result.reasoning) == ("ab", "hm")
    assert result.message.parts[0].provider_state == {"signature": "s", "_provider": "acme"}
    assert result.tool_calls[0].arguments == {"x": 1}


@pytest.mark.parametrize(
    "part",
    [
        {"type": "server_tool_use", "id": "s", "name": "search", "input": {}},
        {"type": "new"},
        5,
        None,
    ],
    ids=["without a reader", "unknown", "number", "null"],
)
def test_part_without_a_rule_is_ignored(part: object) -> None:
    """A server tool is no tool call, and a type of tomorrow breaks nothing."""
    result = read({"content": [part, {"type": "text", "text": "a"}]})
    assert (result.text, result.tool_calls, len(result.message.parts)) == ("a", (), 1)


def test_star_is_the_rule_of_all_other_types() -> None:
    """A spec may read what it does not name."""
    parts = {**PARTS, "*": {"text": "body"}}
    assert read({"content": [{"type": "new", "body": "a"}]}, parts=parts).text == "a"


@pytest.mark.parametrize(
    ("content", "text"),
    [(None, ""), ([], ""), ("plain", "plain"), ({"type": "text", "text": "one"}, "one")],
    ids=["null", "empty", "text", "one part"],
)
def test_content_need_not_be_a_list(content: object, text: str) -> None:
    """Services shorten an answer of one text."""
    assert read({"content": content}).text == text


def test_select_may_be_any_expression() -> None:
    """Where parts have no type, their keys tell it."""
    parts = {"text": {"text": "text"}, "call": {"tool_call": {"name": "call.name"}}}
    content = [{"text": "a"}, {"call": {"name": "f"}}]
    result = read({"content": content}, select="(call && 'call') || 'text'", parts=parts)
    assert (result.text, result.tool_calls[0].name) == ("a", "f")


def test_next_frame_continues_a_part_of_its_kind() -> None:
    """In a stream of whole replies text goes on where it stopped; a tool call never does."""
    plan = ContentPlan({"each": "@", "parts": PARTS}, Findings())
    made = builder()
    call = {"type": "tool_use", "id": "c1", "name": "f", "input": {}}
    frames: list[list[dict[str, Any]]] = [
        [{"type": "text", "text": "a"}],
        [{"type": "text", "text": "b"}],
        [{"type": "thinking", "thinking": "h"}],
        [call],
        [{**call, "id": "c2"}],
    ]
    for frame in frames:
        plan.read(frame, made, is_next_frame=True)
    result = made.result()
    assert (result.text, len(result.message.parts), len(result.tool_calls)) == ("ab", 4, 2)
