"""A comment that disables nothing.

What it checks
    A code after `# check: disable=` is found on its line.

Why
    The fault is gone, or the comment stands on the wrong line; left there, it would hide the
    next one.

Example
    temperature: temperature # check: disable=T307 it is text

Instead
    temperature: temperature

See
    docs/rules.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["check"]] = "check"
