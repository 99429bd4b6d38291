"""A finish map without `"*"`, or with a word that is no finish reason.

What it checks
    The map of `finish` has an entry for every other word, and its values are finish reasons
    or null.

Why
    A word that the service adds later would otherwise be taken for a finish of its own.

Example
    finish: {path: stop_reason, map: {end_turn: stop}}

Instead
    finish: {path: stop_reason, map: {end_turn: stop, "*": other}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.similar import close_match
from model_runtime.spec.tree import key_place_of, place_of
from model_runtime.vocabulary import FINISH_REASONS


def check(provider: Subject) -> Iterator[Finding]:
    """Tell maps without `"*"` and values that are no finish reason."""
    for name, operation in provider.model_operations():
        finish = block(operation, "response", "finish")
        table = finish.get("map")
        if not isinstance(table, Mapping):
            continue
        if "*" not in table:
            yield Finding(
                code="R405",
                message=f'the map of `operations.{name}.response.finish` has no `"*"`.',
                place=key_place_of(finish, "map"),
                help='Add `"*": other`.',
                length=len("map"),
            )
        for word, reason in table.items():
            if reason is not None and reason not in FINISH_REASONS and word != "$replace":
                yield Finding(
                    code="R405",
                    message=f"{reason!r} is no finish reason.",
                    place=place_of(table, word),
                    hint=close_match(str(reason), FINISH_REASONS),
                    help=f"Known: {', '.join(FINISH_REASONS)}.",
                    length=len(str(reason)),
                )
