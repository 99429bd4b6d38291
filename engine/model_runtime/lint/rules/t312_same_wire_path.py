"""Two parameters write to one place, or through each other.

What it checks
    Every row of `parameters` has a wire path of its own, and no path leads through a key that
    holds a single value.

Why
    One value would silently replace the other.

Example
    parameters: {max_tokens: limit, max_length: limit}

Instead
    parameters: {max_tokens: limit}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.parameters import ParameterRow, read_table
from model_runtime.spec.tree import place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell rows that meet another row, or a fixed value of the body."""
    body = provider.block("operations", "llm", "request", "body")
    yield from _faults(provider.block("parameters"), body)
    for name, operation in provider.model_operations():
        if name != "llm":
            own = block(operation, "parameters")
            yield from _faults(own, block(operation, "request", "body"))


def _faults(table: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[Finding]:
    rows = {key: row for key, row in table.items() if not key.startswith(("$", "x-"))}
    seen: list[ParameterRow] = []
    for row in read_table(rows).values():
        for other in seen:
            if row.to == other.to:
                yield _meets(table, row, f"`{other.name}` writes to it, too")
            elif _is_through(other, row) or _is_through(row, other):
                scalar, inner = sorted((row, other), key=lambda found: len(found.to))
                told = f"`{scalar.name}` puts a single value at `{'.'.join(scalar.to)}`"
                yield _meets(table, inner, told)
        seen.append(row)
        for end in range(1, len(row.to)):
            fixed = block(body, *row.to[: end - 1]).get(row.to[end - 1])
            if isinstance(fixed, bool | int | float):
                told = f"the body has {fixed!r} at `{'.'.join(row.to[:end])}`"
                yield _meets(table, row, told)


def _is_through(short: ParameterRow, long: ParameterRow) -> bool:
    is_single = short.as_kind is not None or short.minimum is not None or short.maximum is not None
    return is_single and len(short.to) < len(long.to) and long.to[: len(short.to)] == short.to


def _meets(table: Mapping[str, Any], row: ParameterRow, told: str) -> Finding:
    return Finding(
        code="T312",
        message=f"`{row.name}` writes to `{'.'.join(row.to)}`, and {told}.",
        place=place_of(table, row.name),
        help="Give each parameter a path of its own, or remove one.",
    )
