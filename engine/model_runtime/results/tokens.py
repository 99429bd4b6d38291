"""A count of tokens before a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCount:
    """A number of tokens, and how it was found: by the service, by a tokenizer, or estimated."""

    tokens: int
    method: Literal["remote", "local", "estimate"]

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {"tokens": self.tokens, "method": self.method}
