"""Whole replies of a language model, and the tables that a stream shares with them."""

from __future__ import annotations

from typing import Any

from model_runtime.compile.response_plan import ResponsePlan
from model_runtime.findings import Findings
from model_runtime.results.llm import LLMResult


def plan(spec: dict[str, Any], stream: dict[str, Any] | None = None) -> ResponsePlan:
    findings = Findings()
    made = ResponsePlan(spec, stream or {}, findings, provider="acme", in_success=None)
    assert findings.errors == []
    return made


def read(spec: dict[str, Any], body: Any) -> LLMResult:
    made = plan(spec)
    builder = made.builder()
    made.read(body, builder)
    return builder.result()


def test_content_and_flat_fields_are_read_together() -> None:
    """Parts give text and calls; finish, usage and id stand beside them."""
    spec = {
        "content": {"each": "content", "parts": {"text": {"text": "text"}}},
        "finish": {"path": "stop", "map": {"end": "stop"}},
        "usage": {"at": "usage", "input_tokens": "in"},
        "id": "id",
    }
    body = {
        "content": [{"type": "text", "text": "a"}],
        "stop": "end",
        "usage": {"in": 1},
        "id": "x",
    }
    result = read(spec, body)
    assert (result.text, result.finish_reason, result.id) == ("a", "stop", "x")
    assert result.usage.input_tokens == 1


def test_think_tags_take_reasoning_out_of_the_text() -> None:
    """`true` and an empty map mean the usual tags; others are named."""
    body = {"t": "<think>hm</think>\n\nHi"}
    for tags in (True, {}, {"open": "<think>", "close": "</think>"}):
        result = read({"text": "t", "think_tags": tags}, body)
        assert (result.reasoning, result.text) == ("hm", "Hi")
    implicit = {"text": "t", "think_tags": {"implicit_open": True}}
    assert read(implicit, {"t": "hm</think>Hi"}).reasoning == "hm"
    assert read({"text": "t", "think_tags": False}, body).reasoning is None


def test_each_reply_has_a_builder_of_its_own() -> None:
    """A plan is shared by all calls; what it reads is not."""
    made = plan({"text": "t"})
    first, second = made.builder(), made.builder()
    made.read({"t": "a"}, first)
    made.read({"t": "b"}, second)
    assert (first.result().text, second.result().text) == ("a", "b")


def test_stream_options_of_the_builder_come_from_the_stream() -> None:
    """How fragments are found and what is cumulative."""
    options = plan({}, {"tool_key": ["id"], "cumulative": ["text"]}).builder_options
    assert options.tool_keys == ("id",)
    assert options.cumulative == {"text"}
    assert plan({}).builder_options.tool_keys == ("index", "id", "last")


def test_reply_of_another_shape_is_empty_and_no_crash() -> None:
    """Whether that is an error is for the operation to say."""
    spec = {"text": "a.b[0].c", "content": {"each": "content", "parts": {}}}
    for body in ({}, [], "text", 5, None):
        assert read(spec, body).text == ""
