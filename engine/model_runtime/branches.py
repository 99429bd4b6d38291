"""The branches that a spec writes, and how often calls took each: what coverage is counted in.

Compilers name a branch where they meet it, by `watched` and `watched_table`. Where nobody counts,
as in every ordinary call, both give back what they got, so that counting costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal, ParamSpec, TypeVar

from .location import Place

BranchKind = Literal[
    "operation",
    "stream",
    "errors",
    "auth",
    "model_rule",
    "parameter",
    "condition",
    "case",
    "error_rule",
    "status",
    "event",
    "part",
    "finish",
    "value",
    "path",
]

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Branch:
    """One way that a spec foresees, by where it is written.

    `detail` tells apart the two sides of an expression `a if b else c`.
    """

    kind: BranchKind
    place: Place
    detail: str = ""

    def __str__(self) -> str:
        path = self.place.path or str(self.place)
        return f"{path}: `{self.detail}`" if self.detail else path


@dataclass(slots=True)
class Branches:
    """Every branch of the specs that were compiled with this, and how often it was taken."""

    taken: dict[Branch, int] = field(default_factory=dict)

    def note(self, branch: Branch) -> None:
        """Note that a branch exists; that it was taken is told by `take`."""
        self.taken.setdefault(branch, 0)

    def take(self, branch: Branch) -> None:
        """Note that a branch was taken once more."""
        self.taken[branch] = self.taken.get(branch, 0) + 1

    def forget(self) -> None:
        """Count from zero; the branches stay known."""
        self.taken = dict.fromkeys(self.taken, 0)


def watched(
    function: Callable[P, T],
    branches: Branches | None,
    kind: BranchKind,
    place: Place | None,
    detail: str = "",
) -> Callable[P, T]:
    """Return a function that takes a branch each time that it is called."""
    take = _taking(branches, kind, place, detail)
    if take is None:
        return function

    def taking(*args: P.args, **kwargs: P.kwargs) -> T:
        take()
        return function(*args, **kwargs)

    return taking


def watched_value(
    function: Callable[P, T], branches: Branches | None, kind: BranchKind, place: Place | None
) -> Callable[P, T]:
    """Return a function that takes a branch each time that it finds something."""
    take = _taking(branches, kind, place)
    if take is None:
        return function

    def taking(*args: P.args, **kwargs: P.kwargs) -> T:
        found = function(*args, **kwargs)
        if not _is_nothing(found):
            take()
        return found

    return taking


def watched_test(
    function: Callable[P, object],
    branches: Branches | None,
    kind: BranchKind,
    place: Place | None,
) -> Callable[P, object]:
    """Return a condition that takes a branch each time that it holds."""
    take = _taking(branches, kind, place)
    if take is None:
        return function

    def taking(*args: P.args, **kwargs: P.kwargs) -> object:
        found = function(*args, **kwargs)
        if found:
            take()
        return found

    return taking


def watched_table(
    table: dict[str, V],
    branches: Branches | None,
    kind: BranchKind,
    place_of: Callable[[str], Place | None],
) -> dict[str, V]:
    """Return a table whose rows are branches, each taken when it is looked up."""
    if branches is None:
        return table
    takes = {key: _taking(branches, kind, place_of(key)) for key in table if key[:1] != "$"}
    return _WatchedTable(table, {key: take for key, take in takes.items() if take is not None})


def _is_nothing(found: object) -> bool:
    # Zero is something: a count of no tokens is told.
    return found is False or found in (None, "", [], {})


def _taking(
    branches: Branches | None, kind: BranchKind, place: Place | None, detail: str = ""
) -> Callable[[], None] | None:
    if branches is None or place is None:
        return None
    branch = Branch(kind, replace(place, text_column=None), detail)
    branches.note(branch)
    return partial(branches.take, branch)


class _WatchedTable(dict[str, V]):
    """A dict that tells which of its keys are looked up and found."""

    def __init__(self, table: Mapping[str, V], takes: Mapping[str, Callable[[], None]]) -> None:
        super().__init__(table)
        self._takes = takes

    def __getitem__(self, key: str) -> V:
        found = super().__getitem__(key)
        if key in self._takes:
            self._takes[key]()
        return found

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        if key not in self:
            return default
        return self[key]
