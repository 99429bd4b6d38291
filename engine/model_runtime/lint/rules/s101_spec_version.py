"""`spec_version` is missing, or one that this library does not read.

What it checks
    The file says `spec_version: 1`.

Why
    The version says which words the file may use, so that a later one can read it still.

Example
    provider: acme

Instead
    spec_version: 1
    provider: acme

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
