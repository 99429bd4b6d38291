"""Which branches of a spec its recorded exchanges take: what is proven, and what is still open.

A branch is whatever the spec foresees beside another way: a parameter, a case, an error rule, an
event, a word in a map, a path that finds something. Each counts for the spec that writes it, and
is exercised by any exchange that takes it, those of the spec's children included.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from model_runtime.branches import Branch, Branches, BranchKind
from model_runtime.findings import Finding, Findings, by_place
from model_runtime.registry import ProviderRecord

from .calls import play
from .cases import Case, cases_of

Credentials = Callable[[Case], Mapping[str, Any] | None]

# What has no exchange at all, and a branch that none takes.
UNTESTED: Final = "L601"
UNEXERCISED: Final = "L607"
# What no exchange does that would take a branch, and how such branches are counted.
_SENTENCES: Final[Mapping[BranchKind, tuple[str, str]]] = {
    "operation": ("calls this operation", "operations"),
    "stream": ("is such a stream", "streams"),
    "errors": ("ends in an error", "errors"),
    "auth": ("signs in this way", "ways of auth"),
    "model_rule": ("calls a model of this rule", "model rules"),
    "parameter": ("sends this parameter", "parameters"),
    "condition": ("takes this side of a condition", "sides of conditions"),
    "case": ("takes this case", "cases"),
    "error_rule": ("meets this error", "error rules"),
    "status": ("meets this status", "statuses"),
    "event": ("has this event", "events"),
    "part": ("has a part of this type", "types of parts"),
    "finish": ("ends with this word", "finish words"),
    "value": ("has this word", "words of maps"),
    "path": ("has anything at this path", "paths"),
}
_WHOLE: Final[frozenset[BranchKind]] = frozenset({"operation", "stream", "errors"})


@dataclass(frozen=True, slots=True)
class SpecCoverage:
    """The branches that one spec writes itself, in the order of its file, and how often each
    was taken."""

    name: str
    taken: Mapping[Branch, int]

    @property
    def open(self) -> list[Branch]:
        """The branches that no exchange takes."""
        return [branch for branch, times in self.taken.items() if not times]

    def findings(self) -> Iterator[Finding]:
        """Each open branch as a finding."""
        for branch in self.open:
            side = f"`{branch.detail}`: " if branch.detail else ""
            yield Finding(
                code=UNTESTED if branch.kind in _WHOLE else UNEXERCISED,
                message=f"{side}no recorded exchange {_SENTENCES[branch.kind][0]}.",
                place=branch.place,
                severity="warning",
                length=1 if branch.detail else len(branch.place.path.rpartition(".")[2]),
            )

    def __str__(self) -> str:
        kinds = Counter(_SENTENCES[branch.kind][1] for branch in self.open)
        told = ", ".join(f"{words} ({count})" for words, count in kinds.items())
        exercised = len(self.taken) - len(self.open)
        lead = f"{self.name}: {exercised} of {len(self.taken)} branches exercised"
        return f"{lead}; open: {told}" if told else lead

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready data; every key is always there."""
        return {
            "provider": self.name,
            "written": len(self.taken),
            "exercised": len(self.taken) - len(self.open),
            "branches": [
                {
                    "kind": branch.kind,
                    "path": branch.place.path,
                    "detail": branch.detail,
                    "file": branch.place.file,
                    "line": branch.place.line,
                    "column": branch.place.column,
                    "taken": times,
                }
                for branch, times in self.taken.items()
            ],
        }


class Coverage:
    """Counts over several specs. `credentials` gives those of a case, where the made-up ones of
    every case will not do."""

    def __init__(self, credentials: Credentials = lambda case: None) -> None:
        self._credentials = credentials
        self._own: dict[str, tuple[Branch, ...]] = {}
        self._taken: Counter[Branch] = Counter()

    def add(self, record: ProviderRecord, more: Sequence[Case] = ()) -> None:
        """Play the exchanges of a spec, and `more` of them; a broken spec has no branches."""
        if record.findings.errors or not record.description.is_callable:
            return
        branches = Branches()
        counted = replace(record, compiled=None, branches=branches)
        if any(finding.severity == "error" for finding in counted.usable().findings()):
            return
        own = [branch for branch in branches.taken if branch.place.file == record.loaded.files[0]]
        self._own[record.name] = tuple(sorted(own, key=_in_file))
        if record.is_abstract:
            return
        branches.forget()
        for case in (*cases_of(record, Findings()), *more):
            play(case, counted, credentials=self._credentials(case))
        self._taken.update(branches.taken)

    def specs(self) -> list[SpecCoverage]:
        """What is exercised and what is open, spec by spec."""
        return [
            SpecCoverage(name, {branch: self._taken[branch] for branch in own})
            for name, own in self._own.items()
        ]

    def findings(self) -> list[Finding]:
        """Every open branch of every spec, by place."""
        return sorted((f for spec in self.specs() for f in spec.findings()), key=by_place)


def _in_file(branch: Branch) -> tuple[int, int, str]:
    return branch.place.line, branch.place.column, branch.kind
