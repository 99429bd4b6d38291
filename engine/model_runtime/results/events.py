"""What a stream yields: frozen, slotted, told apart by `type`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from model_runtime.vocabulary import FinishReason

from .usage import Usage


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer's text."""

    type: ClassVar[Literal["text_delta"]] = "text_delta"
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {"type": self.type, "text": self.text}


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """A piece of the model's reasoning."""

    type: ClassVar[Literal["reasoning_delta"]] = "reasoning_delta"
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {"type": self.type, "text": self.text}


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of a tool call: `index` counts the calls from 0, `arguments` is a piece of JSON text.

    `id` and `name` are what is known so far, None before the service has told.
    """

    type: ClassVar[Literal["tool_call_delta"]] = "tool_call_delta"
    index: int
    id: str | None
    name: str | None
    arguments: str

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "type": self.type,
            "index": self.index,
            "id": self.id,
            "name": self.name,
            "arguments": self.arguments,
        }


@dataclass(frozen=True, slots=True)
class UsageEvent:
    """The usage of the whole call, once, when the stream has ended."""

    type: ClassVar[Literal["usage"]] = "usage"
    usage: Usage

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {"type": self.type, "usage": self.usage.to_dict()}


@dataclass(frozen=True, slots=True)
class Finish:
    """The last event: why the model stopped."""

    type: ClassVar[Literal["finish"]] = "finish"
    finish_reason: FinishReason
    raw_finish_reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "type": self.type,
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
        }


Event = TextDelta | ReasoningDelta | ToolCallDelta | UsageEvent | Finish
