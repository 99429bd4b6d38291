"""An extractor that cannot be read.

What it checks
    Every path of `response`, `stream` and `errors` is a JMESPath expression.

Why
    It would fail at the first reply.

Example
    text: choices[0.message

Instead
    text: choices[0].message.content

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
