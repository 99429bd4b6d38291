"""A model, or a parameter rule of a model, that stands there twice.

What it checks
    No two models of one type have the same name, and no two rules of a model.

Why
    Only one of the two is used, and nobody sees which.

Example
    models: [{model: large, model_type: llm}, {model: large, model_type: llm, deprecated: true}]

Instead
    models: [{model: large, model_type: llm, deprecated: true}]

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.location import Place
from model_runtime.spec.tree import place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the second one of each name, with the line of the first."""
    yield from _twice("model", "model", provider.models, ("model_type",))
    for model in provider.models:
        rules = [rule for rule in model.get("parameter_rules") or () if isinstance(rule, Mapping)]
        yield from _twice(f"rule of `{model.get('model')}`", "name", rules, ())


def _twice(
    noun: str, key: str, items: Iterable[Mapping[str, Any]], more: tuple[str, ...]
) -> Iterator[Finding]:
    first: dict[tuple[object, ...], Place | None] = {}
    for item in items:
        name = (item.get(key), *(item.get(name) for name in more))
        place = place_of(item, key)
        if name not in first:
            first[name] = place
            continue
        before = first[name]
        where = f", first in {before.file}:{before.line}" if before else ""
        yield Finding(
            code="S111",
            message=f"the {noun} {item.get(key)!r} stands there twice{where}.",
            place=place,
            help="Remove one of the two, or correct its name.",
            length=len(str(item.get(key))),
        )
