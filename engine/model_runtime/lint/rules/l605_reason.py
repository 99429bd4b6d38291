"""A comment that disables a rule and does not say why.

What it checks
    After the codes of `# check: disable=` stands a reason.

Why
    The next reader must be able to see whether it still holds.

Example
    content: "{{ x | json }}" # check: disable=T307

Instead
    content: "{{ x | json }}" # check: disable=T307 the service reads JSON text here

See
    docs/rules.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["check"]] = "check"
