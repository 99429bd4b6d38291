"""What is wrong with a spec: one finding per fault, gathered so that all are told at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .branches import Branches
from .errors import SpecError
from .location import Place
from .sentences import visible
from .vocabulary import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One fault of a spec. `code` is stable for ever; `model-runtime explain CODE` tells more.

    `message` says what is wrong and what was expected; `hint` is what to write instead (shown at
    the caret); `help` says what to do when one word is not enough, `note` what else is worth
    knowing. `length` is the width of the faulty text in characters, for the caret.
    """

    code: str
    message: str
    place: Place | None = None
    severity: Severity = "error"
    hint: str = ""
    help: str = ""
    length: int = 1
    note: str = ""

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        path = f" {self.place.path}:" if self.place and self.place.path else ""
        tail = "".join(f" {part}" for part in (self.hint, self.help) if part)
        return visible(f"{where}{self.severity}[{self.code}]{path} {self.message}{tail}")


@dataclass(slots=True)
class Findings:
    """Collects findings while a spec is loaded and compiled, so that no fault hides another.

    `branches` collects what else compilers tell, where somebody counts: the spec's branches.
    """

    items: list[Finding] = field(default_factory=list)
    branches: Branches | None = field(default=None, repr=False, compare=False)
    # What could not be read as it is written: whole lines, and places in lines. What it means is
    # only a guess, so no other fault is told of it.
    unread_lines: set[tuple[str, int]] = field(default_factory=set)
    unread_places: set[tuple[str, int, int]] = field(default_factory=set)
    # A hostile file can have a fault in each of its values: a search through `items` would not end.
    _seen: set[Finding] = field(default_factory=set, init=False, repr=False, compare=False)

    def add(
        self,
        code: str,
        message: str,
        place: Place | None,
        *,
        severity: Severity = "error",
        hint: str = "",
        help: str = "",
        length: int = 1,
    ) -> None:
        """Note one fault. The same fault at the same place is noted once."""
        finding = Finding(
            code=code,
            message=message,
            place=place,
            severity=severity,
            hint=hint,
            help=help,
            length=length,
        )
        self.keep(finding)

    def keep(self, finding: Finding) -> None:
        """Note a finding that was made elsewhere."""
        if finding in self._seen or self.is_guess(finding):
            return
        self._seen.add(finding)
        self.items.append(finding)

    def take(self, others: Findings) -> None:
        """Note what was found by others, and which lines they could not read."""
        self.unread_lines |= others.unread_lines
        self.unread_places |= others.unread_places
        for finding in others:
            self.keep(finding)

    def is_guess(self, finding: Finding) -> bool:
        """Whether a finding speaks of what could not be read as it is written."""
        place = finding.place
        if place is None or finding.code.startswith("Y"):
            return False
        line = (place.file, place.line)
        return line in self.unread_lines or (*line, place.column) in self.unread_places

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def errors(self) -> list[Finding]:
        """The findings that stop the spec from being used, sorted by place."""
        return sorted((f for f in self.items if f.severity == "error"), key=by_place)

    def raise_errors(self, what: str) -> None:
        """Raise SpecError with every error found in `what`, if there is one."""
        if errors := self.errors:
            raise SpecError(what, tuple(errors))


def by_place(finding: Finding) -> tuple[str, int, int, str]:
    """Sort key: file, line, column, code."""
    place = finding.place
    if place is None:
        return ("", 0, 0, finding.code)
    return (place.file, place.line, place.column, finding.code)
