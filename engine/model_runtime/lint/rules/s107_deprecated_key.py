"""A key that has a new name.

What it checks
    No key is one that the language has renamed. `--fix` writes the new name.

Why
    An old name is read for one more version only.

Example
    old_name: 1

Instead
    new_name: 1

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.spec.tree import key_place_of

# Dotted path of a key of the provider file -> its new name, with the version that renamed it.
# `spec_version: 1` has renamed nothing yet; the rule stands ready and its code is taken.
RENAMED: Final[Mapping[str, str]] = {}


def check(provider: Subject) -> Iterator[Finding]:
    """Tell every key that was renamed."""
    yield from renamed_keys(provider.tree, RENAMED)


def renamed_keys(
    tree: Mapping[str, Any], renamed: Mapping[str, str], path: str = ""
) -> Iterator[Finding]:
    """Tell the keys of a tree that `renamed` names."""
    for key, value in tree.items():
        here = f"{path}.{key}" if path else key
        if (new := renamed.get(here)) is not None:
            yield Finding(
                code="S107",
                message=f"`{key}` is called `{new}` now.",
                place=key_place_of(tree, key),
                hint=f"write `{new}`",
                length=len(key),
            )
        if isinstance(value, Mapping):
            yield from renamed_keys(value, renamed, here)
