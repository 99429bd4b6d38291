"""A credential field that no value fits, or whose default does not.

What it checks
    A `pattern` is a regular expression, a select or radio field has options, a default matches
    the pattern and is among the options, and the same field does not stand in a form twice.

Why
    The form cannot be filled: every value is refused, and the message blames the user.

Example
    credentials: {region: {type: select}}

Instead
    credentials: {region: {type: select, options: [{value: eu}, {value: us}]}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.location import Place
from model_runtime.patterns import compile_regex
from model_runtime.spec.tree import place_of

_MAPS: Final = ("credentials", "model_credentials")
_LISTS: Final = ("provider_credential_schema", "model_credential_schema")
_CHOICES: Final = ("select", "radio")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell what is wrong with each field of both forms."""
    for form in _MAPS:
        for name, row in provider.block(form).items():
            if isinstance(row, Mapping):
                yield from _of_field(name, row)
    for form in _LISTS:
        seen: set[str] = set()
        for row in provider.block(form).get("credential_form_schemas") or ():
            if isinstance(row, Mapping):
                yield from _of_field(str(row.get("variable")), row)
                yield from _twice(row, seen)


def _of_field(name: str, row: Mapping[str, Any]) -> Iterator[Finding]:
    default = row.get("default")
    options = [str(option.get("value")) for option in row.get("options") or ()]
    if row.get("type") in _CHOICES and not options:
        told = f"the field `{name}` is a choice without options."
        yield _finding(told, "Add `options: [{value: eu}, {value: us}]`.", place_of(row, "type"))
    pattern = row.get("pattern")
    if isinstance(pattern, str):
        try:
            compiled = compile_regex(pattern)
        except ValueError as fault:
            told = f"the pattern of `{name}` is refused, as {fault}."
            yield _finding(told, "Correct the expression.", place_of(row, "pattern"))
            return
        if isinstance(default, str) and "{{" not in default and not compiled.search(default):
            told = f"the default of `{name}` does not match its pattern {pattern}."
            help = "Write a default that the form would take."
            yield _finding(told, help, place_of(row, "default"))
    if default is not None and options and str(default) not in options:
        told = f"the default of `{name}` is none of its options."
        yield _finding(told, f"Write one of: {', '.join(options)}.", place_of(row, "default"))


def _twice(row: Mapping[str, Any], seen: set[str]) -> Iterator[Finding]:
    # A field may stand in a form again where another choice shows it.
    name = f"{row.get('variable')} {row.get('show_on')}"
    if name in seen:
        told = f"the field `{row.get('variable')}` stands in the form twice."
        yield _finding(told, "Remove one of the two.", place_of(row, "variable"))
    seen.add(name)


def _finding(message: str, help: str, place: Place | None) -> Finding:
    return Finding(code="S110", message=message, place=place, help=help)
