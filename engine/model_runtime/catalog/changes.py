"""The difference between the models that a spec lists and those that its service lists now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal

from .models import ModelEntry

Kind = Literal["new", "gone", "changed", "same"]

_PROPERTIES: Final = ("context_size", "max_chunks")
_FIELDS: Final = ("max_output_tokens", "embedding_dimensions", "retires_on")
_UNIT: Final = "0.000001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One model in the light of both lists.

    `entry` is what the service tells, or the spec's own entry of a model that is `gone`. `fields`
    holds what both tell and tell differently: the spec's value, then the service's.
    """

    kind: Kind
    entry: ModelEntry
    fields: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return JSON-ready data: the entry, with `change` and `changes`."""
        changes = {name: {"listed": a, "remote": b} for name, (a, b) in self.fields.items()}
        return {**self.entry.to_dict(), "change": self.kind, "changes": changes}


def compare(listed: Iterable[ModelEntry], remote: Iterable[ModelEntry]) -> tuple[Change, ...]:
    """Return the changes: the service's models in its order, then those that are gone."""
    known = {(entry.model, entry.model_type): entry for entry in listed}
    found: list[Change] = []
    for entry in remote:
        own = known.pop((entry.model, entry.model_type), None)
        if own is None:
            found.append(Change(kind="new", entry=entry))
            continue
        fields = differences(own, entry)
        found.append(Change(kind="changed" if fields else "same", entry=entry, fields=fields))
    return (*found, *(Change(kind="gone", entry=entry) for entry in known.values()))


def differences(listed: ModelEntry, remote: ModelEntry) -> dict[str, tuple[Any, Any]]:
    """What both lists tell of a model, and tell differently."""
    pairs = {name: (listed.spec.get(name), remote.spec.get(name)) for name in _FIELDS}
    for name in _PROPERTIES:
        pairs[name] = (listed.model_properties.get(name), remote.model_properties.get(name))
    if listed.features and remote.spec.get("features") is not None:
        pairs["features"] = (sorted(listed.features), sorted(remote.features))
    if remote.deprecated:
        pairs["deprecated"] = (listed.deprecated, True)
    for side in ("input", "output"):
        pairs[f"pricing.{side}"] = (_price(listed, side), _price(remote, side))
    return {name: pair for name, pair in pairs.items() if None not in pair and pair[0] != pair[1]}


def _price(entry: ModelEntry, side: str) -> str | None:
    """A price per million tokens. Prices in other currencies are not compared."""
    pricing = entry.pricing or {}
    if side not in pricing or pricing.get("currency", "USD") != "USD":
        return None
    try:
        factor = Decimal(str(pricing.get("unit", _UNIT))) / Decimal(_UNIT)
        return f"{(Decimal(str(pricing[side])) * factor).normalize():f}"
    except InvalidOperation:
        return None
