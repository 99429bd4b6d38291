"""Counts of a service that tells none, made from the texts of the call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS
from wire import JSON, SSE, call, chunk, completion, packed, sse

SPEC = """
spec_version: 1
provider: silent
extends: openai_compatible
base_url: http://127.0.0.1:1
operations: {llm: {response: {usage: {estimate: true}}}}
models:
  - model: m
    model_type: llm
    pricing: {input: "1", output: "2", unit: "1", currency: USD}
"""


@pytest.fixture(params=["sync", "async"])
def model(request: pytest.FixtureRequest, tmp_path: Path, loopback: Any) -> Iterator[Any]:
    """A priced model whose spec has missing counts estimated."""
    path = tmp_path / "silent.yaml"
    path.write_text(SPEC, encoding="utf-8")
    door = DOORS[request.param](specs=[path])
    yield door.model("silent/m", loopback.url)
    door.close()


def silent(reply: dict[str, Any], **told: int) -> bytes:
    """A reply with the counts that are told, as a rule none."""
    return packed({**reply, "usage": told or None})


def test_counts_are_made_from_what_was_asked_and_answered(model: Any, loopback: Any) -> None:
    """Messages and tools count for the input, text and tool calls for the output."""
    loopback.answer(loopback.reply(silent(completion("x" * 400)), **JSON))
    plain = model.invoke("y" * 40).usage
    assert (plain.input_tokens, plain.output_tokens, plain.total_tokens) == (17, 100, 117)
    assert plain.is_estimate
    assert plain.price.total == 17 + 200
    made = call('{"a": 1}', id="c1", f={"name": "look"})
    loopback.answer(loopback.reply(silent(completion(None, tool_calls=[made])), **JSON))
    called = model.invoke("y" * 40, tools=[{"name": "look", "parameters": {}}]).usage
    assert called.input_tokens > 17
    assert called.output_tokens == 3


def test_count_that_is_told_stays(model: Any, loopback: Any) -> None:
    """Only what is missing is made; with both there is nothing to estimate."""
    loopback.answer(loopback.reply(silent(completion("x" * 400), prompt_tokens=5), **JSON))
    half = model.invoke("y").usage
    assert (half.input_tokens, half.output_tokens, half.is_estimate) == (5, 100, True)
    told = silent(completion("x"), prompt_tokens=5, completion_tokens=6)
    loopback.answer(loopback.reply(told, **JSON))
    both = model.invoke("y").usage
    assert (both.input_tokens, both.output_tokens, both.is_estimate) == (5, 6, False)
    assert "is_estimate" not in both.to_dict()


def test_counts_of_a_stream_are_made_for_its_event_and_for_what_came(
    model: Any, loopback: Any
) -> None:
    """A stream that is cut off has the counts of what had arrived."""
    loopback.answer(loopback.reply(sse(chunk("x" * 40, "stop")), **SSE))
    seen = model.stream("y")
    (event,) = [event for event in seen.events if event.type == "usage"]
    assert event.usage == seen.result.usage
    assert (event.usage.output_tokens, event.usage.is_estimate) == (10, True)
    loopback.answer(loopback.reply(sse(chunk("x" * 40), end=b""), **SSE))
    partial = model.stream("y").error.partial
    assert (partial.usage.output_tokens, partial.usage.is_estimate) == (10, True)
