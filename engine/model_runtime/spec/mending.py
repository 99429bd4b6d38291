"""A tree as it was probably meant: without what a schema refuses, and with near words set right.

Only the check goes on with such a tree, so that a fault of one place does not hide, or cause,
others elsewhere. Nothing is ever called with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .tree import YamlList, YamlMap, copy_tree, key_place_of, place_of


class _Removed:
    """What stands for a value that is left out."""


REMOVED: Final = _Removed()
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mend:
    """A change of a tree: the value at `path` becomes `value`, and the key there gets a new name.

    Without either of them the value is left out.
    """

    path: Path
    value: object = REMOVED
    new_key: str = ""


def mended(tree: object, mends: Sequence[Mend]) -> object:
    """Copy a tree and make the changes, the deepest and last ones first."""
    copy = copy_tree(tree)
    for mend in sorted(mends, key=_depth_first, reverse=True):
        holder = _holder(copy, mend.path)
        if isinstance(holder, YamlMap | YamlList):
            _make(holder, mend)
    return copy


def _depth_first(mend: Mend) -> tuple[int, list[tuple[int, str]]]:
    steps = [(step, "") if isinstance(step, int) else (0, step) for step in mend.path]
    return len(mend.path), steps


def _holder(tree: object, path: Path) -> object:
    for step in path[:-1]:
        if isinstance(tree, YamlMap) and isinstance(step, str):
            tree = tree.get(step)
        elif isinstance(tree, YamlList) and isinstance(step, int) and step < len(tree):
            tree = tree[step]
        else:
            return None
    return tree if path else None


def _make(holder: YamlMap | YamlList, mend: Mend) -> None:
    step = mend.path[-1]
    if isinstance(holder, YamlMap) and isinstance(step, str) and step in holder:
        if mend.new_key:
            places = key_place_of(holder, step), place_of(holder, step)
            value = holder[step] if mend.value is REMOVED else mend.value
            holder.put(mend.new_key, value, *places)
            holder.remove(step)
        elif mend.value is REMOVED:
            holder.remove(step)
        else:
            holder[step] = mend.value
    elif isinstance(holder, YamlList) and isinstance(step, int) and step < len(holder):
        if mend.value is not REMOVED:
            holder[step] = mend.value
        else:
            del holder[step]
            del holder.value_places[step : step + 1]
