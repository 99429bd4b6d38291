"""A YAML tag.

What it checks
    Values have no tags such as `!ref` or `!!binary`.

Why
    Tags are instructions to one reader; here they mean nothing.

Example
    label: !shout Acme

Instead
    label: Acme

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
