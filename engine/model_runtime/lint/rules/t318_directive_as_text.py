"""A directive that is written as a text.

What it checks
    No text is nearly `$unset`, and none begins with the name of another directive.

Why
    A text is sent as it stands: the parent's value is not deleted, and the fragment not used.

Example
    parameters: {seed: unset}

Instead
    parameters: {seed: $unset}

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, leaves
from model_runtime.spec.similar import nearest

_WORD: Final = re.compile(r"(\$?[A-Za-z_]+)(\s.*)?")
_WORDS: Final = ("$unset", "$use", "$each", "$if", "$switch", "$merge")
# Texts of these blocks are for people, or are data of tests.
_FREE: Final = frozenset({"models", "label", "description", "help", "tests", "background"})


def check(provider: Subject) -> Iterator[Finding]:
    """Tell texts that are nearly `$unset`, or a directive that is written as a text."""
    for leaf in leaves(provider.tree):
        found = _WORD.fullmatch(leaf.text)
        if found is None or leaf.text == "$unset" or _FREE & set(leaf.keys):
            continue
        is_unset = found[1].lower() in ("unset", "$unset")
        match = nearest(found[1], _WORDS) if found[1].startswith("$") else ""
        if is_unset or match:
            wanted = "$unset" if is_unset or match == "$unset" else f"{{{match}:{found[2] or ''}}}"
            yield Finding(
                code="T318",
                message=f"the text {leaf.text!r} is no directive",
                place=leaf.place,
                hint=f"did you mean `{wanted}`?",
                length=len(leaf.text),
            )
