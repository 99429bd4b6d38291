"""Facts about models that a service tells: its words, read into the fields of our own lists."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from model_runtime.branches import watched_table
from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.spec.tree import copy_map, key_place_of
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .extractors import compile_path
from .values import Reader, compile_value, place_in

Facts = dict[str, Any]

_NO_FACTS: Final = ("each", "expect", "before", "lifetime")
_COUNTS: Final = ("context_size", "max_output_tokens", "max_chunks", "embedding_dimensions")
_PROPERTIES: Final = ("context_size", "max_chunks")
_COPIED: Final = ("max_output_tokens", "embedding_dimensions", "pricing", "retires_on", "owner")
_PRICED: Final[Mapping[str, str]] = {
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
}
# Prices are told per million tokens, whatever the service counts in.
_UNIT: Final = "0.000001"
_NOTHING: Final[tuple[object, ...]] = (None, False, "", [], {})


def compile_facts(response: Mapping[str, Any], findings: Findings) -> dict[str, Reader]:
    """Compile the fields of a `response` block; each reads one fact of a row."""
    return {
        name: _compile_fact(name, value, findings, place_in(response, name))
        for name, value in response.items()
        if name not in _NO_FACTS and not name.startswith(("x-", "$"))
    }


def spec_of(facts: Mapping[str, Any]) -> Facts:
    """Arrange what was read as a model of our own lists has it; what is not told is left out."""
    spec: Facts = {name: facts[name] for name in _COPIED if facts.get(name) not in _NOTHING}
    if facts.get("label"):
        spec["label"] = str(facts["label"])
    if facts.get("features") is not None:
        spec["features"] = facts["features"]
    if facts.get("deprecated"):
        spec["deprecated"] = True
    if properties := {name: facts[name] for name in _PROPERTIES if facts.get(name)}:
        spec["model_properties"] = properties
    return spec


def _compile_fact(name: str, value: Any, findings: Findings, place: Place | None) -> Reader:
    if name == "features" and isinstance(value, Mapping):
        return _features(value, findings)
    if name == "pricing" and isinstance(value, Mapping):
        return _pricing(value, findings)
    if name == "model_type":
        return _types(value, findings, place)
    read = compile_value(value, findings, place)
    return _counting(read) if name in _COUNTS else read


def _features(spec: Mapping[str, Any], findings: Findings) -> Reader:
    tests = {
        name: compile_path(str(path), findings, place_in(spec, name))
        for name, path in spec.items()
        if not name.startswith(("x-", "$"))
    }

    def features(row: Any) -> list[str] | None:
        found = {name: test(row) for name, test in tests.items()}
        if all(value is None for value in found.values()):
            return None  # the service is silent about them, such as one of an older version
        return [name for name, value in found.items() if value not in _NOTHING]

    return features


def _types(value: Any, findings: Findings, place: Place | None) -> Reader:
    """Read the types of a model that are ours: None when the service tells none at all."""
    table = value.get("map") if isinstance(value, Mapping) else None
    if table:
        places = partial(key_place_of, table)
        table = watched_table(table, findings.branches, "value", places)
    plain = value
    if table:
        plain = copy_map(value)
        plain.remove("map")
    read = compile_value(plain, findings, place)

    def types(row: Any) -> list[ModelType] | None:
        found = read(row)
        if found in _NOTHING:
            return None
        words = found if isinstance(found, list) else [found]
        told = [_translated(word, table) for word in words]
        return [kind for kind in MODEL_TYPES if kind in told]

    return types


def _translated(word: Any, table: Any) -> Any:
    if not table:
        return word
    return table[str(word)] if str(word) in table else table.get("*", word)


def _counting(read: Reader) -> Reader:
    def count(row: Any) -> int | None:
        found = read(row)
        try:
            number = 0 if isinstance(found, bool) or found is None else int(found)
        except (TypeError, ValueError, OverflowError):
            return None
        return number if number > 0 else None

    return count


def _pricing(spec: Mapping[str, Any], findings: Findings) -> Reader:
    readers = {
        name: compile_path(str(spec[name]), findings, place_in(spec, name))
        for name in ("input", "output", *_PRICED)
        if name in spec
    }
    factor = Decimal(str(spec.get("unit", _UNIT))) / Decimal(_UNIT)
    currency = str(spec.get("currency", "USD"))

    def pricing(row: Any) -> Facts | None:
        prices = {name: _price(read(row), factor) for name, read in readers.items()}
        if prices.get("input") is None:
            return None
        known: Facts = {name: prices[name] for name in ("input", "output") if prices.get(name)}
        known |= {"unit": _UNIT, "currency": currency}
        rows = [
            {"of": of, "price": prices[name]} for name, of in _PRICED.items() if prices.get(name)
        ]
        return {**known, "rows": rows} if rows else known

    return pricing


def _price(found: Any, factor: Decimal) -> str | None:
    """A price as text, per million tokens. A negative one stands for a price that varies."""
    if found is None or isinstance(found, bool | list | dict):
        return None
    try:
        price = Decimal(str(found)) * factor
    except InvalidOperation:
        return None
    if not price.is_finite() or price < 0:
        return None
    return f"{price.normalize():f}"
