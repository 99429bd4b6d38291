"""Braces in the argument of a directive.

What it checks
    `$if`, `$each` and `$switch` take an expression without braces.

Why
    The argument is an expression already; with braces it would be a text.

Example
    $if: "{{ tools }}"

Instead
    $if: tools

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
