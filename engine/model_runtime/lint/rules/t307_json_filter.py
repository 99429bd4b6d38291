"""`| json` where the service reads a structure.

What it checks
    A leaf of a body is not made a text by `| json`, except below the key `arguments`.

Why
    A JSON text inside JSON is quoted twice, and the service sees a text where it expects a
    map or list.

Example
    tools: "{{ tools | json }}"

Instead
    tools: "{{ tools }}"

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.lint.texts import body_leaves

_LONE_JSON: Final = re.compile(r"\s*\{\{.*\|\s*(?:to)?json\s*(?:\(\s*\))?\s*\}\}\s*", re.DOTALL)
# Where protocols carry JSON as text: the arguments of a tool call.
_TEXT_KEYS: Final = frozenset({"arguments"})


def check(provider: Subject) -> Iterator[Finding]:
    """Tell leaves of bodies that are made JSON text."""
    for leaf in body_leaves(provider):
        if leaf.key not in _TEXT_KEYS and _LONE_JSON.fullmatch(leaf.text):
            yield Finding(
                code="T307",
                message=f"`{leaf.key}` is sent as JSON text, not as a structure.",
                place=leaf.place,
                help="Leave out the filter; if the service wants text, disable the rule and "
                "say so.",
            )
