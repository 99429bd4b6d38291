"""Bounds that no value keeps, or a default outside of them.

What it checks
    `min` is not above `max`, a `default` lies between them and is among the `options`, the
    default timeout of a job is not above its longest, and the unit of a price is above 0 and at
    most 1.

Why
    Every call would be refused, or, without a value of the caller's, send one that is refused.

Example
    parameters: {temperature: {to: temperature, min: 2, max: 1}}

Instead
    parameters: {temperature: {to: temperature, min: 0, max: 1}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from model_runtime.durations import read_duration
from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.location import Place
from model_runtime.parameters import TEMPLATES
from model_runtime.spec.tree import place_of

_NUMERIC: Final = ("int", "float")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell rows of parameters, rules of models, prices and timeouts that cannot be kept."""
    for table in _tables(provider):
        for name, row in table.items():
            if isinstance(row, Mapping):
                yield from _of_row(str(name), row, {})
    for model in provider.models:
        for row in model.get("parameter_rules") or ():
            if isinstance(row, Mapping):
                template = TEMPLATES.get(str(row.get("use_template")), {})
                yield from _of_row(str(row.get("name")), row, template)
        yield from _of_price(model.get("pricing"))
    for name, operation in provider.model_operations():
        yield from _of_timeout(name, block(operation, "job", "poll", "timeout"))


def _tables(provider: Subject) -> Iterator[Mapping[str, Any]]:
    yield provider.block("parameters")
    for _, operation in provider.model_operations():
        yield block(operation, "parameters")
    for name in provider.block("model_rules"):
        yield provider.block("model_rules", name, "parameters")


def _of_row(name: str, row: Mapping[str, Any], template: Mapping[str, Any]) -> Iterator[Finding]:
    merged = {**template, **row}
    low, high = _number(merged.get("min")), _number(merged.get("max"))
    if low is not None and high is not None and low > high:
        key = "max" if "max" in row else "min"
        told = f"`{name}` is at least {low:g} and at most {high:g}: no value keeps both."
        yield _finding(told, "Swap `min` and `max`, or correct one.", place_of(row, key))
        return
    default = row.get("default")
    if default is None or isinstance(default, list | Mapping):
        return
    place = place_of(row, "default")
    number = _number(default)
    options = row.get("options")
    if isinstance(options, list) and options and str(default) not in map(str, options):
        told = f"the default {default!r} of `{name}` is none of its options."
        yield _finding(told, f"Write one of: {', '.join(map(str, options))}.", place)
    elif number is None:
        if merged.get("type") in _NUMERIC:
            told = f"the default {default!r} of `{name}` is no number."
            yield _finding(told, "Write a number, without quotes.", place)
    elif (low is not None and number < low) or (high is not None and number > high):
        told = f"the default {number:g} of `{name}` is outside of {_range(low, high)}."
        yield _finding(told, "Write a default that callers may pass, too.", place)


def _of_price(pricing: object) -> Iterator[Finding]:
    if not isinstance(pricing, Mapping) or "unit" not in pricing:
        return
    try:
        unit = Decimal(str(pricing["unit"]))
    except InvalidOperation:
        return
    if not 0 < unit <= 1:
        told = f"the unit of the price is {unit:f}; expected more than 0 and at most 1."
        help = 'Write "0.000001" for prices per million, "0.001" per thousand, "1" for one.'
        yield _finding(told, help, place_of(pricing, "unit"))


def _of_timeout(name: str, timeout: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        usual, longest = (read_duration(timeout[key]) for key in ("default", "max"))
    except (KeyError, ValueError):
        return
    if usual > longest:
        told = f"the job of `{name}` may take {longest:g} s at most, and {usual:g} s by default."
        yield _finding(told, "Write a default below `max`.", place_of(timeout, "default"))


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None  # type: ignore[arg-type]  # is_number says so


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"what it takes, {high:g} at most"
    return f"{low:g} to {high:g}" if high is not None else f"what it takes, {low:g} or more"


def _finding(message: str, help: str, place: Place | None) -> Finding:
    return Finding(code="S109", message=message, place=place, help=help)
