"""A usual parameter that the spec does not speak of.

What it checks
    A spec that writes the body of `llm` itself has a row for `temperature`, `top_p`,
    `max_tokens` and `stop`, or names it under `drop`.

Why
    Callers expect these everywhere. One that is forgotten is refused, and nothing tells that
    the service would have taken it.

Example
    parameters: {temperature: temperature}

Instead
    parameters: {temperature: temperature, top_p: top_p, max_tokens: max_tokens, stop: stop}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.spec.tree import key_place_of, place_of

USUAL: Final = ("temperature", "top_p", "max_tokens", "stop")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell what is missing, all in one finding."""
    body = place_of(provider.block("operations", "llm", "request"), "body")
    own = provider.place
    if body is None or own is None or body.file != own.file:
        return
    dropped = {name for name in provider.tree.get("drop") or () if isinstance(name, str)}
    known = {*provider.block("parameters"), *dropped}
    for model in provider.models:
        for rule in model.get("parameter_rules") or ():
            known |= {rule.get("name"), rule.get("use_template")}
    missing = [name for name in USUAL if name not in known]
    if missing:
        yield Finding(
            code="T311",
            message=f"the spec says nothing of: {', '.join(missing)}.",
            place=key_place_of(provider.tree, "parameters") or own,
            help="Add a row to `parameters`, or list it under `drop` if the service has none.",
        )
