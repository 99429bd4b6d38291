"""A required key is missing.

What it checks
    A block has all the keys without which it says nothing.

Why
    Without them the engine would have to guess.

Example
    errors: {rules: {quota: {kind: quota}}}

Instead
    errors: {rules: {quota: {when: "code == '1'", kind: quota}}}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["schema"]] = "schema"
