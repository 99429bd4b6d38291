"""A key stands twice in one map.

What it checks
    Every map holds each of its keys once.

Why
    Most YAML readers keep the last of two equal keys and drop the first without a word.

Example
    headers: {x-team: blue, x-team: red}

Instead
    headers: {x-team: red}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
