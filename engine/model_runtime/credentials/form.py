"""Credential forms: which values a provider needs, and the check of what was submitted.

The fields and their rules are those of the schema that ours is a superset of; a spec of ours may
write them as a map keyed by variable and add `env`, `pattern`, `format` and `parse`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_runtime.errors import CredentialsInvalid
from model_runtime.json_text import decode_json
from model_runtime.patterns import compile_regex
from model_runtime.secrets import Secret

MODEL_TYPE_VARIABLE = "__model_type"
_ENV_CHARACTERS = re.compile(r"[^A-Z0-9]+")
# On a text the options are suggestions, as the schema has it.
_CHOICES = ("select", "radio")
_MAX_PATTERN_INPUT = 2_000
_INITIALS = frozenset({"api", "url", "id"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field of a credential form. `spec` is the field as front ends get it."""

    variable: str
    type: str = "secret-input"
    required: bool = True
    default: str | None = None
    options: tuple[str, ...] = ()
    max_length: int = 0
    show_on: tuple[tuple[str, str], ...] = ()
    env: str = ""
    pattern: str | None = None
    format: str | None = None
    parse: str | None = None
    spec: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_secret(self) -> bool:
        """Whether the value is hidden from people and from templates of bodies and paths."""
        return self.type == "secret-input"


def read_form(
    provider: str, compact: Mapping[str, Any] | None, schema: Mapping[str, Any] | None
) -> tuple[FormField, ...]:
    """Return the fields of a `credentials:` map, of a `..._credential_schema` block, or of both.

    A variable of both is one field (or as many as the block has of it): the block describes it.
    """
    ours = {
        variable: {"type": "secret-input", **(row or {}), "variable": variable}
        for variable, row in (compact or {}).items()
    }
    rows: list[Mapping[str, Any]] = []
    described: set[str] = set()
    for row in (schema or {}).get("credential_form_schemas") or ():
        variable = str(row["variable"])
        described.add(variable)
        rows.append(_described(ours[variable], row) if variable in ours else row)
    rows += (row for variable, row in ours.items() if variable not in described)
    return tuple(_field(provider, row) for row in rows)


def _described(ours: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """One field from what two blocks say of it. Whether it is a secret is ours to say, as our
    templates are written for that."""
    both = {**ours, **row}
    secret = "secret-input"
    if (ours["type"] == secret) != (both["type"] == secret):
        both["type"] = ours["type"]
    return both


def _field(provider: str, row: Mapping[str, Any]) -> FormField:
    variable = str(row["variable"])
    default = row.get("default")
    return FormField(
        variable=variable,
        type=str(row.get("type", "secret-input")),
        required=bool(row.get("required", True)),
        default=None if default is None else str(default),
        options=tuple(str(option["value"]) for option in row.get("options") or ()),
        max_length=int(row.get("max_length") or 0),
        show_on=tuple((str(c["variable"]), str(c["value"])) for c in row.get("show_on") or ()),
        env=str(row.get("env") or env_name(provider, variable)),
        pattern=row.get("pattern"),
        format=row.get("format"),
        parse=row.get("parse"),
        spec=_shown(variable, row),
    )


def _shown(variable: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """The field in the schema's own names, with the defaults that a front end needs."""
    label = row.get("label") or _words(variable)
    return {
        **row,
        "variable": variable,
        "label": {"en_US": label} if isinstance(label, str) else label,
        "type": row.get("type", "secret-input"),
        "required": bool(row.get("required", True)),
    }


def _words(variable: str) -> str:
    """A variable as people read it: `api_key` is "API key"."""
    words = variable.replace("_", " ").capitalize().split(" ")
    return " ".join(word.upper() if word.lower() in _INITIALS else word for word in words)


def env_name(provider: str, variable: str) -> str:
    """The environment name of a variable when the spec gives none: PROVIDER_VARIABLE."""
    return _ENV_CHARACTERS.sub("_", f"{provider}_{variable}".upper()).strip("_")


def check_form(
    form: Iterable[FormField], submitted: Mapping[str, Any], *, model_type: str | None = None
) -> dict[str, Any]:
    """Return what is valid of `submitted`: hidden and unknown variables are dropped.

    CredentialsInvalid names the variable and what was expected, never the value of a secret.
    """
    known = dict(submitted)
    if model_type is not None:
        known[MODEL_TYPE_VARIABLE] = model_type
    checked: dict[str, Any] = {}
    for row in form:
        if not is_shown(row, known):
            continue
        value = known.get(row.variable)
        if value is None or value == "":
            if row.required and row.default in (None, ""):
                raise CredentialsInvalid(f"The credential {row.variable!r} is required.")
            value = row.default
        if value is not None and value != "":
            checked[row.variable] = _check_value(row, value)
            known[row.variable] = value
    return checked


def is_shown(row: FormField, known: Mapping[str, Any]) -> bool:
    """Whether a field's `show_on` conditions hold for what is known of the form."""
    return all(_form_text(known.get(variable)) == value for variable, value in row.show_on)


def _form_text(value: Any) -> Any:
    """A value as the schema compares it: switches are the texts true and false."""
    return str(value).lower() if isinstance(value, bool) else value


def _check_value(row: FormField, value: Any) -> Any:
    name = row.variable
    if row.parse == "json" and isinstance(value, Mapping):
        return dict(value)
    if row.type == "switch":
        if value not in ("true", "false", True, False):
            raise CredentialsInvalid(f"The credential {name!r} takes true or false.")
        return value in ("true", True)
    if not isinstance(value, str):
        raise CredentialsInvalid(
            f"The credential {name!r} must be a text, not a {type(value).__name__}."
        )
    if row.max_length and len(value) > row.max_length:
        raise CredentialsInvalid(
            f"The credential {name!r} has {len(value)} characters; at most {row.max_length} fit."
        )
    if row.type in _CHOICES and row.options and value not in row.options:
        raise CredentialsInvalid(f"The credential {name!r} takes one of: {', '.join(row.options)}.")
    _check_format(row, value)
    return value


def _check_format(row: FormField, value: str) -> None:
    name = row.variable
    if row.pattern and not _has_form(name, row.pattern, value):
        raise CredentialsInvalid(
            f"The credential {name!r} does not have the form {row.pattern} that the spec asks for."
        )
    if row.format == "url" and not value.startswith(("https://", "http://")):
        raise CredentialsInvalid(
            f"The credential {name!r} must be a URL that starts with https:// or http://."
        )
    if row.parse == "json":
        try:
            decode_json(value)
        except ValueError:
            raise CredentialsInvalid(f"The credential {name!r} must be a JSON document.") from None


def _has_form(name: str, pattern: str, value: str) -> bool:
    try:
        compiled = compile_regex(pattern)
    except ValueError as fault:
        raise CredentialsInvalid(
            f"The credential {name!r} cannot be checked: the spec's pattern {pattern!r} is "
            f"refused, as {fault}. Write a simpler pattern."
        ) from None
    # `$` would also hold before a line break at the end, which no form of ours means.
    if len(value) > _MAX_PATTERN_INPUT or value.endswith("\n"):
        return False
    return compiled.search(value) is not None


def scope_values(form: Iterable[FormField], checked: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked values as templates see them: secrets wrapped, JSON parsed."""
    found: dict[str, Any] = {}
    for row in form:
        if row.variable in checked:
            value = checked[row.variable]
            if row.parse == "json" and isinstance(value, str):
                value = decode_json(value)
            found[row.variable] = Secret(value) if row.is_secret else value
    return found
