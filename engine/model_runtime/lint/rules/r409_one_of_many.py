"""Only the first of several answers is read.

What it checks
    Where `parameters` lets a caller ask for several answers, the response does not read `[0]`
    alone.

Why
    The caller pays for all answers and sees one.

Example
    parameters: {n: n}   # and text: choices[0].message.content

Instead
    parameters: {n: {to: n, max: 1}}

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, leaves
from model_runtime.parameters import read_table
from model_runtime.spec.tree import key_place_of

_COUNTS: Final = ("n", "candidate_count", "num_generations", "num_return_sequences")
_FIRST: Final = re.compile(r"\b(?:choices|candidates|generations|outputs)\[0\]")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the row by which several answers can be asked for."""
    rows = provider.block("parameters")
    response = provider.block("operations", "llm", "response")
    if not any(_FIRST.search(leaf.text) for leaf in leaves(response)):
        return
    table = read_table({name: rows[name] for name in _COUNTS if name in rows})
    for name, row in table.items():
        if row.maximum is None or row.maximum > 1:
            yield Finding(
                code="R409",
                message=f"`{name}` asks for several answers, and the response reads the first.",
                place=key_place_of(rows, name),
                help="Leave out the row, or write `max: 1`.",
                length=len(name),
            )
