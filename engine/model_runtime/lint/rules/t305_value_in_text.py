"""A value inside a text that is no text or number.

What it checks
    Within other text an expression gives text or a number. Alone in its leaf it may give
    anything.

Why
    A list inside a text becomes the words of a programming language, which no service
    understands.

Example
    content: "Tools: {{ tools }}"

Instead
    content: "{{ tools }}"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
