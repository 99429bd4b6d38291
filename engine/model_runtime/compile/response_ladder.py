"""Structured output where the service has no JSON Schema answers: the ladder of ways to ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model_runtime.absent import Absent
from model_runtime.messages import Message, Text
from model_runtime.results.events import Event, Finish, TextDelta, ToolCallDelta
from model_runtime.results.llm import LLMResult

if TYPE_CHECKING:
    from .operation import LLMCall
    from .stream_plan import StreamReader

ANSWER_TOOL = "answer"


def fit_response_format(call: LLMCall, ladder: Sequence[str]) -> LLMCall:
    """Return the call with its response format in the first way of the ladder that fits.

    `json_schema` sends it as it is, where the model is not known to lack it; `json_object` asks
    for JSON and puts the schema into a system message; `tool` forces a call of a tool whose
    parameters are the schema, and its arguments become the answer's text.
    """
    wanted = call.response_format
    if not ladder or not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return call
    way = next((way for way in ladder if _fits(way, call.features)), ladder[-1])
    if way == "json_object":
        return _as_json_object(call, wanted)
    return _as_tool(call, wanted) if way == "tool" else call


def _fits(way: str, features: Sequence[str]) -> bool:
    """Whether a model takes a way; one whose features are unknown takes any."""
    needed = {"json_schema": "structured-output", "tool": "tool-call"}.get(way)
    return needed is None or not features or needed in features


def _as_json_object(call: LLMCall, wanted: dict[str, Any]) -> LLMCall:
    schema = json.dumps(wanted.get("schema"), ensure_ascii=False)
    text = f"Answer with one JSON object that fits this JSON Schema, and nothing else:\n{schema}"
    asked: dict[str, Any] = {"role": "system", "parts": [{"type": "text", "text": text}]}
    return replace(call, messages=[asked, *call.messages], response_format={"type": "json"})


def _as_tool(call: LLMCall, wanted: dict[str, Any]) -> LLMCall:
    name = str(wanted.get("name") or ANSWER_TOOL)
    schema = wanted.get("schema") or {"type": "object"}
    tool = {"name": name, "description": "Give the answer.", "parameters": schema}
    return replace(
        call,
        tools=[*call.tools, tool],
        tool_choice={"mode": "tool", "name": name},
        response_format=Absent,
        answer_tool=name,
    )


def unwrap_answer(result: LLMResult, answer_tool: str | None) -> LLMResult:
    """The result with the arguments of the forced call as its text."""
    answers = [call for call in result.tool_calls if call.name == answer_tool]
    if not answers:
        return result
    [answer, *_] = answers
    text = answer.raw_arguments or json.dumps(answer.arguments, ensure_ascii=False)
    others = tuple(call for call in result.tool_calls if call.name != answer_tool)
    parts = [part for part in result.message.parts if part not in answers]
    return replace(
        result,
        text=result.text + text,
        tool_calls=others,
        message=Message("assistant", [*parts, Text(text)]),
        finish_reason="tool_calls" if others else "stop",
    )


class AnswerReader:
    """Reads the stream of a forced call: pieces of its arguments are pieces of the text."""

    def __init__(self, reader: StreamReader, answer_tool: str) -> None:
        self._reader = reader
        self._tool = answer_tool

    @property
    def ended(self) -> bool:
        """Whether the stream's own end mark has come."""
        return self._reader.ended

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete."""
        return self._unwrapped(self._reader.feed(chunk))

    def finish(self) -> list[Event]:
        """Say that the body has ended."""
        return self._unwrapped(self._reader.finish())

    def result(self) -> LLMResult:
        """The result, after `finish`."""
        return unwrap_answer(self._reader.result(), self._tool)

    def partial(self) -> LLMResult:
        """The result of what has arrived so far."""
        return unwrap_answer(self._reader.partial(), self._tool)

    def _unwrapped(self, events: list[Event]) -> list[Event]:
        found = (self._event(event) for event in events)
        return [event for event in found if event is not None]

    def _event(self, event: Event) -> Event | None:
        if isinstance(event, ToolCallDelta) and event.name == self._tool:
            return TextDelta(event.arguments) if event.arguments else None
        if isinstance(event, Finish):
            return replace(event, finish_reason=self.result().finish_reason)
        return event
