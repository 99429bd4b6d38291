"""A stream without `errors`.

What it checks
    A spec with an operation that streams says how an error looks.

Why
    Many services tell an error inside a stream of status 200. Without `errors` it is lost,
    and the answer is just short.

Example
    stream: {framing: sse, delta: {text: text}}

Instead
    errors: {in_success: error, message: error.message}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import key_place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell each operation that streams, when the spec has no `errors`."""
    if provider.block("errors") or provider.is_abstract:
        return
    for name, operation in provider.model_operations():
        if block(operation, "stream"):
            yield Finding(
                code="R406",
                message=f"`operations.{name}` streams, and the spec has no `errors`.",
                place=key_place_of(operation, "stream"),
                help="Add `errors` with `in_success` and `message`.",
                length=len("stream"),
            )
