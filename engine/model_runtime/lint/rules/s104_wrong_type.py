"""A value of the wrong type or form.

What it checks
    A value has the type, the range and the form that its key takes.

Why
    A text where a list is meant fails late, and far away from the mistake.

Example
    timeouts: {connect: soon}

Instead
    timeouts: {connect: 10s}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
