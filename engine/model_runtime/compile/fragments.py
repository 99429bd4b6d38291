"""Where `$use` finds its fragments, and what was compiled of them for which names."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from model_runtime.location import Place
from model_runtime.spec.tree import place_of

from .rendering import Reads, Render
from .scopes import Shape

MAX_DEPTH: Final = 8
# So many values may fragments that use fragments come to: a few lines can stand for billions.
MAX_VALUES: Final = 100_000

# Names with the identity of their shapes, the names that loops set, the keys left out, the mode.
Signature = tuple[str, frozenset[tuple[str, Shape]], frozenset[str], frozenset[str], Hashable]


@dataclass(frozen=True, slots=True)
class View:
    """The names that a place in a template sees; `reads` notes those that it reads."""

    names: Mapping[str, Shape]
    reads: Reads
    loop_names: frozenset[str] = frozenset()

    def bind(self, name: str, shape: Shape) -> View:
        """Return the view inside a loop that sets `name`."""
        return replace(self, names={**self.names, name: shape}, loop_names=self.loop_names | {name})


@dataclass(slots=True)
class Compiled:
    """A fragment compiled for one set of names. `render` is None while it is being compiled.

    `size` counts its values, those of the fragments that it uses included.
    """

    reads: Reads = field(default_factory=Reads)
    render: Render | None = None
    uses_itself: bool = False
    size: int = 0


@dataclass(slots=True)
class Fragments:
    """The fragments of a spec's tree, and what was compiled of them.

    A fragment is named by its key under `fragments:`, or by a path in the tree such as
    `operations.llm.request.body`.
    """

    tree: Mapping[str, object] = field(default_factory=dict)
    compiled: dict[Signature, Compiled] = field(default_factory=dict)

    @property
    def named(self) -> Mapping[str, object]:
        named = self.tree.get("fragments")
        return named if isinstance(named, Mapping) else {}

    def find(self, name: str) -> tuple[object, Place | None] | None:
        """Return the node and its place, or None when there is no such fragment or path."""
        if name in self.named:
            return self.named[name], place_of(self.named, name)
        if "." not in name:
            return None
        node: object = self.tree
        place: Place | None = None
        for key in name.split("."):
            if not isinstance(node, Mapping) or key not in node:
                return None
            place = place_of(node, key) or place
            node = node[key]
        return node, place
