"""A dropped parameter that nobody has.

What it checks
    Each name under `drop` is a row of `parameters` or of a model's rules, or a usual parameter.

Why
    A name that was misspelt drops nothing, and the service refuses what should not have been
    sent.

Example
    drop: [temprature]

Instead
    drop: [temperature]

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.parameters import TEMPLATES
from model_runtime.spec.similar import close_match
from model_runtime.spec.tree import place_of

from .t311_unmapped_parameter import USUAL


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the names of every `drop` that mean nothing."""
    rules = provider.block("model_rules")
    holders = [provider.tree, *(rule for rule in rules.values() if isinstance(rule, Mapping))]
    known = {*USUAL, *TEMPLATES, *_named(provider)}
    for holder in holders:
        for index, name in enumerate(holder.get("drop") or ()):
            if isinstance(name, str) and name not in known:
                yield Finding(
                    code="I205",
                    message=f"`drop` names `{name}`, and there is no such parameter.",
                    place=place_of(holder["drop"], index),
                    hint=close_match(name, known),
                    help="Correct the name, or remove it.",
                    length=len(name),
                )


def _named(provider: Subject) -> Iterator[str]:
    """The parameters that a spec speaks of."""
    yield from provider.block("parameters")
    for _, operation in provider.model_operations():
        yield from block(operation, "parameters")
    for rule in provider.block("model_rules").values():
        yield from block(rule, "parameters")
    for model in provider.models:
        for row in model.get("parameter_rules") or ():
            if isinstance(row, Mapping):
                yield str(row.get("name"))
