"""A recorded test no longer matches.

What it checks
    Each recorded exchange still sends what it says, and its reply gives what it says.

Why
    The spec or the engine has changed what the provider sees or the caller gets.

Example
    sends: {path: /v1/chat}   # the spec now sends /v2/chat

Instead
    sends: {path: /v2/chat}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["tests"]] = "tests"
