"""The answer of a language model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model_runtime.messages.content import Message, ToolCall
from model_runtime.vocabulary import FinishReason

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMResult:
    """One answer. `message` goes into the next turn as it is; text, reasoning and tool calls
    are derived from its parts.

    `raw` is the service's own reply: the JSON body, or for a stream the frames that were no
    pieces of text. `served_by` is the upstream that a gateway names. `warnings` tells what was
    left out or could not be understood.
    """

    message: Message
    text: str
    reasoning: str | None
    tool_calls: tuple[ToolCall, ...]
    finish_reason: FinishReason
    raw_finish_reason: str | None
    usage: Usage
    model: str | None = None
    id: str | None = None
    citations: tuple[Any, ...] = ()
    logprobs: Any = None
    served_by: str | None = None
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data without what is unknown."""
        found: dict[str, Any] = {
            "message": self.message.to_dict(),
            "text": self.text,
            "reasoning": self.reasoning,
            "tool_calls": [call.to_dict() for call in self.tool_calls],
            "finish_reason": self.finish_reason,
            "raw_finish_reason": self.raw_finish_reason,
            "usage": self.usage.to_dict(),
            "model": self.model,
            "id": self.id,
            "citations": list(self.citations),
            "logprobs": self.logprobs,
            "served_by": self.served_by,
            "warnings": list(self.warnings),
            "raw": self.raw,
        }
        return {name: value for name, value in found.items() if value not in (None, [])}
