"""Models as the tables of pages show them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from model_runtime import ModelEntry
from model_runtime.catalog.text import in_language

_MILLION = Decimal(1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One line of a table of models. Prices are for a million, or None."""

    name: str
    provider: str
    model: str
    label: str
    type: str
    features: tuple[str, ...]
    context: int | None
    price_in: str | None
    price_out: str | None
    currency: str
    status: str
    deprecated: bool


def model_rows(entries: Iterable[ModelEntry], lang: str) -> list[ModelRow]:
    """The rows of some models, in their order."""
    return [model_row(entry, lang) for entry in entries]


def model_row(entry: ModelEntry, lang: str) -> ModelRow:
    """The row of one model."""
    pricing = entry.pricing or {}
    context = entry.model_properties.get("context_size")
    return ModelRow(
        name=f"{entry.provider}/{entry.model}",
        provider=entry.provider,
        model=entry.model,
        label=in_language(entry.label_texts, lang),
        type=entry.model_type,
        features=entry.features,
        context=context if isinstance(context, int) else None,
        price_in=_per_million(pricing, "input"),
        price_out=_per_million(pricing, "output"),
        currency=str(pricing.get("currency", "USD")),
        status=entry.status,
        deprecated=entry.deprecated,
    )


def _per_million(pricing: Any, side: str) -> str | None:
    """A price for a million tokens, as people compare them."""
    if side not in pricing:
        return None
    try:
        unit = Decimal(str(pricing.get("unit", "0.000001")))
        return f"{(Decimal(str(pricing[side])) * unit * _MILLION).normalize():f}"
    except InvalidOperation:
        return None
