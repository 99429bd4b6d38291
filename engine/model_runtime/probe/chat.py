"""Questions about a language model: parameters, streams, tools, JSON answers, reasoning."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.framing.sse import SseFraming

from .learned import UNSET, Learned
from .service import Answer, Service
from .tasks import type_of

_PATH: Final = "/chat/completions"
_FEW: Final = 16
_CANDIDATES: Final = 3
_HELLO: Final = [{"role": "user", "content": "Say hello."}]
_WEATHER: Final = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}
_SCHEMA: Final = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
# Where services put a model's reasoning, beside the names that the parent reads.
_KNOWN_REASONING: Final = ("reasoning_content", "reasoning")
_OTHER_REASONING: Final = ("thinking", "thoughts", "thinking_content", "reasoning_text")


def ask_chat(
    service: Service, learned: Learned, listed: Sequence[str], model: str | None = None
) -> None:
    """Ask the language model, or say that there is none."""
    found = _first_answer(service, learned, _candidates(listed, model))
    if found is None:
        return
    name, limit = found
    row = learned.add_model(name, "llm")
    chat = Chat(service, learned, name, limit, row)
    chat.ask_system()
    chat.ask_stream()
    chat.ask_tools()
    chat.ask_schema()


def _candidates(listed: Sequence[str], model: str | None) -> list[str]:
    if model:
        return [model]
    likely = [name for name in listed if type_of(name) == "llm"]
    return (likely or list(listed) or ["default"])[:_CANDIDATES]


def _first_answer(
    service: Service, learned: Learned, models: Sequence[str]
) -> tuple[str, str] | None:
    """The first model that answers, and the name of the limit that it takes."""
    answer = None
    for model in models:
        for limit in ("max_tokens", "max_completion_tokens"):
            answer = service.post(_PATH, {"model": model, "messages": _HELLO, limit: _FEW})
            if answer.is_ok and isinstance(answer.at("choices", 0, "message"), dict):
                _note_answer(service, learned, answer, model, limit)
                return model, limit
            if answer.status not in (400, 422):
                break
    assert answer is not None
    if answer.is_absent:
        learned.change("llm", value=UNSET)
        learned.note("chat", "no", answer)
    else:
        learned.note("chat", "unknown", answer, "operations: {llm: $unset}")
    return None


def _note_answer(
    service: Service, learned: Learned, answer: Answer, model: str, limit: str
) -> None:
    learned.note("chat", "yes", answer, more=f"by {model}")
    usage = answer.at("usage", "completion_tokens")
    learned.note("usage", "yes" if isinstance(usage, int) else "unknown", answer)
    if limit != "max_tokens":
        learned.parameters["max_tokens"] = limit
        learned.note("max_tokens", "yes", answer, more=f"under the name {limit}")
    elif isinstance(usage, int) and usage > _FEW and _other_limit_works(service, model):
        learned.parameters["max_tokens"] = "max_completion_tokens"
        learned.note("max_tokens", "yes", answer, more="only max_completion_tokens is kept to")
    else:
        is_kept = isinstance(usage, int) and usage <= _FEW
        learned.note("max_tokens", "yes" if is_kept else "unknown", answer)
    _note_reasoning(learned, answer)


def _other_limit_works(service: Service, model: str) -> bool:
    body = {"model": model, "messages": _HELLO, "max_completion_tokens": _FEW}
    usage = service.post(_PATH, body).at("usage", "completion_tokens")
    return isinstance(usage, int) and usage <= _FEW


def _note_reasoning(learned: Learned, answer: Answer) -> None:
    message = answer.at("choices", 0, "message")
    for name in _KNOWN_REASONING:
        if message.get(name):
            learned.note("reasoning", "yes", answer, more=f"in {name}, which the parent reads")
            return
    for name in _OTHER_REASONING:
        if message.get(name):
            learned.change("llm", "response", "reasoning", value=f"choices[0].message.{name}")
            learned.change("llm", "stream", "delta", "reasoning", value=f"choices[0].delta.{name}")
            learned.note("reasoning", "yes", answer, more=f"in {name}")
            return
    if isinstance(text := message.get("content"), str) and "<think>" in text:
        tags = {"open": "<think>", "close": "</think>"}
        learned.change("llm", "response", "think_tags", value=tags)
        learned.note("reasoning", "yes", answer, more="between <think> and </think> in the text")


@dataclass(frozen=True, slots=True)
class Chat:
    """A language model that answers, and its row in the spec."""

    service: Service
    learned: Learned
    model: str
    limit: str
    row: dict[str, Any]

    def _post(self, messages: object, **more: Any) -> Answer:
        body = {"model": self.model, "messages": messages, self.limit: _FEW, **more}
        return self.service.post(_PATH, body)

    def _feature(self, name: str) -> None:
        self.row.setdefault("features", []).append(name)

    def ask_system(self) -> None:
        """Ask with a system message."""
        answer = self._post([{"role": "system", "content": "Be brief."}, *_HELLO])
        if answer.is_ok:
            self.learned.note("system role", "yes", answer)
        elif answer.status in (400, 422):
            self.learned.roles["system"] = "user"
            self.learned.note("system role", "no", answer, more="sent as the user's words instead")
        else:
            self.learned.note("system role", "unknown", answer, "roles: {system: user}")

    def ask_stream(self) -> None:
        """Ask for a stream with usage, then without."""
        answer = self._post(_HELLO, stream=True, stream_options={"include_usage": True})
        if answer.status in (400, 422):
            plain = self._post(_HELLO, stream=True)
            if _frames(plain):
                path = ("llm", "stream", "body", "stream_options")
                self.learned.change(*path, value=UNSET)
                self.learned.note("usage in streams", "no", answer)
                answer = plain
        frames = _frames(answer)
        if not frames:
            line = "operations: {llm: {stream: $unset}}"
            self.learned.note("stream", "unknown", answer, line, more="no event stream came")
            return
        self.learned.note("stream", "yes", answer, more=f"{len(frames)} frames")
        if any(isinstance(frame.get("usage"), dict) for frame in frames):
            self.learned.note("usage in streams", "yes", answer)

    def ask_tools(self) -> None:
        """Ask for a tool call."""
        asked = [{"role": "user", "content": "What is the weather in Paris?"}]
        answer = self._post(asked, tools=[_WEATHER], tool_choice="auto", **{self.limit: 4 * _FEW})
        calls = answer.at("choices", 0, "message", "tool_calls")
        if answer.is_ok and isinstance(calls, list) and calls:
            self._feature("tool-call")
            self.learned.note("tools", "yes", answer, more=f"{self.model} called get_weather")
            return
        line = f"features: [tool-call]   # in the row of {self.model}"
        self.learned.note("tools", "unknown", answer, line, more="no tool was called")

    def ask_schema(self) -> None:
        """Ask for an answer that fits a JSON Schema, and for any JSON where that is refused."""
        asked = [{"role": "user", "content": "Name the capital of France, as JSON."}]
        schema = {"name": "answer", "schema": _SCHEMA, "strict": True}
        wanted = {"type": "json_schema", "json_schema": schema}
        answer = self._post(asked, response_format=wanted, **{self.limit: 8 * _FEW})
        if answer.is_ok and _fits(answer):
            self._feature("structured-output")
            self.learned.note("structured output", "yes", answer)
            return
        if answer.status in (400, 422):
            plain = self._post(asked, response_format={"type": "json_object"})
            if plain.is_ok:
                self.learned.response_format = ["json_object"]
                self.learned.note("structured output", "no", answer, more="only json_object is")
                return
        line = f"features: [structured-output]   # in the row of {self.model}"
        more = "the answer did not fit the schema" if answer.is_ok else ""
        self.learned.note("structured output", "unknown", answer, line, more=more)


def _fits(answer: Answer) -> bool:
    try:
        found = json.loads(answer.at("choices", 0, "message", "content"))
    except (TypeError, ValueError):
        return False
    return isinstance(found, dict) and isinstance(found.get("city"), str)


def _frames(answer: Answer) -> list[dict[str, Any]]:
    """The JSON objects of an event stream; none when the reply is no such stream."""
    if not answer.is_ok or answer.content_type != "text/event-stream":
        return []
    framing = SseFraming()
    found = []
    for frame in [*framing.feed(answer.body), *framing.finish()]:
        try:
            value = json.loads(frame.data)
        except (TypeError, ValueError):
            continue
        if isinstance(value, dict):
            found.append(value)
    return found
