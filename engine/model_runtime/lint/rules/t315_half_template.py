"""A text that looks like an expression and is none.

What it checks
    No path, header, query value or body holds `{name}`, `${name}` or `$NAME` where `name` is one
    that expressions read.

Why
    Only {{ }} makes an expression. The service would get the braces as they stand.

Example
    path: /models/{model}/answer

Instead
    path: "/models/{{ model }}/answer"

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from model_runtime.compile.scopes import OPERATION_NAMES
from model_runtime.findings import Finding
from model_runtime.lint.subject import Leaf, Subject, leaves
from model_runtime.spec.tree import place_of

_NAME: Final = r"[A-Za-z_]\w*(?:\.\w+)*"
_HALF: Final = re.compile(
    rf"(?<![{{$])\{{\s*(?P<braced>{_NAME})\s*\}}(?!\}})"
    rf"|\$\{{\s*(?P<dollar>{_NAME})\s*\}}"
    r"|(?<![\w$])\$(?P<variable>[A-Z][A-Z0-9_]{2,})\b"
)
_PARTS: Final = ("path", "url", "query", "headers", "body", "multipart", "form", "text")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell each place, with the expression that was meant."""
    form = {row.variable for row in provider.form}
    names = {name for scope in OPERATION_NAMES.values() for name in scope} | form
    for leaf in _leaves(provider):
        for found in _HALF.finditer(leaf.text):
            name = found["braced"] or found["dollar"] or ""
            if name and name.partition(".")[0] not in names:
                continue
            if found["variable"]:
                help = "Declare a credential with `env`, and write {{ credentials.<name> }}."
            else:
                whole = f"credentials.{name}" if name in form else name
                help = f"Write {{{{ {whole} }}}}, in quotes."
            yield Finding(
                code="T315",
                message=f"`{found[0]}` is sent as it stands; it is no expression.",
                place=leaf.place.within(found.start()) if leaf.place else None,
                help=help,
                length=len(found[0]),
            )


def _leaves(provider: Subject) -> Iterator[Leaf]:
    for key in ("headers", "query", "auth", "base_url"):
        yield from leaves(provider.tree.get(key), place_of(provider.tree, key), (key,))
    for path, request in provider.requests():
        for part in _PARTS:
            yield from leaves(request.get(part), place_of(request, part), (path, part))
    fragments = provider.block("fragments")
    for name, fragment in fragments.items():
        yield from leaves(fragment, place_of(fragments, name), ("fragments", name))
