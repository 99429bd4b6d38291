"""An operation without a recorded test.

What it checks
    Each operation that a spec writes itself has a recorded exchange, and the spec has one of
    an error and one of a stream.

Why
    What is not tested breaks unseen when the engine or the parent changes.

Example
    operations: {rerank: {request: {path: /rerank}}}

Instead
    operations: {rerank: {tests: [{name: two documents, given: {}, reply: {status: 200}}]}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources.abc import Traversable

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.spec.tree import key_place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell the spec's own operations without `tests` and without a folder of exchanges."""
    own = provider.place
    for name, operation in provider.model_operations():
        place = key_place_of(provider.block("operations"), name)
        if place is None or own is None or place.file != own.file:
            continue
        if not operation.get("tests") and not _has_exchanges(provider.folder, name):
            yield Finding(
                code="L601",
                message=f"`operations.{name}` has no recorded test.",
                place=place,
                help=f"Add `tests`, or a file below `exchanges/{name}`.",
                length=len(name),
            )


def _has_exchanges(folder: Traversable | None, name: str) -> bool:
    if folder is None:
        return False
    found = folder.joinpath("exchanges", name)
    return found.is_dir() and any(True for _ in found.iterdir())
