"""`extends` or `speaks` leads nowhere, in a circle, or too far.

What it checks
    The parent exists, no spec extends itself, and a chain has at most four files. A provider
    whose dialect the models of a rule speak exists.

Why
    What a spec inherits must be known before it is used.

Example
    extends: lokal

Instead
    extends: local

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
