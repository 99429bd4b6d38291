"""The answer of a moderation model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationResult:
    """Whether the text is flagged, for which categories, with which scores."""

    flagged: bool
    categories: Mapping[str, bool]
    scores: Mapping[str, float]
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "flagged": self.flagged,
            "categories": dict(self.categories),
            "scores": dict(self.scores),
            "usage": self.usage.to_dict(),
            "warnings": list(self.warnings),
        }
