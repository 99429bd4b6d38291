"""A filter or a form that templates do not have.

What it checks
    Templates hold expressions with the listed filters and tests: no statements, no calls, no
    names that begin with an underscore.

Why
    A spec is data. It may come from a stranger and must not be able to do more than to shape
    a request.

Example
    content: "{% if stop %}x{% endif %}"

Instead
    content: {$if: parameters.stop, $then: x}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
