"""The answer of a rerank model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class RankedDocument:
    """A document's place in the caller's list (`index`, from 0), its text and its score."""

    index: int
    text: str | None
    score: float

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {"index": self.index, "text": self.text, "score": self.score}


@dataclass(frozen=True, slots=True, kw_only=True)
class RerankResult:
    """The documents, best score first, as the service scored them: scores are not rescaled."""

    documents: tuple[RankedDocument, ...]
    usage: Usage
    model: str | None = None
    warnings: tuple[str, ...] = ()
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "documents": [document.to_dict() for document in self.documents],
            "usage": self.usage.to_dict(),
            "model": self.model,
            "warnings": list(self.warnings),
        }
