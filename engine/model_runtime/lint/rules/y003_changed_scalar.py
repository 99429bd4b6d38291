"""A word that YAML tools do not agree on.

What it checks
    No key or value is `on`, `off`, `yes` or `no` without quotes, and no plain text looks like
    an octal number (`012`), a number with underscores (`1_000`), a time (`12:30`) or a date.

Why
    One reader sees a text and another a boolean, a number or a date; the service would get
    either.

Example
    headers: {x-code: 012}

Instead
    headers: {x-code: "012"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
