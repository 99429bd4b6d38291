"""A directive that is not complete or not known.

What it checks
    `$each` has `$as` and `$emit`, `$if` has `$then`, `$switch` has `$case`, and `$use` names
    a fragment that exists.

Why
    Half a directive has no meaning.

Example
    tools: {$each: tools, $emit: "{{ t.name }}"}

Instead
    tools: {$each: tools, $as: t, $emit: "{{ t.name }}"}

See
    docs/language.md
"""

from __future__ import annotations

from typing import Final, Literal

FOUND_BY: Final[Literal["compiler"]] = "compiler"
