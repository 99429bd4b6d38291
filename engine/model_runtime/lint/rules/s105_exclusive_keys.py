"""Two keys that exclude each other.

What it checks
    A block holds one of several ways to say a thing, such as `body` or `multipart`.

Why
    Which of the two is meant cannot be known.

Example
    request: {body: {a: 1}, raw: "{{ file.content }}"}

Instead
    request: {raw: "{{ file.content }}"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
