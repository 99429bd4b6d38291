"""What a call costs: unit price x amount x unit, in decimals.

A model's `pricing` holds the prices of plain input and output, and rows for what costs something
else: cached or spoken tokens, long inputs, batches, seconds, characters, searches. Of the rows of
one count whose conditions hold the most specific one is taken, and it stands before `input` and
`output`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any, Final

from .durations import read_duration
from .results.usage import Price, Usage

_STEP: Final = Decimal("0.0000001")
_MATH: Final = Context(prec=60, rounding=ROUND_HALF_UP)
_DEFAULT_UNIT: Final = "0.000001"

# The tokens that other counts are a part of. A part with a price of its own is taken out of the
# whole; one without stays in it.
_WHOLES: Final[Mapping[str, tuple[str, ...]]] = {
    "input_tokens": ("cache_read_tokens", "cache_write_tokens", "audio_input_tokens"),
    "output_tokens": ("reasoning_tokens", "audio_output_tokens"),
}
_MEASURES: Final = ("search_units", "seconds", "characters", "pages", "requests")
_KEPT: Final = re.compile(r"_(\d+[smhd])")
_CONDITIONS: Final = (
    "batch",
    "min_input_tokens",
    "max_input_tokens",
    "kept_for",
    "from",
    "until",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """What the conditions of a row are held against."""

    usage: Usage
    is_batch: bool
    kept_for: float | None
    day: str


def priced(usage: Usage, pricing: Mapping[str, Any] | None) -> Usage:
    """The usage with its price, where the price is known."""
    price = price_of(usage, pricing)
    return usage if price is None else replace(usage, price=price)


def price_of(
    usage: Usage,
    pricing: Mapping[str, Any] | None,
    *,
    batch: bool = False,
    kept_for: str | None = None,
    day: date | None = None,
) -> Price | None:
    """Return what a call cost, or None when the model's price or the counts are unknown.

    A cost that the service reports comes before any arithmetic. `batch` says that the call was
    part of a batch, `kept_for` how long its cache writes are kept (`5m`, `1h`), and `day` when it
    was made: today without it.
    """
    reported = _reported(usage, pricing)
    if reported is not None or not pricing:
        return reported
    call = _Call(
        usage=usage,
        is_batch=batch,
        kept_for=None if kept_for is None else read_duration(kept_for),
        day=(day or date.today()).isoformat(),
    )
    try:
        return _sum(call, pricing)
    except (InvalidOperation, ValueError):
        return None  # a description that nobody checked: its price is no number


def _reported(usage: Usage, pricing: Mapping[str, Any] | None) -> Price | None:
    cost = usage.other.get("cost")
    if cost is None or not cost.is_finite() or cost < 0:
        return None
    zero = Decimal(0).quantize(_STEP)
    return Price(
        input=zero,
        output=zero,
        total=_rounded(cost),
        currency=str((pricing or {}).get("currency", "USD")),
        is_reported=True,
    )


def _sum(call: _Call, pricing: Mapping[str, Any]) -> Price | None:
    parts: dict[str, Decimal] = {}
    sums = {"input_tokens": Decimal(0).quantize(_STEP), "output_tokens": Decimal(0).quantize(_STEP)}
    for whole, kinds in _WHOLES.items():
        rate = _rate(call, pricing, whole)
        count: int | None = getattr(call.usage, whole)
        if count is None:
            if rate:
                return None  # what is priced was not counted
            continue
        for name, amount, unit_price in _tokens(call, pricing, whole, kinds, count):
            if unit_price is not None:
                parts[name] = _rounded(_MATH.multiply(Decimal(amount), unit_price))
                sums[whole] += parts[name]
    for kind in _MEASURES:
        unit_price, measured = _rate(call, pricing, kind), _measured(call.usage, kind)
        if unit_price is not None and measured is not None:
            parts[kind] = _rounded(_MATH.multiply(measured, unit_price))
            sums["input_tokens"] += parts[kind]
    if not parts:
        return None
    return Price(
        input=sums["input_tokens"],
        output=sums["output_tokens"],
        total=sums["input_tokens"] + sums["output_tokens"],
        currency=str(pricing.get("currency", "USD")),
        parts=parts,
    )


def _tokens(
    call: _Call, pricing: Mapping[str, Any], whole: str, kinds: tuple[str, ...], count: int
) -> Iterator[tuple[str, int, Decimal | None]]:
    """The tokens of each kind with their price, none of them twice: the rest comes first."""
    rest, found = count, []
    for kind in kinds:
        for name, amount, kept in _split(call, kind):
            price = _rate(kept, pricing, kind) if amount else None
            if price is not None:
                found.append((name, min(amount, rest), price))
                rest -= min(amount, rest)
    yield whole, rest, _rate(call, pricing, whole)
    yield from found


def _split(call: _Call, kind: str) -> Iterator[tuple[str, int, _Call]]:
    """The tokens of one kind, those apart that the service tells to be kept for a time of their own
    (`other: {cache_write_tokens_1h: ...}`)."""
    amount: int = getattr(call.usage, kind) or 0
    for name, told in call.usage.other.items():
        if kept := _KEPT.fullmatch(name.removeprefix(kind)) if name.startswith(kind) else None:
            part = min(int(told), amount)
            amount -= part
            yield name, part, replace(call, kept_for=read_duration(kept[1]))
    yield kind, amount, call


def _measured(usage: Usage, kind: str) -> Decimal | None:
    """An amount that is not tokens. A call is one request when the service does not say more."""
    return usage.other.get(kind, Decimal(1) if kind == "requests" else None)


def _rate(call: _Call, pricing: Mapping[str, Any], kind: str) -> Decimal | None:
    """The price of one token, second ... of that kind; None when it has none of its own."""
    fitting = [
        row for row in pricing.get("rows") or () if row.get("of") == kind and _holds(row, call)
    ]
    base = {"input_tokens": pricing.get("input"), "output_tokens": pricing.get("output")}.get(kind)
    row = max(fitting, key=_specificity) if fitting else None
    price = base if row is None else row["price"]
    unit = Decimal(str((row or {}).get("unit", pricing.get("unit", _DEFAULT_UNIT))))
    if price is None or not unit:
        return None
    return _MATH.multiply(Decimal(str(price)), unit)


def _holds(row: Mapping[str, Any], call: _Call) -> bool:
    count = call.usage.input_tokens
    if "batch" in row and row["batch"] is not call.is_batch:
        return False
    if "min_input_tokens" in row and (count is None or count < row["min_input_tokens"]):
        return False
    if "max_input_tokens" in row and (count is None or count > row["max_input_tokens"]):
        return False
    if "kept_for" in row and read_duration(row["kept_for"]) != call.kept_for:
        return False
    # A date may be a year or a month: then all its days count.
    if "from" in row and call.day[: len(str(row["from"]))] < str(row["from"]):
        return False
    return "until" not in row or call.day[: len(str(row["until"]))] <= str(row["until"])


def _specificity(row: Mapping[str, Any]) -> tuple[int, int, str]:
    """More conditions first; then the higher tier, then the later price."""
    conditions = sum(name in row for name in _CONDITIONS)
    return conditions, row.get("min_input_tokens", 0), str(row.get("from", ""))


def _rounded(amount: Decimal) -> Decimal:
    return amount.quantize(_STEP, context=_MATH)
