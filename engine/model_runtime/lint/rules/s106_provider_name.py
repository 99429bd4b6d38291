"""A provider name that cannot be used, or differs from the file.

What it checks
    The name has small letters, digits, `-` and `_`, and is that of the file, or of the folder
    of a `provider.yaml`.

Why
    The name is how callers, settings and other specs find the provider.

Example
    provider: Acme AI

Instead
    provider: acme_ai

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
