"""Structured output where the service has no JSON Schema answers: the ladder of ways to ask."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from model_runtime.absent import Absent
from model_runtime.branches import watched_test
from model_runtime.errors import InvalidParameter
from model_runtime.messages import Message, Text
from model_runtime.results.events import Event, Finish, TextDelta, ToolCallDelta
from model_runtime.results.llm import LLMResult
from model_runtime.spec.tree import key_place_of

from .context import CompileContext
from .expressions import compile_expression
from .rendering import Render
from .scopes import Shape
from .values import place_in

if TYPE_CHECKING:
    from .operation import LLMCall
    from .stream_plan import StreamReader

ANSWER_TOOL: Final = "answer"
# What a condition of the ladder reads of a call.
SEEN: Final = (
    "model",
    "model_properties",
    "messages",
    "tools",
    "tool_choice",
    "response_format",
    "stream",
)
# The ways of asking for JSON of any form; the prompt has the schema then.
_IN_PROMPT: Final = ("json_object", "prompt")


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to ask: in which calls it can be used, and whether the prompt has the schema too."""

    way: str
    holds: Render | None = None
    in_prompt: bool = False


def read_ladder(spec: Sequence[object], context: CompileContext) -> tuple[Rung, ...]:
    """Compile a `response_format:` list: ways by name, or maps with conditions."""
    names = {name: shape for name, shape in context.names("request").items() if name in SEEN}
    return tuple(_rung(item, names, context) for item in spec)


def _rung(item: object, names: Mapping[str, Shape], context: CompileContext) -> Rung:
    if not isinstance(item, Mapping):
        return Rung(str(item), in_prompt=item in _IN_PROMPT)
    way, holds = str(item.get("way")), None
    if "when" in item:
        place = place_in(item, "when")
        condition = compile_expression(str(item["when"]), names, context.findings, place)
        branches = context.findings.branches
        holds = watched_test(condition, branches, "condition", key_place_of(item, "when"))
    return Rung(way, holds, bool(item.get("in_prompt", way in _IN_PROMPT)))


def fit_response_format(call: LLMCall, ladder: Sequence[Rung]) -> LLMCall:
    """Return the call with its response format in the first way of the ladder that fits.

    `json_schema` sends it as it is, where the model is not known to lack it; `json_object` asks
    for JSON; `tool` forces a call of a tool whose parameters are the schema, and its arguments
    become the answer's text; `prompt` asks in words alone. InvalidParameter where none fits.
    """
    wanted = call.response_format
    if not isinstance(wanted, dict):
        return call
    has_schema = wanted.get("type") == "json_schema"
    ways = [rung for rung in ladder if has_schema or rung.way in _IN_PROMPT]
    if not ways:
        return call
    scope = {name: getattr(call, name) for name in SEEN}
    scope["tools"] = call.tools or Absent
    fitting = [rung for rung in ways if rung.holds is None or rung.holds(scope)]
    if not fitting:
        raise InvalidParameter(f"{call.model} takes no response_format in a call like this.")
    rung = next((rung for rung in fitting if _fits(rung.way, call.features)), fitting[-1])
    if not has_schema and rung.way == "json_object":
        return call
    asked = _in_words(wanted) if rung.in_prompt else []
    call = replace(call, messages=[*asked, *call.messages]) if asked else call
    if rung.way == "json_schema":
        return call
    if rung.way == "tool":
        return _as_tool(call, wanted)
    return replace(call, response_format=Absent if rung.way == "prompt" else {"type": "json"})


def _fits(way: str, features: Sequence[str]) -> bool:
    """Whether a model takes a way; one whose features are unknown takes any."""
    needed = {"json_schema": "structured-output", "tool": "tool-call"}.get(way)
    return needed is None or not features or needed in features


def _in_words(wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A system message that asks for the answer."""
    text = "Answer with one JSON object, and nothing else."
    if wanted.get("type") == "json_schema":
        schema = json.dumps(wanted.get("schema"), ensure_ascii=False)
        text = (
            f"Answer with one JSON object that fits this JSON Schema, and nothing else:\n{schema}"
        )
    return [{"role": "system", "parts": [{"type": "text", "text": text}]}]


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
