"""A required key is missing.

What it checks
    A block has all the keys without which it says nothing.

Why
    Without them the engine would have to guess.

Example
    help: {title: Keys}

Instead
    help: {title: Keys, url: https://acme.example/keys}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
