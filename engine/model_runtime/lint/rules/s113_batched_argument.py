"""A batch that cuts an argument which the operation has not.

What it checks
    `batch.of` is `texts` for embeddings, `documents` for reranking, and `text` for speech and
    moderation.

Why
    Nothing would be cut, and a call that is too large is refused by the service.

Example
    text-embedding: {batch: {of: documents, max_items: 96}}

Instead
    text-embedding: {batch: {of: texts, max_items: 96}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from model_runtime.compile.scopes import OPERATION_NAMES
from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import place_of

_CUT: Final = ("texts", "documents", "text")


def check(provider: Subject) -> Iterator[Finding]:
    """Tell batches that cut an argument which the operation has not."""
    for name, operation in provider.model_operations():
        batch = block(operation, "batch")
        known = [word for word in _CUT if word in OPERATION_NAMES[name]]
        if "of" in batch and batch["of"] in _CUT and batch["of"] not in known:
            yield Finding(
                code="S113",
                message=f"`{name}` has no argument `{batch['of']}`.",
                place=place_of(batch, "of"),
                help=f"Write one of: {', '.join(known)}." if known else "Remove `batch`.",
                length=len(str(batch["of"])),
            )
