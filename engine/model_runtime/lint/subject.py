"""What a rule looks at: one spec after inheritance, with its models, forms and compiled wire."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from model_runtime.compile.provider import CompiledProvider
from model_runtime.credentials.form import FormField
from model_runtime.location import Place
from model_runtime.spec.tree import own_place, place_of
from model_runtime.vocabulary import MODEL_TYPES

EMPTY: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One spec that loads. `compiled` is None where a fault forbids to use it, or it has no wire.

    `tree` is merged over its parents, and each part of it knows the file that it came from.
    """

    name: str
    tree: Mapping[str, Any]
    models: Sequence[Mapping[str, Any]] = ()
    form: Sequence[FormField] = ()
    compiled: CompiledProvider | None = None
    folder: Traversable | None = None

    @property
    def is_abstract(self) -> bool:
        """Whether the spec is only a base of others."""
        return self.tree.get("abstract") is True

    @property
    def place(self) -> Place | None:
        """Where the spec names itself; what is wrong with the whole file is told there."""
        return place_of(self.tree, "provider") or own_place(self.tree)

    def block(self, *keys: str) -> Mapping[str, Any]:
        """The map at a path of keys; an empty one when there is none."""
        return block(self.tree, *keys)

    def operations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every operation with its name."""
        for name, operation in self.block("operations").items():
            if isinstance(operation, Mapping):
                yield name, operation

    def model_operations(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """The operations of the six model types."""
        yield from ((name, spec) for name, spec in self.operations() if name in MODEL_TYPES)

    def requests(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Every request of every operation, with the dotted path that leads to it."""
        for name, operation in self.operations():
            yield from _requests(f"operations.{name}", operation)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A text somewhere in a tree, with the keys that lead to it."""

    text: str
    place: Place | None
    keys: tuple[str | int, ...]

    @property
    def key(self) -> str:
        """The nearest key that is a name."""
        return next((key for key in reversed(self.keys) if isinstance(key, str)), "")


def block(tree: object, *keys: str) -> Mapping[str, Any]:
    """The map at a path of keys below a tree; an empty one when there is none."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree if isinstance(tree, Mapping) else EMPTY


def leaves(
    node: object, place: Place | None = None, keys: tuple[str | int, ...] = ()
) -> Iterator[Leaf]:
    """Every text of a tree, in the order of the file."""
    if isinstance(node, str):
        yield Leaf(node, place, keys)
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from leaves(value, place_of(node, key) or place, (*keys, str(key)))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, place_of(node, index) or place, (*keys, index))


def _requests(path: str, node: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in node.items():
        if not isinstance(value, Mapping):
            continue
        if key == "request":
            yield f"{path}.request", value
        elif key not in ("response", "stream", "tests", "body"):
            yield from _requests(f"{path}.{key}", value)
