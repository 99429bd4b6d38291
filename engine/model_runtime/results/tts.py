"""The answer of a text-to-speech model."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TTSResult:
    """The speech as bytes in the format that `media_type` names.

    `usage.other["characters"]` is how many were spoken: as the service tells it, else the length
    of the text.
    """

    audio: bytes
    media_type: str | None = None
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data, the audio as base64."""
        return {
            "audio": base64.b64encode(self.audio).decode(),
            "media_type": self.media_type,
            "usage": self.usage.to_dict(),
            "warnings": list(self.warnings),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """A voice to speak with: its id for `voice=`, a label, and the languages it speaks."""

    id: str
    label: str
    languages: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data in the schema's field names."""
        return {"mode": self.id, "name": self.label, "language": list(self.languages)}
