"""Parameters of a call: the spec's table, the model's rules, and what goes to the wire.

`table` is the spec's `parameters:` block (canonical name -> where it goes), `rules` the model's
`parameter_rules`. A value is checked against both, then laid out for the wire.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from .errors import InvalidParameter
from .json_text import decode_json
from .vocabulary import OnViolation


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRow:
    """One row of the table: the wire path, and what is done to the value on its way.

    Without a path (`to` None) the spec's templates place the value.
    """

    name: str
    to: tuple[str, ...] | None
    as_kind: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    values: Mapping[str, Any] | None = None
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterRule:
    """One rule of a model: what a parameter takes. `name` is the wire's own name for it.

    `default` is for front ends; it is sent only when the rule is required.
    """

    name: str
    use_template: str | None = None
    type: str = "string"
    required: bool = False
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    precision: int | None = None
    options: tuple[str, ...] = ()

    @property
    def canonical(self) -> str:
        """The name under which callers know it: that of its template, if it has one."""
        return self.use_template or self.name


# The eight templates of the schema that ours is a superset of: type, bounds and precision.
TEMPLATES: Mapping[str, Mapping[str, Any]] = {
    "temperature": {"type": "float", "default": 0.0, "min": 0.0, "max": 1.0, "precision": 2},
    "top_p": {"type": "float", "default": 1.0, "min": 0.0, "max": 1.0, "precision": 2},
    "top_k": {"type": "int", "default": 50, "min": 1, "max": 100, "precision": 0},
    "presence_penalty": {"type": "float", "default": 0.0, "min": 0.0, "max": 1.0, "precision": 2},
    "frequency_penalty": {"type": "float", "default": 0.0, "min": 0.0, "max": 1.0, "precision": 2},
    "max_tokens": {"type": "int", "default": 64, "min": 1, "max": 2048, "precision": 0},
    "response_format": {"type": "string", "options": ["JSON", "XML"]},
    "json_schema": {"type": "text"},
}


@dataclass(slots=True)
class ResolvedParameters:
    """Checked values by canonical name, where each goes on the wire, and what was left out."""

    values: dict[str, Any] = field(default_factory=dict)
    placed: dict[str, tuple[tuple[str, ...], Any]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def wire(self) -> dict[str, Any]:
        """The values laid out for the wire."""
        found: dict[str, Any] = {}
        for path, value in self.placed.values():
            _put(found, path, value)
        return found

    def leave_out(self, name: str, why: str) -> None:
        """Take a value out again, and say so, if it was set."""
        if name in self.values:
            del self.values[name]
            self.placed.pop(name, None)
            self.warnings.append(f"{name} was not sent: {why}")


def read_table(spec: Mapping[str, Any]) -> dict[str, ParameterRow]:
    """Return the rows of a `parameters:` block."""
    return {name: _row(name, value) for name, value in spec.items()}


def read_rules(specs: Iterable[Mapping[str, Any]]) -> tuple[ParameterRule, ...]:
    """Return the rules of a model, each laid over the template that it uses."""
    return tuple(_rule(spec) for spec in specs)


class ParameterTable:
    """The table and the rules that hold for one model, ready to check calls."""

    def __init__(
        self,
        rows: Mapping[str, ParameterRow],
        rules: Iterable[ParameterRule] = (),
        drop: Iterable[str] = (),
    ) -> None:
        self._rows = rows
        self._rules: dict[str, ParameterRule] = {}
        for rule in rules:
            self._rules[rule.canonical] = rule
            if rule.name != rule.canonical:
                self._rules.setdefault(rule.name, rule)
        self._drop = frozenset(drop)
        self._defaults = [row for row in self._rows.values() if row.has_default]
        self._required = [rule for rule in self._rules.values() if rule.required]

    @property
    def names(self) -> list[str]:
        """Every parameter that this model takes."""
        return sorted({*self._rows, *(rule.canonical for rule in self._rules.values())})

    def resolve(
        self, given: Mapping[str, Any], on_violation: OnViolation = "error"
    ) -> ResolvedParameters:
        """Check `given` (Nones are not set) and lay it out. InvalidParameter names the fault."""
        found = ResolvedParameters()
        for name, value in given.items():
            if value is None:
                continue
            if self._canonical(name) in self._drop:
                found.warnings.append(f"{name} was not sent: this model does not take it.")
            else:
                self._take(name, value, found, on_violation)
        for rule in self._required:
            if rule.canonical not in found.values and rule.canonical not in self._drop:
                if rule.default is None:
                    raise InvalidParameter(f"{rule.canonical} is required by this model.")
                # The caller is silent, so what does not fit this model is no fault of the caller.
                self._take(rule.canonical, rule.default, found, "clamp")
        for row in self._defaults:
            if row.name not in found.values and row.name not in self._drop:
                self._take(row.name, row.default, found, "clamp")
        return found

    def _canonical(self, name: str) -> str:
        rule = self._rules.get(name)
        return rule.canonical if rule else name

    def _take(
        self, name: str, value: Any, found: ResolvedParameters, on_violation: OnViolation
    ) -> None:
        rule = self._rules.get(name)
        canonical = rule.canonical if rule else name
        row = self._rows.get(canonical)
        if rule is None and row is None:
            raise self._unknown(name)
        violate = _violation(on_violation, found.warnings)
        if rule is not None:
            value = _check_rule(rule, canonical, value, violate)
        if row is not None:
            value = _check_range(canonical, value, row.minimum, row.maximum, violate)
        found.values[canonical] = value
        if row is None or (rule is not None and rule.name != canonical):
            assert rule is not None
            found.placed[canonical] = (rule.name,), value
        elif row.to is not None:
            found.placed[canonical] = row.to, _convert(row, value)

    def _unknown(self, name: str) -> InvalidParameter:
        close = get_close_matches(name, self.names, 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        known = ", ".join(self.names) or "none"
        return InvalidParameter(
            f"{name!r} is not a parameter of this model.{hint} Known: {known}. "
            "A field of the service's own goes into extra_body."
        )


Violate = Callable[[str, Any], Any]


def _violation(on_violation: OnViolation, warnings: list[str]) -> Violate:
    """What happens to a value out of range: raise, or warn and send it as it is or clamped."""

    def violate(message: str, clamped: Any) -> Any:
        if on_violation == "error":
            raise InvalidParameter(message)
        warnings.append(message)
        return clamped if on_violation == "clamp" else _AS_IT_IS

    return violate


_AS_IT_IS = object()


def _row(name: str, value: object) -> ParameterRow:
    if not isinstance(value, Mapping):
        return ParameterRow(name=name, to=tuple(str(value).split(".")))
    to = value.get("to", name)
    return ParameterRow(
        name=name,
        to=None if to is None else tuple(str(to).split(".")),
        as_kind=value.get("as"),
        minimum=value.get("min"),
        maximum=value.get("max"),
        values=value.get("map"),
        default=value.get("default"),
        has_default="default" in value,
    )


def _rule(spec: Mapping[str, Any]) -> ParameterRule:
    template = spec.get("use_template")
    merged = {**TEMPLATES.get(str(template), {}), **spec}
    return ParameterRule(
        name=str(merged["name"]),
        use_template=str(template) if template in TEMPLATES else None,
        type=str(merged.get("type", "string")),
        required=bool(merged.get("required", False)),
        default=merged.get("default"),
        minimum=merged.get("min"),
        maximum=merged.get("max"),
        precision=merged.get("precision"),
        options=tuple(str(option) for option in merged.get("options") or ()),
    )


def _check_rule(rule: ParameterRule, name: str, value: Any, violate: Violate) -> Any:
    value = _TYPES.get(rule.type, _any_value)(name, value)
    _refuse_infinite(name, value)
    if rule.type == "float" and rule.precision is not None:
        rounded = round(value, rule.precision)
        if rounded != value:
            message = f"{name} is {value}; this model takes {rule.precision} decimals at most."
            value = _settled(violate(message, rounded), value)
    if rule.options and isinstance(value, str) and value not in rule.options:
        raise InvalidParameter(
            f"{name} is {value!r}; this model takes one of: {', '.join(rule.options)}."
        )
    if rule.type in ("int", "float"):
        value = _check_range(name, value, rule.minimum, rule.maximum, violate)
    return value


def _check_range(
    name: str, value: Any, low: float | None, high: float | None, violate: Violate
) -> Any:
    _refuse_infinite(name, value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if (low is None or value >= low) and (high is None or value <= high):
        return value
    clamped = low if low is not None and value < low else high
    return _settled(
        violate(f"{name} is {value}; this model takes {_range(low, high)}.", clamped), value
    )


def _refuse_infinite(name: str, value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidParameter(f"{name} is {value}; expected a finite number.")


def _settled(outcome: Any, value: Any) -> Any:
    return value if outcome is _AS_IT_IS else outcome


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"{high:g} at most"
    return f"{low:g} to {high:g}" if high is not None else f"{low:g} at least"


def _int(name: str, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidParameter(f"{name} is {value!r}; expected a whole number.")
    return value


def _float(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidParameter(f"{name} is {value!r}; expected a number.")
    return value


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise InvalidParameter(f"{name} is {value!r}; expected a text.")
    return value


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidParameter(f"{name} is {value!r}; expected true or false.")
    return value


def _any_value(name: str, value: Any) -> Any:
    return value


_TYPES: dict[str, Callable[[str, Any], Any]] = {
    "int": _int,
    "float": _float,
    "string": _text,
    "text": _text,
    "boolean": _boolean,
}


def _convert(row: ParameterRow, value: Any) -> Any:
    if row.values is not None:
        text = _as_text(value)
        value = row.values[text] if text in row.values else row.values.get("*", value)
    convert = CONVERSIONS.get(row.as_kind or "")
    try:
        return convert(value) if convert else value
    except (ValueError, TypeError, OverflowError):
        raise InvalidParameter(
            f"{row.name} is {value!r}; expected what can be sent as {row.as_kind}."
        ) from None


def _put(wire: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for key in path[:-1]:
        inner = wire.setdefault(key, {})
        if not isinstance(inner, dict):
            inner = wire[key] = {}
        wire = inner
    wire[path[-1]] = value


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _as_list(value: Any) -> list[Any]:
    """A list as it is, else a list of the value."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_map(value: Any) -> dict[str, Any]:
    """A map as it is, or out of a form's text: JSON, or numbers by name as in `50256:-100, 7:5`."""
    if not isinstance(value, str):
        return dict(value)
    text = value.strip()
    if text.startswith("{"):
        found = decode_json(text)
        return dict(found)
    pairs = (pair.partition(":") for pair in text.split(",") if pair.strip())
    return {name.strip(): decode_json(number.strip()) for name, _, number in pairs}


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "list": _as_list,
    "map": _as_map,
    "text": _as_text,
    "int": int,
    "float": float,
}
