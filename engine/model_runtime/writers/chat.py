"""Writes answers as `chat/completions` gives them."""

from __future__ import annotations

from typing import Any, Final

from model_runtime.errors import ModelRuntimeError
from model_runtime.messages.content import ToolCall
from model_runtime.results.events import Event, Finish, ReasoningDelta, TextDelta, ToolCallDelta
from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import Usage
from model_runtime.vocabulary import FinishReason

from .base import Heading, Json, arguments_text, count, frame
from .errors import chat_error

# `error` and `other` have no word here; what was said is all there is.
_FINISH: Final[dict[FinishReason, str]] = {
    "stop": "stop",
    "length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
    "error": "stop",
    "other": "stop",
}
_DONE: Final = b"data: [DONE]\n\n"


class ChatWriter:
    """One answer as a chat completion, or as its chunks."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._named: set[int] = set()

    def reply(self, result: LLMResult) -> Json:
        """The whole answer."""
        choice = {
            "index": 0,
            "message": _message(result),
            "logprobs": result.logprobs,
            "finish_reason": _FINISH[result.finish_reason],
        }
        return {**self._head("chat.completion"), "choices": [choice], "usage": usage(result.usage)}

    def begin(self) -> bytes:
        """The chunk that names the role."""
        return self._chunk({"role": "assistant", "content": ""})

    def event(self, event: Event) -> bytes:
        """The chunk of one event; usage waits for the end."""
        if isinstance(event, TextDelta):
            return self._chunk({"content": event.text})
        if isinstance(event, ReasoningDelta):
            return self._chunk({"reasoning_content": event.text})
        if isinstance(event, ToolCallDelta):
            return self._chunk({"tool_calls": [self._call(event)]})
        if isinstance(event, Finish):
            return self._chunk({}, _FINISH[event.finish_reason])
        return b""

    def end(self, result: LLMResult) -> bytes:
        """The usage, where it was asked for, and the end mark."""
        if not self._heading.tells_usage:
            return _DONE
        told = {"choices": [], "usage": usage(result.usage)}
        return frame({**self._head("chat.completion.chunk"), **told}) + _DONE

    def fail(self, error: ModelRuntimeError) -> bytes:
        """The error that ends a stream."""
        return frame(chat_error(error))

    def _head(self, kind: str) -> Json:
        said = self._heading
        return {"id": said.id, "object": kind, "created": said.created, "model": said.model}

    def _chunk(self, delta: Json, finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return frame({**self._head("chat.completion.chunk"), "choices": [choice]})

    def _call(self, event: ToolCallDelta) -> Json:
        """A piece of a call: its id and name go with the first."""
        if event.index in self._named:
            return {"index": event.index, "function": {"arguments": event.arguments}}
        self._named.add(event.index)
        function = {"name": event.name or "", "arguments": event.arguments}
        identity = event.id or f"call_{event.index}"
        return {"index": event.index, "id": identity, "type": "function", "function": function}


def usage(found: Usage) -> Json:
    """Usage in the words of chat completions; what the service did not tell is 0."""
    given, made = count(found.input_tokens), count(found.output_tokens)
    return {
        "prompt_tokens": given,
        "completion_tokens": made,
        "total_tokens": found.total_tokens or given + made,
        "prompt_tokens_details": {"cached_tokens": count(found.cache_read_tokens)},
        "completion_tokens_details": {"reasoning_tokens": count(found.reasoning_tokens)},
    }


def _message(result: LLMResult) -> Json:
    message: dict[str, Any] = {"role": "assistant", "content": result.text or None}
    if not result.tool_calls and not result.text:
        message["content"] = ""
    message["refusal"] = None
    if result.reasoning is not None:
        message["reasoning_content"] = result.reasoning
    if result.tool_calls:
        message["tool_calls"] = [_whole_call(call) for call in result.tool_calls]
    return message


def _whole_call(call: ToolCall) -> Json:
    """A call; its provider's state stands beside it, so that clients send it back."""
    function = {"name": call.name, "arguments": arguments_text(call)}
    return {**(call.provider_state or {}), "id": call.id, "type": "function", "function": function}
