"""Writes answers as `responses` gives them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime.errors import ModelRuntimeError
from model_runtime.results.events import Event, ReasoningDelta, TextDelta, ToolCallDelta
from model_runtime.results.llm import LLMResult
from model_runtime.results.usage import Usage

from .base import Heading, Json, arguments_text, count, named_frame
from .errors import chat_error

# Why an answer is incomplete; other reasons to stop leave it complete.
_INCOMPLETE: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}


@dataclass(slots=True)
class _Item:
    """An item of the output that is being streamed."""

    kind: str
    call: int
    index: int
    id: str
    name: str = ""
    call_id: str = ""
    pieces: list[str] = field(default_factory=list)


class ResponsesWriter:
    """One answer as a response, or as the events that build it item by item."""

    def __init__(self, heading: Heading) -> None:
        self._heading = heading
        self._sent = 0
        self._items = 0
        self._open: _Item | None = None

    def reply(self, result: LLMResult) -> Json:
        """The whole answer."""
        reason = _INCOMPLETE.get(result.finish_reason)
        return {
            **self._head("incomplete" if reason else "completed"),
            "incomplete_details": {"reason": reason} if reason else None,
            "output": list(self._output(result)),
            "usage": usage(result.usage),
        }

    def begin(self) -> bytes:
        """The events that open the response."""
        opened = self._head("in_progress")
        return self._send("response.created", response=opened) + self._send(
            "response.in_progress", response=opened
        )

    def event(self, event: Event) -> bytes:
        """The events of one delta, with those that change the item."""
        if isinstance(event, TextDelta):
            return self._turn("message") + self._piece("response.output_text.delta", event.text)
        if isinstance(event, ReasoningDelta):
            turned = self._turn("reasoning")
            return turned + self._piece("response.reasoning_summary_text.delta", event.text)
        if isinstance(event, ToolCallDelta):
            turned = self._turn("function_call", event)
            kind = "response.function_call_arguments.delta"
            return turned + (self._piece(kind, event.arguments) if event.arguments else b"")
        return b""

    def end(self, result: LLMResult) -> bytes:
        """What closes the last item and the response."""
        closed = self._close()
        whole = self.reply(result)
        return closed + self._send(f"response.{whole['status']}", response=whole)

    def fail(self, error: ModelRuntimeError) -> bytes:
        """The error that ends a stream."""
        told = chat_error(error)["error"]
        failure = {"code": told["code"] or told["type"], "message": told["message"]}
        return self._send("response.failed", response={**self._head("failed"), "error": failure})

    def _head(self, status: str) -> Json:
        said = self._heading
        return {
            "id": said.id,
            "object": "response",
            "created_at": said.created,
            "status": status,
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "model": said.model,
            "output": [],
            "parallel_tool_calls": True,
            "temperature": None,
            "tool_choice": "auto",
            "tools": [],
            "top_p": None,
            "usage": None,
        }

    def _output(self, result: LLMResult) -> Iterator[Json]:
        """The items of a whole answer, with the ids that its stream gives them."""
        index = 0
        if result.reasoning is not None:
            yield _reasoning(self._item_id("rs", index), result.reasoning)
            index += 1
        if result.text:
            yield _message(self._item_id("msg", index), result.text)
            index += 1
        for call in result.tool_calls:
            identity = self._item_id("fc", index)
            yield _call(identity, call.id, call.name, arguments_text(call))
            index += 1

    def _item_id(self, prefix: str, index: int) -> str:
        return f"{prefix}_{self._heading.id.removeprefix('resp_')}_{index}"

    def _send(self, kind: str, **fields: Any) -> bytes:
        self._sent += 1
        return named_frame({"type": kind, "sequence_number": self._sent - 1, **fields})

    def _turn(self, kind: str, call: ToolCallDelta | None = None) -> bytes:
        """Open the item that the next piece belongs to, and close the one before."""
        number = call.index if call is not None else 0
        if self._open is not None and (self._open.kind, self._open.call) == (kind, number):
            return b""
        closed = self._close()
        self._open = item = _Item(
            kind, number, self._items, self._item_id(_PREFIX[kind], self._items)
        )
        self._items += 1
        if call is not None:
            item.name, item.call_id = call.name or "", call.id or f"call_{number}"
        opened = self._send(
            "response.output_item.added", output_index=item.index, item=_item(item, "in_progress")
        )
        if kind != "function_call":
            opened += self._part("added", "")
        return closed + opened

    def _piece(self, kind: str, text: str) -> bytes:
        assert self._open is not None
        self._open.pieces.append(text)
        return self._send(kind, **_where(self._open), delta=text)

    def _part(self, moment: str, text: str) -> bytes:
        item = self._open
        assert item is not None
        kind, part = _PARTS[item.kind]
        whole = {**part, "text": text}
        return self._send(f"response.{kind}.{moment}", **_where(item), part=whole)

    def _close(self) -> bytes:
        item = self._open
        if item is None:
            return b""
        text = "".join(item.pieces)
        kind, name = _DONE[item.kind]
        closed = self._send(kind, **_where(item), **{name: text})
        if item.kind != "function_call":
            closed += self._part("done", text)
        self._open = None
        whole = _item(item, "completed")
        return closed + self._send("response.output_item.done", output_index=item.index, item=whole)


_PREFIX: Final = {"message": "msg", "reasoning": "rs", "function_call": "fc"}
_PARTS: Final[dict[str, tuple[str, Json]]] = {
    "message": ("content_part", {"type": "output_text", "annotations": [], "logprobs": []}),
    "reasoning": ("reasoning_summary_part", {"type": "summary_text"}),
}
_DONE: Final = {
    "message": ("response.output_text.done", "text"),
    "reasoning": ("response.reasoning_summary_text.done", "text"),
    "function_call": ("response.function_call_arguments.done", "arguments"),
}


def usage(found: Usage) -> Json:
    """Usage in the words of responses; what the service did not tell is 0."""
    given, made = count(found.input_tokens), count(found.output_tokens)
    return {
        "input_tokens": given,
        "input_tokens_details": {"cached_tokens": count(found.cache_read_tokens)},
        "output_tokens": made,
        "output_tokens_details": {"reasoning_tokens": count(found.reasoning_tokens)},
        "total_tokens": found.total_tokens or given + made,
    }


def _where(item: _Item) -> Json:
    """Where a piece belongs: texts stand in a part of their item."""
    place: Json = {"item_id": item.id, "output_index": item.index}
    if item.kind == "message":
        place["content_index"] = 0
    elif item.kind == "reasoning":
        place["summary_index"] = 0
    return place


def _item(item: _Item, status: str) -> Json:
    text = "".join(item.pieces)
    is_done = status == "completed"
    if item.kind == "function_call":
        return {**_call(item.id, item.call_id, item.name, text), "status": status}
    make = _message if item.kind == "message" else _reasoning
    whole = {**make(item.id, text), "status": status}
    return whole if is_done else {**whole, _HOLDS[item.kind]: []}


_HOLDS: Final = {"message": "content", "reasoning": "summary"}


def _message(identity: str, text: str) -> Json:
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {
        "id": identity,
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [part],
    }


def _reasoning(identity: str, text: str) -> Json:
    summary = [{"type": "summary_text", "text": text}]
    return {"id": identity, "type": "reasoning", "summary": summary, "status": "completed"}


def _call(identity: str, call_id: str, name: str, arguments: str) -> Json:
    return {
        "id": identity,
        "type": "function_call",
        "status": "completed",
        "call_id": call_id,
        "name": name,
        "arguments": arguments,
    }
