"""A parameter that goes nowhere.

What it checks
    A row of `parameters` with `to: null` leaves its place to the templates, and a template of
    the request reads it.

Why
    Callers may set it, and the service would never see it.

Example
    parameters: {web_search: {to: null}}

Instead
    parameters: {web_search: {to: null}}
    operations:
      llm: {request: {body: {search: {$if: parameters.web_search, $then: {mode: auto}}}}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model_runtime.compile.provider import Variant
from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.location import Place
from model_runtime.parameters import ParameterRow
from model_runtime.spec.tree import place_of
from model_runtime.vocabulary import MODEL_TYPES


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the rows without a path that no request reads, each once."""
    told: set[Place | None] = set()
    for variant in provider.compiled.variants() if provider.compiled is not None else ():
        for kind, parameter in _unread(variant):
            place = _place(provider, kind, parameter)
            if place not in told:
                told.add(place)
                yield Finding(
                    code="T314",
                    message=f"`{parameter}` has no wire path, and no template of "
                    f"`operations.{kind}` reads `parameters.{parameter}`.",
                    place=place,
                    help="Give it a path in `to`, or read it in the request.",
                )


def _unread(variant: Variant) -> Iterator[tuple[str, str]]:
    """Model types, each with a parameter that goes nowhere."""
    for kind in MODEL_TYPES:
        if kind not in variant.operation_names:
            continue
        if kind == "llm":
            rows, read = variant.rows, variant.llm().request_plan.fields_read
        else:
            rows, read = variant.task_rows(kind), variant.task(kind).fields_read
        yield from ((kind, name) for name in _unplaced(rows, read))


def _unplaced(rows: Mapping[str, ParameterRow], read: frozenset[str]) -> Iterator[str]:
    for row in rows.values():
        path = f"parameters.{row.name}"
        is_read = any(name == path or name.startswith(f"{path}.") for name in read)
        if row.to is None and not is_read and "parameters" not in read:
            yield row.name


def _place(provider: Subject, kind: str, parameter: str) -> Place | None:
    """Where the row stands: in the spec's table, in the operation's, or in a rule's."""
    paths = [("operations", kind, "parameters"), ("parameters",)]
    tables = [provider.block(*path) for path in paths]
    for rule in provider.block("model_rules"):
        tables += [provider.block("model_rules", rule, *path) for path in paths]
    found = (place_of(table, parameter) for table in tables if parameter in table)
    return next(found, provider.place)
