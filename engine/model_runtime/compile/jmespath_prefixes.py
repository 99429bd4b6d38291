"""Several paths read at once: what they have in common is looked up once.

Every chain of keys and indexes that starts at the reply becomes a slot of one list, filled by a
single walk over a tree of prefixes. What is more than a chain is compiled against that list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from .jmespath_closures import SEQUENCES, Steps, steps_of
from .jmespath_functions import Node

Store = Callable[[Any, list[Any]], None]

_STARTS_WITH_FIRST: Final = frozenset(
    {"filter_projection", "flatten", "projection", "value_projection"}
)
_STARTS_WITH_EACH: Final = frozenset(
    {"and_expression", "comparator", "function_expression", "not_expression", "or_expression"}
)
_FREE_OF_REPLY: Final = frozenset({"expref", "literal"})


@dataclass(slots=True)
class Prefix:
    """A key or index of the tree: the slots that take its value, and what is read below it."""

    slots: list[int] = field(default_factory=list)
    below: dict[str | int, Prefix] = field(default_factory=dict)


class PrefixTree:
    """Gives slots to chains, and compiles to the one function that fills them."""

    __slots__ = ("_known", "_root", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self._root = Prefix()
        self._known: dict[Steps, int] = {}

    def put(self, steps: Steps, slot: int) -> None:
        """Let `slot` take the value at the end of a chain."""
        prefix = self._root
        for step in steps:
            prefix = prefix.below.setdefault(step, Prefix())
        prefix.slots.append(slot)
        self._known.setdefault(steps, slot)

    def slot(self, steps: Steps) -> int:
        """Return the slot of a chain, a new one if it has none."""
        if steps not in self._known:
            self.put(steps, self.size)
            self.size += 1
        return self._known[steps]

    def slotted(self, node: Node) -> Node:
        """Return the same expression with its chains from the reply replaced by slots."""
        steps = steps_of(node)
        if steps is not None:
            return self._slot_node(steps)
        kind, children = node["type"], node["children"]
        if kind in _FREE_OF_REPLY:
            return node
        if kind in _STARTS_WITH_EACH:
            return {**node, "children": [self.slotted(child) for child in children]}
        if kind in _STARTS_WITH_FIRST:
            return {**node, "children": [self.slotted(children[0]), *children[1:]]}
        if kind in SEQUENCES:
            return self._slotted_sequence(children)
        return _pipe([self._slot_node(()), node])

    def store(self) -> Store:
        """Return the function that fills the slots of a list from one reply."""
        return _store(self._root)

    def _slot_node(self, steps: Steps) -> Node:
        return {"type": "slot", "value": self.slot(steps), "children": []}

    def _slotted_sequence(self, children: Sequence[Node]) -> Node:
        lead: Steps = ()
        for position, child in enumerate(children):
            steps = steps_of(child)
            if steps is None:
                rest = list(children[position:])
                break
            lead += steps
        else:
            rest = []
        if lead:
            return _pipe([self._slot_node(lead), *rest])
        return _pipe([self.slotted(rest[0]), *rest[1:]])


def _pipe(children: list[Node]) -> Node:
    return {"type": "pipe", "value": None, "children": children}


def _store(prefix: Prefix) -> Store:
    stores = [_slot_store(slot) for slot in prefix.slots]
    keys = {step: below for step, below in prefix.below.items() if isinstance(step, str)}
    if keys:
        stores.append(_object_store(keys))
    for step, below in prefix.below.items():
        if isinstance(step, int):
            stores.append(_index_store(step, _store(below)))
    return _all_of(stores)


def _all_of(stores: list[Store]) -> Store:
    if len(stores) == 1:
        return stores[0]

    def store(value: Any, slots: list[Any]) -> None:
        for one in stores:
            one(value, slots)

    return store


def _slot_store(slot: int) -> Store:
    def store(value: Any, slots: list[Any]) -> None:
        slots[slot] = value

    return store


def _index_store(index: int, below: Store) -> Store:
    needed = index + 1 if index >= 0 else -index

    def store(value: Any, slots: list[Any]) -> None:
        if isinstance(value, list) and len(value) >= needed:
            below(value[index], slots)

    return store


def _object_store(keys: dict[str, Prefix]) -> Store:
    ends = [(key, slot) for key, prefix in keys.items() for slot in prefix.slots]
    inner = [
        (key, _store(Prefix(below=prefix.below))) for key, prefix in keys.items() if prefix.below
    ]
    if not inner:
        return _ends_store(ends)
    if len(inner) == 1:
        return _ends_and_one_store(ends, *inner[0])

    def store(value: Any, slots: list[Any]) -> None:
        if isinstance(value, dict):
            get = value.get
            for key, slot in ends:
                slots[slot] = get(key)
            for key, below in inner:
                if (found := get(key)) is not None:
                    below(found, slots)

    return store


def _ends_store(ends: list[tuple[str, int]]) -> Store:
    def store(value: Any, slots: list[Any]) -> None:
        if isinstance(value, dict):
            get = value.get
            for key, slot in ends:
                slots[slot] = get(key)

    return store


def _ends_and_one_store(ends: list[tuple[str, int]], inner_key: str, below: Store) -> Store:
    def store(value: Any, slots: list[Any]) -> None:
        if isinstance(value, dict):
            get = value.get
            for key, slot in ends:
                slots[slot] = get(key)
            if (found := get(inner_key)) is not None:
                below(found, slots)

    return store
