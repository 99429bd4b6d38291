"""A word that YAML tools do not agree on.

What it checks
    A key is not `on`, `off`, `yes` or `no` without quotes, and no plain number begins with a
    zero.

Why
    One reader sees a text and another a boolean or an octal number; the service would get
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
