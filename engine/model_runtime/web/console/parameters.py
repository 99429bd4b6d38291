"""The parameter panel: one control per parameter rule, and what a page sent for them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.catalog.text import in_language
from model_runtime.errors import InvalidParameter

PREFIX: Final = "p."


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One control. `kind` is number, choice, switch or text; an empty one is not sent."""

    name: str
    label: str
    help: str
    kind: str
    whole: bool
    low: Any
    high: Any
    step: str
    default: Any
    options: tuple[str, ...]
    value: str


def controls(
    rules: Iterable[Mapping[str, Any]], given: Mapping[str, str], lang: str
) -> list[Control]:
    """The controls of a model's rules, holding what was given before."""
    return [_control(rule, given, lang) for rule in rules]


def read_parameters(rules: Iterable[Mapping[str, Any]], given: Mapping[str, str]) -> dict[str, Any]:
    """The parameters that a page sent. InvalidParameter names one that is no number."""
    found: dict[str, Any] = {}
    for rule in rules:
        name = str(rule.get("use_template") or rule["name"])
        text = given.get(PREFIX + name, "").strip()
        if text:
            found[name] = _value(name, str(rule.get("type", "string")), text)
    return found


def _control(rule: Mapping[str, Any], given: Mapping[str, str], lang: str) -> Control:
    name = str(rule.get("use_template") or rule["name"])
    kind = str(rule.get("type", "string"))
    options = tuple(str(option) for option in rule.get("options") or ())
    whole = kind == "int"
    precision = rule.get("precision")
    return Control(
        name=name,
        label=_text(rule.get("label") or name, lang),
        help=_text(rule.get("help") or "", lang),
        kind=_kind(kind, options),
        whole=whole,
        low=rule.get("min"),
        high=rule.get("max"),
        step="1" if whole else "any" if precision is None else f"{10.0 ** -int(precision):f}",
        default=rule.get("default"),
        options=options,
        value=given.get(PREFIX + name, ""),
    )


def _kind(kind: str, options: tuple[str, ...]) -> str:
    if kind in ("int", "float"):
        return "number"
    if kind == "boolean":
        return "switch"
    return "choice" if options else "text"


def _value(name: str, kind: str, text: str) -> Any:
    if kind == "boolean":
        return text == "true"
    if kind not in ("int", "float"):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidParameter(f"{name} is {text!r}; expected a number.")
    return value


def _text(value: Any, lang: str) -> str:
    return in_language(value, lang) if isinstance(value, Mapping) else str(value)
