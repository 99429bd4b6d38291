"""No link to where a key is got.

What it checks
    A provider that can be called has `help` with a `url`.

Why
    It is the first thing that a new user looks for.

Example
    label: Acme

Instead
    label: Acme
    help: {title: Get a key, url: https://acme.example/keys}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject


def check(provider: Subject) -> Iterator[Finding]:
    """Tell a provider that needs a key and does not say where to get it."""
    needs_key = any(row.is_secret and row.required for row in provider.form)
    if needs_key and not provider.is_abstract and not provider.block("help").get("url"):
        yield Finding(
            code="L602",
            message="the spec has no `help.url`.",
            place=provider.place,
            help="Add `help: {title: ..., url: ...}` with the page where keys are made.",
        )
