"""A function of an extractor that does not exist, or with the wrong arguments.

What it checks
    Functions are JMESPath's own and the added ones, with as many arguments as they take.

Why
    It would fail at the first reply.

Example
    text: lenght(choices)

Instead
    text: to_string(length(choices))

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
