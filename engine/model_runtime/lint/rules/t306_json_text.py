"""JSON written by hand inside a text.

What it checks
    No text of a body is JSON with quoted templates in it.

Why
    Values are not escaped in a text: a quote or a line break in one of them breaks the JSON.
    A body is a YAML structure.

Example
    input: '{"text": "{{ text }}"}'

Instead
    input: {text: "{{ text }}"}

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

_LOOKS_JSON: Final = re.compile(r"\s*[\[{](?!\{).*\"\s*\{\{.*\}\}\s*\"", re.DOTALL)


def check(provider: Subject) -> Iterator[Finding]:
    """Tell texts of bodies that are JSON with quoted templates."""
    for leaf in body_leaves(provider):
        if _LOOKS_JSON.match(leaf.text):
            yield Finding(
                code="T306",
                message=f"`{leaf.key}` is JSON written as a text, with quoted templates in it.",
                place=leaf.place,
                help="Write it as a YAML structure; `| json` makes a text of it where one is "
                "wanted.",
            )
