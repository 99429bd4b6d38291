"""Structured output by a forced tool call: its arguments are the answer's text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS
from wire import JSON, SSE, call, chunk, completion, packed, sse

SPEC = """
spec_version: 1
provider: forced
extends: openai_compatible
base_url: http://127.0.0.1:1
response_format: [tool]
"""
SCHEMA = {"title": "Person", "type": "object", "properties": {"name": {"type": "string"}}}


@pytest.fixture(params=["sync", "async"])
def model(request: pytest.FixtureRequest, tmp_path: Path, loopback: Any) -> Iterator[Any]:
    """A model whose service takes no JSON Schema but calls tools."""
    path = tmp_path / "forced.yaml"
    path.write_text(SPEC, encoding="utf-8")
    door = DOORS[request.param](specs=[path])
    yield door.model("forced/m", loopback.url)
    door.close()


def test_arguments_of_the_forced_call_are_the_text(model: Any, loopback: Any) -> None:
    """The caller asked for JSON and gets it, not a tool call that it never declared."""
    made = call('{"name": "Ada"}', id="c1", f={"name": "Person"})
    loopback.answer(
        loopback.reply(packed(completion(None, "tool_calls", tool_calls=[made])), **JSON)
    )
    result = model.invoke(response_format=SCHEMA)
    sent = json.loads(loopback.requests[0].body)
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "Person"}}
    assert json.loads(result.text) == {"name": "Ada"}
    assert (result.tool_calls, result.finish_reason) == ((), "stop")
    assert result.message.parts[-1].text == result.text


def test_streamed_arguments_of_the_forced_call_are_text_deltas(model: Any, loopback: Any) -> None:
    """Events and result of a stream agree with those of a plain call."""
    frames = [
        chunk(delta={"tool_calls": [call("", index=0, id="c1", f={"name": "Person"})]}),
        chunk(delta={"tool_calls": [call('{"name": ', index=0)]}),
        chunk(delta={"tool_calls": [call('"Ada"}', index=0)]}),
        chunk(finish="tool_calls"),
    ]
    loopback.answer(loopback.reply(sse(*frames), **SSE))
    seen = model.stream(response_format=SCHEMA)
    assert json.loads(seen.text) == {"name": "Ada"}
    assert (seen.result.text, seen.result.tool_calls) == (seen.text, ())
    assert seen.events[-1].finish_reason == seen.result.finish_reason == "stop"
    assert seen.count("tool_call_delta") == 0
