"""What the writers share: who is answered, and the small pieces of every dialect."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from model_runtime.errors import ModelRuntimeError
from model_runtime.json_text import encode_json
from model_runtime.messages.content import ToolCall
from model_runtime.results.events import Event
from model_runtime.results.llm import LLMResult

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a reply repeats: the model as the caller named it, an id, and the time in seconds.

    `tells_usage` is whether a stream ends with usage, where the caller may choose.
    """

    model: str
    id: str
    created: int
    tells_usage: bool = True


class Writer(Protocol):
    """Writes one answer in the words of one wire, whole or as the frames of a stream.

    `begin`, `event` and `end` give frames in the order of a stream; `fail` gives those that end
    one that broke. Any of them may be empty.
    """

    def reply(self, result: LLMResult) -> Json: ...

    def begin(self) -> bytes: ...

    def event(self, event: Event) -> bytes: ...

    def end(self, result: LLMResult) -> bytes: ...

    def fail(self, error: ModelRuntimeError) -> bytes: ...


MakeWriter = Callable[[Heading], Writer]

_DATA: Final = b"data: "
_END: Final = b"\n\n"


def frame(data: Mapping[str, Any]) -> bytes:
    """A server-sent event without a name."""
    return _DATA + encode_json(data) + _END


def named_frame(data: Mapping[str, Any]) -> bytes:
    """A server-sent event whose name is the `type` of its data."""
    return b"event: " + str(data["type"]).encode() + b"\n" + frame(data)


def arguments_text(call: ToolCall) -> str:
    """A call's arguments as the JSON text that the model wrote or would have written."""
    if call.arguments is None:
        return call.raw_arguments or ""
    return json.dumps(dict(call.arguments), ensure_ascii=False, separators=(",", ":"))


def count(value: int | None) -> int:
    """A count for a dialect whose counts are never missing."""
    return value or 0
