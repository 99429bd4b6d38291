"""A word that YAML turns into something else.

What it checks
    A value such as `no`, `012`, `1_000`, `12:30` or a date, which YAML readers do not agree
    on, is quoted.

Why
    One reader sees a text and another a number, a boolean or a time; the service would get
    either.

Example
    headers: {api-version: 2024-10-21}

Instead
    headers: {api-version: "2024-10-21"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
