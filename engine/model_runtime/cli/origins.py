"""Writes a resolved spec as YAML, with the file and line that each key came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of, place_of

# Text that reads as itself without quotes, in YAML of any version.
_BARE: Final = re.compile(r"[A-Za-z_$][\w$./-]*")
_WORDS: Final = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
_COLUMN: Final = 64


def write_resolved(tree: object) -> str:
    """Write a tree as YAML; a comment behind each key names its origin, `# file:line`."""
    lines = list(_lines(tree, 0))
    return "\n".join(
        f"{text:<{_COLUMN}}  # {place.file}:{place.line}" if place else text
        for text, place in lines
    )


def _lines(tree: object, depth: int) -> Iterator[tuple[str, Place | None]]:
    indent = "  " * depth
    if isinstance(tree, dict):
        for key, value in tree.items():
            place = key_place_of(tree, key)
            yield from _entry(f"{indent}{scalar(key)}:", value, place, depth)
    elif isinstance(tree, list):
        for index, item in enumerate(tree):
            yield from _entry(f"{indent}-", item, place_of(tree, index), depth)


def _entry(
    head: str, value: object, place: Place | None, depth: int
) -> Iterator[tuple[str, Place | None]]:
    if isinstance(value, dict | list) and value:
        yield head, place
        yield from _lines(value, depth + 1)
    else:
        yield f"{head} {scalar(value)}", place


def scalar(value: object) -> str:
    """Write a scalar, or an empty map or list, so that YAML reads back the same."""
    if isinstance(value, str) and _BARE.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
