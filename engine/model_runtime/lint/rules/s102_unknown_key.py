"""A key that the language does not know.

What it checks
    Every key is one of those that its block may hold. Keys that begin with `x-` are free.

Why
    A misspelt key would be ignored, and what it was to change would not change.

Example
    retyr: {times: 2}

Instead
    retry: {times: 2}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
