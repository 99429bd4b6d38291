"""Credential forms as a page shows them, drawn from the rules of the form alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.catalog.text import in_language
from model_runtime.credentials.form import FormField, is_shown, read_form

HIDDEN: Final = "[__HIDDEN__]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice of a select or of radio buttons."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field. `decides` is whether other fields are shown by its value."""

    variable: str
    type: str
    label: str
    value: str
    placeholder: str
    help: str
    required: bool
    is_secret: bool
    is_kept: bool
    max_length: int
    options: tuple[Option, ...]
    decides: bool
    env: str


def fields_of(
    provider: str,
    rows: Iterable[Mapping[str, Any]],
    values: Mapping[str, Any],
    lang: str,
    *,
    model_type: str | None = None,
) -> list[Field]:
    """The fields to show for the values so far, in one language. Kept secrets stay hidden."""
    rows = list(rows)
    form = read_form(provider, None, {"credential_form_schemas": rows})
    known: dict[str, Any] = {row.variable: row.default for row in form} | {**values}
    if model_type is not None:
        known["__model_type"] = model_type
    deciders = {condition for row in form for condition, _ in row.show_on}
    shown: dict[str, Field] = {}
    for row in form:
        if is_shown(row, known):
            shown.setdefault(row.variable, _field(row, known, lang, row.variable in deciders))
    return list(shown.values())


def submitted(
    rows: Iterable[Mapping[str, Any]], given: Mapping[str, Any], kept: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What a page sent, with kept values where it sent the sign that stands for them."""
    known = {str(row["variable"]): row for row in rows}
    values: dict[str, Any] = {}
    for variable, row in known.items():
        value = given.get(variable)
        if value == HIDDEN:
            value = (kept or {}).get(variable)
        if row.get("type") == "switch":
            value = "true" if value in ("true", "on") else "false"
        if value not in (None, ""):
            values[variable] = value
    return values


def _field(row: FormField, known: Mapping[str, Any], lang: str, decides: bool) -> Field:
    spec = row.spec
    value = known.get(row.variable)
    is_kept = row.is_secret and bool(value)
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    options = tuple(
        Option(
            value=str(option["value"]), label=_text(option.get("label") or option["value"], lang)
        )
        for option in spec.get("options") or ()
    )
    return Field(
        variable=row.variable,
        type=row.type,
        label=_text(spec.get("label") or row.variable, lang),
        value=HIDDEN if is_kept else text,
        placeholder=_text(spec.get("placeholder") or "", lang),
        help=_text(spec.get("help") or "", lang),
        required=row.required,
        is_secret=row.is_secret,
        is_kept=is_kept,
        max_length=row.max_length,
        options=options,
        decides=decides,
        env=row.env,
    )


def _text(value: Any, lang: str) -> str:
    return in_language(value, lang) if isinstance(value, Mapping) else str(value)
