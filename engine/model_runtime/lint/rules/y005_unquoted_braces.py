"""A template without quotes.

What it checks
    A value that begins with `{{` is quoted.

Why
    YAML reads two braces as a map inside a map, not as a text.

Example
    model: {{ model }}

Instead
    model: "{{ model }}"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
