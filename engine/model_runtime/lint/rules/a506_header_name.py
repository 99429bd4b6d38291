"""A header that a spec may not set.

What it checks
    Header names are letters, digits and `-`, and none that belongs to the connection, such as
    `Host` or `Content-Length`.

Why
    Two of them in one request are two readings of it, which is how requests are smuggled.

Example
    headers: {Content-Length: "12"}

Instead
    headers: {x-team: blue}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
