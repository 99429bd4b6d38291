"""The answer of a text embedding model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TextEmbeddingResult:
    """One vector of floats per input, in the order of the inputs."""

    embeddings: tuple[Sequence[float], ...]
    usage: Usage
    model: str | None = None
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "embeddings": [list(vector) for vector in self.embeddings],
            "usage": self.usage.to_dict(),
            "model": self.model,
            "warnings": list(self.warnings),
        }
