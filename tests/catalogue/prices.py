"""Turns the price keys of the catalogues into rows of `pricing`, as the schema of models has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

MILLION = Decimal(1_000_000)
TOKENS = {
    "input_cost_per_token": "input_tokens",
    "output_cost_per_token": "output_tokens",
    "cache_read_input_token_cost": "cache_read_tokens",
    "cache_creation_input_token_cost": "cache_write_tokens",
    "input_cost_per_audio_token": "audio_input_tokens",
    "output_cost_per_audio_token": "audio_output_tokens",
    "output_cost_per_reasoning_token": "reasoning_tokens",
}
# Prices of a second, character, search or request; the first that is there is the one.
MEASURES = {
    "input_cost_per_second": "seconds",
    "output_cost_per_second": "seconds",
    "input_cost_per_character": "characters",
    "input_cost_per_query": "search_units",
    "input_cost_per_request": "requests",
    "ocr_cost_per_page": "pages",
}
# How long audio is that services set their prices for: seconds of it, the unit that stands for one
# second, and how many decimals such prices have.
SPANS = (
    (Decimal(60), "0.0166666666666667", Decimal("0.0001")),
    (Decimal(3600), "0.000277777777777778", Decimal("0.001")),
)
CONDITIONS = re.compile(
    r"(?P<kept>_above_1hr)?(_above_(?P<tier>\d+)k_tokens)?(?P<batch>_batches)?$"
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """The price of one token, second, character ... under some conditions."""

    of: str
    price: Decimal
    above: int = 0
    up_to: int | None = None
    is_batch: bool = False
    kept_for: str | None = None


def from_litellm(row: Mapping[str, Any], model_type: str) -> list[Row]:
    """The rows of one entry of litellm's table; tiers of service that cost more are left out."""
    found = [made for key, value in row.items() if (made := _litellm_row(key, value))]
    for tier in row.get("tiered_pricing") or ():
        if "range" in tier:
            low, high = (int(edge) for edge in tier["range"])
            for key, value in tier.items():
                if (made := _litellm_row(key, value)) is not None:
                    is_last = tier is row["tiered_pricing"][-1]
                    found.append(
                        Row(
                            of=made.of, price=made.price, above=low, up_to=None if is_last else high
                        )
                    )
    if not any(made.of in ("input_tokens", "output_tokens") and made.price for made in found):
        found += _measure(row, model_type)
    return meaningful(found)


def _litellm_row(key: str, value: Any) -> Row | None:
    name = next((name for name in TOKENS if key.startswith(name)), None)
    conditions = CONDITIONS.fullmatch(key.removeprefix(name)) if name else None
    if name is None or conditions is None or not isinstance(value, int | float):
        return None
    return Row(
        of=TOKENS[name],
        price=decimal(value),
        above=int(conditions["tier"] or 0) * 1000,
        is_batch=bool(conditions["batch"]),
        kept_for="1h" if conditions["kept"] else None,
    )


def _measure(row: Mapping[str, Any], model_type: str) -> Iterable[Row]:
    for key, of in MEASURES.items():
        if row.get(key):
            yield Row(of=of, price=decimal(row[key]))
            return


def from_models_dev(tiers: list[dict[str, Any]]) -> list[Row]:
    """The rows of a model of models.dev, whose prices are for a million tokens."""
    columns = {
        "cost_input": "input_tokens",
        "cost_output": "output_tokens",
        "cost_cache_read": "cache_read_tokens",
        "cost_cache_write": "cache_write_tokens",
        "cost_reasoning": "reasoning_tokens",
        "cost_input_audio": "audio_input_tokens",
        "cost_output_audio": "audio_output_tokens",
    }
    return meaningful(
        Row(of=of, price=decimal(tier[column]) / MILLION, above=tier["min_context"])
        for tier in tiers
        for column, of in columns.items()
        if tier[column] is not None
    )


def from_genai(model: Mapping[str, Any], today: date) -> list[Row]:
    """The rows of a model of genai-prices that hold today, and those of its batches."""
    found = _genai_rows(_holding(model.get("prices"), today), is_batch=False)
    for variant in model.get("price_variants") or ():
        if variant["when"] == {"processing": "batch"} and _holds(variant.get("constraint"), today):
            found += _genai_rows(variant["prices"], is_batch=True)
    return meaningful(found)


def _holding(given: Any, today: date) -> Mapping[str, Any]:
    """The last of the prices that have begun; those of an hour of the day are left out."""
    if isinstance(given, list):
        begun = [entry["prices"] for entry in given if _holds(entry.get("constraint"), today)]
        return begun[-1] if begun else {}
    return given or {}


def _holds(constraint: Any, today: date) -> bool:
    if constraint is None:
        return True
    return "start_date" in constraint and constraint["start_date"] <= today


def _genai_rows(given: Mapping[str, Any], *, is_batch: bool) -> list[Row]:
    names = {
        "input_mtok": "input_tokens",
        "output_mtok": "output_tokens",
        "cache_read_mtok": "cache_read_tokens",
        "cache_write_mtok": "cache_write_tokens",
        "cache_write_1h_mtok": "cache_write_tokens",
        "input_audio_mtok": "audio_input_tokens",
        "output_audio_mtok": "audio_output_tokens",
    }
    found: list[Row] = []
    for key, of in names.items():
        kept = "1h" if "_1h_" in key else None
        for above, price in _steps(given.get(key)):
            price /= MILLION
            found.append(Row(of=of, price=price, above=above, is_batch=is_batch, kept_for=kept))
    return found


def _steps(price: Any) -> list[tuple[int, Decimal]]:
    if isinstance(price, Mapping):
        return [(0, price["base"]), *((tier["start"], tier["price"]) for tier in price["tiers"])]
    return [] if price is None else [(0, price)]


def decimal(value: float) -> Decimal:
    """The number as it was meant: five significant digits, without the noise of floats."""
    return Decimal(f"{value:.5g}")


def meaningful(rows: Iterable[Row]) -> list[Row]:
    """The rows without zeros, which stand for "unknown" as often as for "free", nor repetitions."""
    kept = [row for row in rows if row.price > 0]
    plain = {"audio_input_tokens": "input_tokens", "audio_output_tokens": "output_tokens"}
    plain["reasoning_tokens"] = "output_tokens"
    base = {(row.of, row.above, row.is_batch): row.price for row in kept if not row.kept_for}
    return [
        row
        for row in kept
        if row.of not in plain or base.get((plain[row.of], row.above, row.is_batch)) != row.price
    ]


def pricing(rows: Iterable[Row], currency: str = "USD") -> dict[str, Any] | None:
    """The `pricing` of a model file, with tokens by the million; None when nothing is known."""
    found: dict[str, Any] = {}
    conditional: list[dict[str, Any]] = []
    for row in sorted(rows, key=_order):
        name = {"input_tokens": "input", "output_tokens": "output"}.get(row.of)
        if name and not (row.above or row.up_to or row.is_batch or row.kept_for):
            found[name] = written(row.price * MILLION)
        else:
            conditional.append(_written_row(row))
    if not found and not conditional:
        return None
    found |= {"unit": "0.000001", "currency": currency}
    return found | ({"rows": conditional} if conditional else {})


def _order(row: Row) -> tuple[bool, int, int, str]:
    measures = [*dict.fromkeys(TOKENS.values()), *dict.fromkeys(MEASURES.values())]
    return row.is_batch, row.above, measures.index(row.of), row.kept_for or ""


def _written_row(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"of": row.of, "price": written(row.price * MILLION)}
    if row.of == "seconds":
        found |= _audio_price(row.price)
    elif row.of in ("search_units", "requests", "pages"):
        found |= {"price": written(row.price), "unit": "1"}
    if row.is_batch:
        found["batch"] = True
    if row.above:
        found["min_input_tokens"] = row.above + 1
    if row.up_to:
        found["max_input_tokens"] = row.up_to
    if row.kept_for:
        found["kept_for"] = row.kept_for
    return found


def _audio_price(second: Decimal) -> dict[str, str]:
    """The price of a minute or an hour that the catalogue divided and rounded to that of a second;
    else that of the second. 0.00003083 a second was 0.111 an hour, and is not 0.110988."""
    rounding = Decimal(1).scaleb(int(second.as_tuple().exponent)) / 2
    for span, unit, step in SPANS:
        price = (second * span).quantize(step)
        if price and abs(price / span - second) <= rounding:
            return {"price": written(price), "unit": unit}
    return {"price": written(second), "unit": "1"}


def written(value: Decimal) -> str:
    """A price in plain digits."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
