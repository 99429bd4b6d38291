"""An operation, a stream or the errors of a spec without a recorded exchange.

What it checks
    Each operation that a spec writes itself has a recorded exchange; if it writes a stream, one
    that streams, and if it writes `errors`, one that ends in an error.

Why
    What is not tested breaks unseen when the engine or the parent changes.

Example
    operations: {rerank: {request: {path: /rerank}}}

Instead
    operations: {rerank: {tests: [{name: two documents, given: {}, reply: {status: 200}}]}}

See
    docs/writing-a-provider.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["coverage"]] = "coverage"
