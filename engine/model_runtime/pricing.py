"""What a call costs: unit price x amount x unit, in decimals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .results.usage import Usage

_STEP = Decimal("0.0000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """The price of one call; `parts` tells what each kind of token or measure cost."""

    input: Decimal
    output: Decimal
    total: Decimal
    currency: str
    parts: Mapping[str, Decimal] = field(default_factory=dict)
    is_reported: bool = False


def price_of(usage: Usage, pricing: Mapping[str, Any] | None) -> Price | None:
    """Return what a call cost, or None when the model's price or the counts are unknown."""
    if not pricing or usage.input_tokens is None:
        return None
    unit = Decimal(str(pricing.get("unit", "0.000001")))
    paid_in = _amount(usage.input_tokens, pricing.get("input"), unit)
    paid_out = _amount(usage.output_tokens or 0, pricing.get("output"), unit)
    return Price(
        input=paid_in,
        output=paid_out,
        total=paid_in + paid_out,
        currency=str(pricing.get("currency", "USD")),
        parts={"input": paid_in, "output": paid_out},
    )


def _amount(count: int, price: object, unit: Decimal) -> Decimal:
    value = Decimal(count) * Decimal(str(price or 0)) * unit
    return value.quantize(_STEP, rounding=ROUND_HALF_UP)
