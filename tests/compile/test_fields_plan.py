"""Flat fields of a reply or frame, told to a builder."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.accumulate import BuilderOptions, ReplyBuilder
from model_runtime.compile.fields_plan import FIELDS, FieldsPlan
from model_runtime.compile.usage_plan import UsagePlan, no_usage
from model_runtime.findings import Findings
from model_runtime.results.llm import LLMResult

CALLS = {"each": "calls", "index": "i", "id": "id", "name": "f.name", "arguments": "f.args"}


def read(spec: dict[str, Any], *values: Any) -> LLMResult:
    """Read frames and return the result."""
    findings = Findings()
    usage = UsagePlan({"at": "usage", "input_tokens": "in"}, findings)
    plan = FieldsPlan(spec, findings, usage)
    assert findings.errors == []
    made = ReplyBuilder(
        BuilderOptions(
            provider="acme",
            finish_map={"done": "stop", "*": "other"},
            normalize_usage=usage.normalize,
        )
    )
    for value in values:
        plan.read(value, made)
    return made.result()


@pytest.mark.parametrize(
    ("field", "spec", "value", "attribute", "found"),
    [
        ("text", "t", {"t": "a"}, "text", "a"),
        ("text", "t", {"t": [{"type": "text", "text": "a"}, "b"]}, "text", "ab"),
        ("text", {"path": "t", "default": "d"}, {}, "text", "d"),
        ("reasoning", "r", {"r": "hm"}, "reasoning", "hm"),
        ("refusal", "r", {"r": "no"}, "finish_reason", "content_filter"),
        ("finish", "f", {"f": "done"}, "finish_reason", "stop"),
        (
            "finish",
            {"path": "f", "map": {"done": "stop"}},
            {"f": "done"},
            "raw_finish_reason",
            "done",
        ),
        ("finish", "f", {"f": ""}, "raw_finish_reason", None),
        ("blocked", "b", {"b": "SAFETY"}, "finish_reason", "content_filter"),
        ("blocked", "b", {"b": False}, "finish_reason", "other"),
        ("id", "id", {"id": "x"}, "id", "x"),
        ("model", "m", {"m": "large"}, "model", "large"),
        ("served_by", "by", {"by": "host"}, "served_by", "host"),
        ("citations", "c", {"c": ["u"]}, "citations", ("u",)),
        ("logprobs", "l", {"l": [1]}, "logprobs", [1]),
    ],
    ids=lambda value: str(value)[:30],
)
def test_field_is_told_to_its_place(
    field: str, spec: object, value: Any, attribute: str, found: object
) -> None:
    """Each field has one place in the result."""
    assert getattr(read({field: spec}, value), attribute) == found


def test_every_field_is_tested_above() -> None:
    """A new field needs a test."""
    other = {"tool_calls", "usage", "reasoning_state"}
    named = {"text", "reasoning", "refusal", "finish", "blocked", "id", "model", "served_by"}
    assert set(FIELDS) == named | other | {"citations", "logprobs"}


def test_field_that_finds_nothing_says_nothing() -> None:
    """A frame may hold any of the fields, or none."""
    spec = {"text": "a.b", "tool_calls": CALLS, "usage": "usage", "finish": "f"}
    result = read(spec, {}, {"a": None, "calls": None}, [], "text", None)
    assert (result.text, result.tool_calls, result.raw_finish_reason) == ("", (), None)


def test_fields_that_share_a_prefix_are_read_together() -> None:
    """Paths into one object are each found."""
    spec = {"text": "c[0].d.t", "reasoning": "c[0].d.r", "finish": "c[0].f"}
    result = read(spec, {"c": [{"d": {"t": "a", "r": "b"}, "f": "done"}]})
    assert (result.text, result.reasoning, result.finish_reason) == ("a", "b", "stop")


def test_usage_is_read_by_the_table_of_the_response() -> None:
    """A stream gives only where; what the counts are called is told once."""
    result = read({"usage": "meta.usage"}, {"meta": {"usage": {"in": 3}}})
    assert (result.usage.input_tokens, result.usage.raw) == (3, {"in": 3})


def test_usage_without_a_table_is_nothing() -> None:
    """It is no fault either."""
    plan = FieldsPlan({"usage": "usage"}, Findings(), None)
    made = ReplyBuilder(BuilderOptions(provider="acme", finish_map={}, normalize_usage=no_usage))
    plan.read({"usage": {"in": 3}}, made)
    assert made.result().usage.input_tokens is None


def test_tool_calls_are_read_item_by_item() -> None:
    """Fragments of several frames and several calls."""
    result = read(
        {"tool_calls": CALLS},
        {"calls": [{"i": 0, "id": "a", "f": {"name": "f", "args": '{"x"'}}, {"i": 1, "id": "b"}]},
        {"calls": [None, {"i": 0, "f": {"args": ":1}"}}, {"i": 1, "f": {"name": "g"}}]},
    )
    assert [(c.id, c.name, c.arguments) for c in result.tool_calls] == [
        ("a", "f", {"x": 1}),
        ("b", "g", {}),
    ]


def test_one_tool_call_need_not_be_a_list() -> None:
    """`each` may lead to the call itself."""
    result = read({"tool_calls": CALLS}, {"calls": {"id": "a", "f": {"name": "f"}}})
    assert [call.name for call in result.tool_calls] == ["f"]


def test_tool_call_takes_a_new_id_its_state_and_parsed_arguments() -> None:
    """The extractors of a call are full extractors."""
    spec = {
        "each": "calls",
        "id": {"path": "id", "or": "new_id"},
        "name": "name",
        "arguments": {"path": "args", "parse": "json"},
        "state": {"sig": "sig"},
    }
    value = {"calls": [{"name": "f", "args": '{"x": 1}', "sig": "s"}, {"name": "g", "args": "{"}]}
    first, second = read({"tool_calls": spec}, value).tool_calls
    assert first.id.startswith("call_mr_")
    assert (first.arguments, first.provider_state) == ({"x": 1}, {"sig": "s", "_provider": "acme"})
    assert (second.arguments, second.raw_arguments, second.provider_state) == (None, "{", None)


def test_reasoning_state_is_kept_for_the_next_turn() -> None:
    """Services that want their reasoning back get all of it."""
    spec = {"reasoning": "r", "reasoning_state": "details"}
    result = read(spec, {"r": "a", "details": [1]}, {"r": "b", "details": [2]})
    (part,) = result.message.parts
    assert (result.reasoning, part.provider_state) == (
        "ab",
        {"details": [1, 2], "_provider": "acme"},
    )
