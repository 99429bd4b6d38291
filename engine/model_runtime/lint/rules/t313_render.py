"""A call that the spec says it takes cannot be rendered.

What it checks
    Each operation gives a request for its smallest call, and for one that sets every
    parameter and argument that it reads.

Why
    It would fail at the first real call of that kind.

Example
    max_tokens: "{{ parameters.max_tokens | required }}"

Instead
    max_tokens: "{{ parameters.max_tokens | default(4096) }}"

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["check"]] = "check"
