"""Usage: what one call consumed, in the same buckets for every provider."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one call; `parts` tells what each kind of token or measure cost.

    `input` and `output` are sums of parts; measures that are not tokens belong to the input.
    `is_reported` marks the service's own figure: it is one sum, in `total` alone.
    """

    input: Decimal
    output: Decimal
    total: Decimal
    currency: str
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    is_reported: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data, amounts as text: a float would not be the amount."""
        return {
            "input": f"{self.input:f}",
            "output": f"{self.output:f}",
            "total": f"{self.total:f}",
            "currency": self.currency,
            "parts": {name: f"{amount:f}" for name, amount in self.parts.items()},
            "is_reported": self.is_reported,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counts of one call. None means that the service did not tell; 0 means none.

    `input_tokens` includes the cached ones and `output_tokens` includes the reasoning ones,
    whatever the service's own convention. `latency` and `time_to_first_token` are seconds.
    `other` holds measures that are not tokens: search_units, seconds, characters, pages,
    requests; and of the cache writes those that are kept for a time, as cache_write_tokens_1h.
    `price` is what the call cost, where that is known. `raw` is the service's own usage object.
    `is_estimate` says that the service told nothing, and the counts were made from the texts.
    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    audio_input_tokens: int | None = None
    audio_output_tokens: int | None = None
    latency: float | None = None
    time_to_first_token: float | None = None
    price: Price | None = None
    other: Mapping[str, Decimal] = field(default_factory=dict)
    is_estimate: bool = False
    raw: Any = None

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data without what is unknown."""
        found: dict[str, Any] = {}
        for name in COUNTS + ("latency", "time_to_first_token"):
            value = getattr(self, name)
            if value is not None:
                found[name] = value
        if self.price is not None:
            found["price"] = self.price.to_dict()
        if self.other:
            found["other"] = {name: float(value) for name, value in self.other.items()}
        if self.is_estimate:
            found["is_estimate"] = True
        if self.raw is not None:
            found["raw"] = self.raw
        return found


COUNTS = (
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "audio_input_tokens",
    "audio_output_tokens",
)
