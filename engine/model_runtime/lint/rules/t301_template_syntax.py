"""A template that cannot be read.

What it checks
    Every expression is one complete expression.

Why
    It would fail at the first call.

Example
    model: "{{ model | }}"

Instead
    model: "{{ model }}"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
