"""A word that is none of the known ones.

What it checks
    Where a key takes one of a few words, the value is one of them.

Why
    A misspelt kind, framing or method would do nothing, or the wrong thing.

Example
    stream: {framing: ssee}

Instead
    stream: {framing: sse}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
