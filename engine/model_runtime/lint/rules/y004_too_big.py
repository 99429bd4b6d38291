"""The file is larger or deeper than a spec may be.

What it checks
    Size, depth, the number of aliases and what they expand to stay within limits; there are
    no merge keys.

Why
    A few lines of aliases can expand to gigabytes, and a merge key hides where a value comes
    from.

Example
    base: &base {a: 1}
    headers: {<<: *base}

Instead
    headers: {a: "1"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["loader"]] = "loader"
