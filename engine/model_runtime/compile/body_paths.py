"""Paths into a JSON body: keys, numbers of list items (negative from the end), `*` for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter

from .rendering import words_for

Path = tuple[str, ...]
Change = Callable[[object], object]


def value_at(node: object, path: Path) -> object:
    """What stands at a path without `*`, or Absent."""
    for key in path:
        if isinstance(node, Mapping):
            node = node.get(key, Absent)
        else:
            index = _index(node, key)
            node = Absent if index is None or not isinstance(node, list) else node[index]
    return node


def rewritten(node: object, path: Path, change: Change, *, creates: bool = False) -> object:
    """Return a copy in which `change` was applied at every place of a path.

    `change` gets Absent where a map lacks the last key, and takes a value away by giving it.
    With `creates`, maps that are missing on the way are made.
    """
    if not path:
        return change(node)
    key, rest = path[0], path[1:]
    if isinstance(node, Mapping) and key != "*":
        return _in_map(node, key, rest, change, creates)
    if isinstance(node, Mapping):
        items = {name: rewritten(v, rest, change, creates=creates) for name, v in node.items()}
        return {name: item for name, item in items.items() if item is not Absent}
    if isinstance(node, list):
        return _in_list(node, key, rest, change, creates)
    if creates:
        raise InvalidParameter(f"The body has {words_for(node)} where {key!r} is to be set.")
    return node


def _in_map(
    node: Mapping[str, object], key: str, rest: Path, change: Change, creates: bool
) -> object:
    old = node.get(key, Absent)
    if old is Absent and rest:
        if not creates:
            return node
        old = {}
    new = rewritten(old, rest, change, creates=creates)
    if new is Absent:
        return {name: item for name, item in node.items() if name != key}
    return {**node, key: new}


def _in_list(node: list[object], key: str, rest: Path, change: Change, creates: bool) -> object:
    if key == "*":
        items = [rewritten(item, rest, change, creates=creates) for item in node]
    elif (index := _index(node, key)) is not None:
        items = list(node)
        items[index] = rewritten(node[index], rest, change, creates=creates)
    else:
        return node
    return [item for item in items if item is not Absent]


def _index(node: object, key: str) -> int | None:
    """The place of a list that a key names, or None when there is none."""
    if not isinstance(node, list) or not key.removeprefix("-").isdecimal():
        return None
    index = int(key)
    return index if -len(node) <= index < len(node) else None
