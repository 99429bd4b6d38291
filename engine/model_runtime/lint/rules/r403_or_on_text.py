"""`||` where an empty text is a value.

What it checks
    A default stands in `not_null(a, b)`.

Why
    `||` also replaces an empty text, and an empty text is what many streams begin with.

Example
    text: "content || 'nothing'"

Instead
    text: "not_null(content, 'nothing')"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
