"""Checks specs: loads and compiles each, runs the rules, and silences what comments disable."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from model_runtime.findings import Finding, by_place
from model_runtime.location import Place
from model_runtime.registry import ProviderRecord, Registry

from .comments import Comments
from .entry import Entry
from .exchanges import Coverage, SpecCoverage, exchange_findings
from .mock_calls import mock_findings
from .report import Sources
from .rules import RULES
from .subject import Subject


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in each spec, by name; a fault of a parent is told at its first child."""

    by_spec: dict[str, tuple[Finding, ...]]
    files: dict[str, str] = field(default_factory=dict)
    coverage: tuple[SpecCoverage, ...] = ()

    @property
    def count(self) -> int:
        """How many specs were checked."""
        return len(self.by_spec)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found, sorted by place."""
        return tuple(sorted((f for told in self.by_spec.values() for f in told), key=by_place))

    def counted(self, severity: str) -> int:
        """How many findings have a severity."""
        return sum(finding.severity == severity for finding in self.findings)


# What a block lacks; what is wrong in the block is told before, and may be the reason.
_LACKS: Final = frozenset({"I204", "R404", "R405", "R406", "R407", "S112", "T311", "T316"})
# What a spec may lack only because its parent is unknown.
_OF_PARENT: Final = _LACKS | {"T303", "T309", "T313"}


class Runner:
    """One check of some specs.

    `is_own` says of a file whether it is checked itself: of the other files, which are parents,
    only errors are told. `preview` runs the rules that are not stable yet, `exchanges` the
    recorded exchanges, whose streams `exhaustive` cuts at every byte. With `coverage` they are
    played once more, and every branch of a spec that none of them takes is told.
    """

    def __init__(
        self,
        registry: Registry,
        *,
        is_own: Callable[[str], bool] = lambda file: True,
        preview: bool = False,
        exchanges: bool = False,
        exhaustive: bool = False,
        coverage: bool = False,
        sources: Sources | None = None,
    ) -> None:
        self._registry = registry
        self._is_own = is_own
        self._preview = preview
        self._exchanges = exchanges
        self._exhaustive = exhaustive
        self._coverage = Coverage() if coverage else None
        self._sources = sources or Sources()
        self._seen: set[Finding] = set()
        self._comments: dict[str, Comments] = {}
        self._by_spec: dict[str, tuple[Finding, ...]] = {}
        self._files: dict[str, str] = {}

    def check(self, name: str) -> tuple[Finding, ...]:
        """Check one spec and return what is new in it."""
        record = self._registry.record(name)
        found = [*record.findings, *self._of_files(record), *self._of_spec(record)]
        found = [finding for finding in found if not record.findings.is_guess(finding)]
        if self._exchanges:
            is_sound = not any(finding.severity == "error" for finding in found)
            found += exchange_findings(record, is_exhaustive=self._exhaustive, is_sound=is_sound)
        if self._coverage is not None:
            self._coverage.add(record)
        kept = self._kept(_once(found, self._sources))
        fresh = tuple(_with_chain(finding, record.loaded.chain) for finding in kept)
        self._by_spec[name] = fresh
        self._files[name] = record.loaded.files[0] if record.loaded.files else name
        return fresh

    def finish(self) -> Checked:
        """Return everything, with the branches that no exchange of any spec took, and the
        comments that silenced nothing."""
        coverage = self._coverage.specs() if self._coverage is not None else []
        for spec in coverage:
            self._by_spec[spec.name] += tuple(self._kept(spec.findings()))
        for name, file in self._files.items():
            if file in self._comments and self._is_own(file):
                self._by_spec[name] += tuple(self._kept(self._comments[file].unused(self._runs)))
        return Checked(self._by_spec, self._files, tuple(coverage))

    def _runs(self, entry: Entry) -> bool:
        if entry.found_by == "coverage":
            return self._coverage is not None
        if entry.found_by == "tests":
            return self._exchanges
        return entry.state == "stable" or self._preview

    def _of_spec(self, record: ProviderRecord) -> Iterator[Finding]:
        compiled, found = record.as_meant()
        yield from found
        is_sound = not record.findings.errors and not any(f.severity == "error" for f in found)
        subject = Subject(
            name=record.name,
            tree=record.loaded.tree,
            models=record.description.model_specs,
            form=(*record.description.form, *record.description.model_form),
            compiled=compiled if is_sound else None,
            folder=record.loaded.folder,
        )
        if record.loaded.described:
            return
        told = list(self._of_rules(subject, is_sound=is_sound))
        yield from told
        # A row of parameters that no value fits makes every call fail.
        is_sound = is_sound and not any(finding.code == "S109" for finding in told)
        if is_sound and compiled is not None:
            yield from mock_findings(subject, compiled)

    def _of_rules(self, subject: Subject, *, is_sound: bool) -> Iterator[Finding]:
        for entry in RULES.values():
            if entry.check is None or (entry.state != "stable" and not self._preview):
                continue
            try:
                found = list(entry.check(subject))
            except (AttributeError, KeyError, TypeError, ValueError):
                # Rules rely on the shape that the schema demands; in a broken spec they give up.
                if is_sound:
                    raise
                continue
            yield from (replace(finding, severity=entry.severity) for finding in found)

    def _of_files(self, record: ProviderRecord) -> Iterator[Finding]:
        for file in record.loaded.files:
            if file in self._comments:
                continue
            text = self._sources.text(file)
            self._comments[file] = Comments(file, text)
            if self._is_own(file):
                yield from self._comments[file].faults()
                for entry in RULES.values():
                    if entry.check_text is not None:
                        yield from entry.check_text(text, file)

    def _kept(self, found: Iterator[Finding] | list[Finding]) -> Iterator[Finding]:
        for finding in found:
            if finding in self._seen:
                continue
            self._seen.add(finding)
            file = finding.place.file if finding.place else ""
            if finding.severity != "error" and file and not self._is_own(file):
                continue
            if file in self._comments and self._comments[file].silences(finding):
                continue
            yield finding


def _with_chain(finding: Finding, chain: Sequence[str]) -> Finding:
    """Name the parents where a fault of an expression may come from what is inherited."""
    if len(chain) < 2 or finding.severity != "error" or finding.code[0] not in "TR":
        return finding
    return replace(finding, note=f"inherited chain: {' -> '.join(chain)}")


def _once(found: list[Finding], sources: Sources) -> list[Finding]:
    """Leave out what says again what another finding has said of the same place.

    A text that several operations share is compiled for each of them, and differs in its help
    alone. Of braces without quotes, what stands inside is told when the quotes are there; of a
    secret, that it stands there. Where the parent is unknown, what it may have given is not missed;
    and what is wrong is not told to be the same as the parent's.
    """
    unquoted = {finding.place for finding in found if finding.code == "Y005"}
    secrets = {_where(finding) for finding in found if finding.code == "A501"}
    errors = {_where(finding) for finding in found if finding.severity == "error"}
    lines = {_line(finding) for finding in found if finding.code != "T313"} - {None}
    has_parent = not any(map(_hides_parent, found))
    first: dict[object, Finding] = {}
    for finding in found:
        if finding.place in unquoted and finding.code.startswith("T"):
            continue
        if finding.code.startswith("S") and _where(finding) in secrets:
            continue
        if finding.code in _OF_PARENT and not has_parent:
            continue
        if finding.code == "I203" and _where(finding) in errors:
            continue
        if finding.code in _LACKS and _is_explained(finding, found, sources):
            continue
        if finding.code == "T313" and _line(finding) in lines:
            continue
        first.setdefault((finding.code, finding.place, finding.message), finding)
    return list(first.values())


def _is_explained(lack: Finding, found: list[Finding], sources: Sources) -> bool:
    """Whether what a block lacks stands there, and is wrong."""
    if lack.place is None:
        return False
    # A file that lacks something is told of at its first keys, and all of it is the block.
    end = sys.maxsize if lack.code == "I204" else _end_of_block(lack.place, sources)
    for finding in found:
        place = finding.place
        if place is None or place.file != lack.place.file or finding.code in _LACKS:
            continue
        is_inside = (place.path + ".").startswith(f"{lack.place.path}.")
        is_unread = finding.code.startswith("Y") and lack.place.line <= place.line <= end
        if finding.severity == "error" and (is_inside or is_unread):
            return True
    return False


def _end_of_block(place: Place, sources: Sources) -> int:
    """The last line of what is indented deeper than the line of a place."""
    first = sources.line(place) or ""
    indent = len(first) - len(first.lstrip())
    number = place.line
    while (text := sources.line(replace(place, line=number + 1))) is not None:
        if text.strip() and len(text) - len(text.lstrip()) <= indent:
            break
        number += 1
    return number


def _hides_parent(finding: Finding) -> bool:
    """Whether a fault of `extends` leaves open what the parent is."""
    is_there = finding.place is not None and finding.place.path == "extends"
    return is_there and finding.severity == "error" and not finding.hint


def _line(finding: Finding) -> tuple[str, int] | None:
    return (finding.place.file, finding.place.line) if finding.place else None


def _where(finding: Finding) -> tuple[str, int, int] | None:
    place = finding.place
    return (place.file, place.line, place.column) if place else None
