"""A value in typographic quotes.

What it checks
    No value begins with a quote that word processors write.

Why
    For YAML these are letters like any other: they become part of the value.

Example
    path: “/chat”

Instead
    path: "/chat"

See
    docs/writing-a-provider.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
