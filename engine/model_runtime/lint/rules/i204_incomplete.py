"""A spec that still lacks its address or its operations.

What it checks
    After inheritance there are `base_url` and `operations`, unless the spec is `abstract:
    true`.

Why
    It could be listed and never called.

Example
    spec_version: 1
    provider: acme
    extends: local

Instead
    spec_version: 1
    provider: acme
    extends: local
    base_url: https://api.acme.example/v1

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
