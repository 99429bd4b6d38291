"""`$unset` or `$replace` matches nothing in the parent.

What it checks
    What is deleted or replaced is there.

Why
    It is a typing error, or the parent has changed and the line is dead.

Example
    parameters: {temprature: $unset}

Instead
    parameters: {temperature: $unset}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
