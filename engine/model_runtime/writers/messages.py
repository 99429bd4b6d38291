"""Writes answers as `messages` gives them."""

from __future__ import annotations

from typing import Final

from model_runtime.errors import ModelRuntimeError
from model_runtime.messages.content import Part, Reasoning, Text, ToolCall
from model_runtime.results.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import Usage
from model_runtime.vocabulary import FinishReason

from .base import Heading, Json, count, named_frame
from .errors import messages_error

_STOP: Final[dict[FinishReason, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "error": "end_turn",
    "other": "end_turn",
}


class MessagesWriter:
    """One answer as a message, or as the events that build it block by block."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._blocks = 0
        # What the open block holds: its kind, and which tool call.
        self._open: tuple[str, int] | None = None
        self._thinking: list[int] = []

    def reply(self, result: LLMResult) -> Json:
        """The whole answer."""
        content = [block for part in result.message.parts if (block := _block(part)) is not None]
        return {
            **self._head(),
            "content": content,
            "stop_reason": _STOP[result.finish_reason],
            "usage": usage(result.usage),
        }

    def begin(self) -> bytes:
        """The event that opens the message; what was read is told at the end."""
        message = {**self._head(), "content": [], "stop_reason": None, "usage": usage(Usage())}
        return named_frame({"type": "message_start", "message": message})

    def event(self, event: Event) -> bytes:
        """The events of one delta, with those that change the block."""
        start: Json
        if isinstance(event, TextDelta):
            start = {"type": "text", "text": ""}
            return self._delta(("text", 0), start, {"type": "text_delta", "text": event.text})
        if isinstance(event, ReasoningDelta):
            start = {"type": "thinking", "thinking": "", "signature": ""}
            delta = {"type": "thinking_delta", "thinking": event.text}
            return self._delta(("thinking", 0), start, delta)
        if isinstance(event, ToolCallDelta):
            identity, name = event.id or f"call_{event.index}", event.name or ""
            start = {"type": "tool_use", "id": identity, "name": name, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": event.arguments}
            return self._delta(("tool_use", event.index), start, delta)
        return b""

    def end(self, result: LLMResult) -> bytes:
        """What closes the message: the signature, the stop reason and the usage."""
        told = {
            "type": "message_delta",
            "delta": {"stop_reason": _STOP[result.finish_reason], "stop_sequence": None},
            "usage": usage(result.usage),
        }
        closed = self._close() + self._signatures(result)
        return closed + named_frame(told) + named_frame({"type": "message_stop"})

    def _signatures(self, result: LLMResult) -> bytes:
        """What proves each piece of thinking to its service, which is known at the end only."""
        parts = (part for part in result.message.parts if isinstance(part, Reasoning))
        deltas = b""
        for index, part in zip(self._thinking, parts, strict=False):
            signature = (part.provider_state or {}).get("signature")
            if signature:
                delta = {"type": "signature_delta", "signature": signature}
                told = {"type": "content_block_delta", "index": index, "delta": delta}
                deltas += named_frame(told)
        return deltas

    def fail(self, error: ModelRuntimeError) -> bytes:
        """The error that ends a stream."""
        return named_frame(messages_error(error))

    def _head(self) -> Json:
        said = self._heading
        return {
            "id": said.id,
            "type": "message",
            "role": "assistant",
            "model": said.model,
            "stop_sequence": None,
        }

    def _delta(self, block: tuple[str, int], start: Json, delta: Json) -> bytes:
        opened = b""
        if self._open != block:
            opened = self._close() + named_frame(
                {"type": "content_block_start", "index": self._blocks, "content_block": start}
            )
            self._open = block
            if block[0] == "thinking":
                self._thinking.append(self._blocks)
        piece = {"type": "content_block_delta", "index": self._blocks, "delta": delta}
        return opened + named_frame(piece)

    def _close(self) -> bytes:
        if self._open is None:
            return b""
        self._open = None
        self._blocks += 1
        return named_frame({"type": "content_block_stop", "index": self._blocks - 1})


def usage(found: Usage) -> Json:
    """Usage in the words of messages, where cached tokens stand beside the input."""
    read, written = count(found.cache_read_tokens), count(found.cache_write_tokens)
    return {
        "input_tokens": max(count(found.input_tokens) - read - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "output_tokens": count(found.output_tokens),
    }


def _block(part: Part) -> Json | None:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Reasoning):
        return {
            "signature": "",
            **(part.provider_state or {}),
            "type": "thinking",
            "thinking": part.text,
        }
    if isinstance(part, ToolCall):
        given = dict(part.arguments or {})
        kept: Json = {**(part.provider_state or {})}
        return {**kept, "type": "tool_use", "id": part.id, "name": part.name, "input": given}
    return None
