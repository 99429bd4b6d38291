"""A comparison with a field where a text was meant.

What it checks
    In a path, `==` and `!=` do not compare with a bare name.

Why
    A bare name is a field of the reply, which is not there: the comparison is never true, or,
    where both sides are missing, always.

Example
    when: error.code == too_long

Instead
    when: "error.code == 'too_long'"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
