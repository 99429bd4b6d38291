"""An override that changes nothing.

What it checks
    What a spec writes differs from what it inherits.

Why
    The line says nothing today, and holds back a later change of the parent.

Example
    operations: {llm: {request: {path: /chat/completions}}}

Instead
    operations: {llm: {request: {path: /v2/chat}}}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
