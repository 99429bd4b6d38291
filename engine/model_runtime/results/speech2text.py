"""The answer of a speech-to-text model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechToTextResult:
    """The transcript. `duration` is seconds; segments and words hold text, start and end where
    the service tells them."""

    text: str
    usage: Usage
    language: str | None = None
    duration: float | None = None
    segments: tuple[Mapping[str, Any], ...] = ()
    words: tuple[Mapping[str, Any], ...] = ()
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "text": self.text,
            "language": self.language,
            "duration": self.duration,
            "segments": [dict(segment) for segment in self.segments],
            "words": [dict(word) for word in self.words],
            "usage": self.usage.to_dict(),
            "warnings": list(self.warnings),
        }
