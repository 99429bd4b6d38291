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

Path = tuple[str, ...]


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
    placed = [(row, row.to) for row in read_table(rows).values() if row.to is not None]
    for index, (row, path) in enumerate(placed):
        for other, place in placed[:index]:
            if path == place:
                yield _meets(table, row, path, f"`{other.name}` writes to it, too")
            elif _is_through(other, place, path) or _is_through(row, path, place):
                pair = sorted(((row, path), (other, place)), key=lambda found: len(found[1]))
                (scalar, outer), (inner, through) = pair
                told = f"`{scalar.name}` puts a single value at `{'.'.join(outer)}`"
                yield _meets(table, inner, through, told)
        for end in range(1, len(path)):
            fixed = block(body, *path[: end - 1]).get(path[end - 1])
            if isinstance(fixed, bool | int | float):
                told = f"the body has {fixed!r} at `{'.'.join(path[:end])}`"
                yield _meets(table, row, path, told)


def _is_through(row: ParameterRow, short: Path, long: Path) -> bool:
    is_single = row.as_kind is not None or row.minimum is not None or row.maximum is not None
    return is_single and len(short) < len(long) and long[: len(short)] == short


def _meets(table: Mapping[str, Any], row: ParameterRow, path: Path, told: str) -> Finding:
    return Finding(
        code="T312",
        message=f"`{row.name}` writes to `{'.'.join(path)}`, and {told}.",
        place=place_of(table, row.name),
        help="Give each parameter a path of its own, or remove one.",
    )
