"""A secret in the query of a URL.

What it checks
    Auth puts secrets into headers, not into the query.

Why
    URLs are kept in logs, histories and caches, and a secret in one is kept with it.

Example
    auth: {kind: query, query: {key: "{{ credentials.api_key }}"}}

Instead
    auth: {kind: header, headers: {x-api-key: "{{ credentials.api_key }}"}}

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, leaves
from model_runtime.location import Place
from model_runtime.spec.tree import place_of

_READ: Final = re.compile(r"\bcredentials\.(\w+)|\b(token|assertion)\b")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell query values of `auth` that read a secret."""
    secrets = {row.variable for row in provider.form if row.is_secret} | {"token", "assertion"}
    for key, place, query in _queries(provider.block("auth")):
        for leaf in leaves(query, place):
            names = {found[1] or found[2] for found in _READ.finditer(leaf.text)}
            if names & secrets and "{{" in leaf.text:
                yield Finding(
                    code="A502",
                    message=f"`{key}.{leaf.key}` puts a secret into the URL.",
                    place=leaf.place,
                    help="Use a header. If the service takes no other way, disable the rule "
                    "and say so.",
                )


def _queries(node: Mapping[str, Any]) -> Iterator[tuple[str, Place | None, object]]:
    for key, value in node.items():
        if key == "query":
            yield key, place_of(node, key), value
        elif isinstance(value, Mapping):
            yield from _queries(value)
