"""A body that leaves out what callers set.

What it checks
    The JSON body of a model's operation joins `wire_parameters`, if there are parameters, and
    `extra_body`.

Why
    A caller's temperature would be checked, accepted and never sent.

Example
    body: {model: "{{ model }}", text: "{{ text }}"}

Instead
    body: {model: "{{ model }}", text: "{{ text }}", $merge: [wire_parameters, extra_body]}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, leaves
from model_runtime.spec.tree import key_place_of

_DEEPEST: Final = 4


def check(provider: Subject) -> Iterator[Finding]:
    """Tell each operation none of whose bodies reads them."""
    if provider.is_abstract:
        return
    for name, operation in provider.model_operations():
        bodies = [
            request
            for path, request in provider.requests()
            if path.startswith(f"operations.{name}.") and isinstance(request.get("body"), Mapping)
        ]
        read = " ".join(_texts(provider, bodies))
        lost = [word for word in _wanted(provider, operation) if word not in read]
        if bodies and lost:
            yield Finding(
                code="T316",
                message=f"the body of `{name}` leaves out {' and '.join(map(_quoted, lost))}.",
                place=key_place_of(bodies[-1], "body"),
                help="Add `$merge: [wire_parameters, extra_body]` to the body.",
            )


def _texts(provider: Subject, tree: object, depth: int = 0) -> Iterator[str]:
    """Every text of a tree, and of the fragments and bodies that it uses."""
    for leaf in leaves(tree):
        yield leaf.text
        if leaf.key == "$use" and depth < _DEEPEST:
            used = provider.block("fragments").get(leaf.text)
            yield from _texts(provider, used, depth + 1)
            if leaf.text.startswith("operations."):
                yield from _texts(provider, provider.block(*leaf.text.split(".")), depth + 1)


def _wanted(provider: Subject, operation: Mapping[str, object]) -> tuple[str, ...]:
    has_rules = any(model.get("parameter_rules") for model in provider.models)
    if provider.block("parameters") or operation.get("parameters") or has_rules:
        return "wire_parameters", "extra_body"
    return ("extra_body",)


def _quoted(word: str) -> str:
    return f"`{word}`"
