"""`# check: disable=CODE reason`: a finding of its line is silenced, and the reason is kept."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from model_runtime.findings import Finding
from model_runtime.location import Place

from .entry import Entry
from .rules import RULES

_COMMENT: Final = re.compile(
    r"#\s*check:\s*disable\s*=\s*(?P<codes>[\w]+(?:\s*,\s*\w+)*)[ \t]*(?P<reason>[^\r\n]*)"
)


@dataclass(slots=True)
class Comment:
    """One comment: the line that it speaks of, its codes, and those that it has silenced."""

    place: Place
    line: int
    codes: tuple[str, ...]
    reason: str
    used: set[str] = field(default_factory=set)


class Comments:
    """The comments of one file. One that stands alone on its line speaks of the next one."""

    def __init__(self, file: str, text: str) -> None:
        self._items = list(_read(file, text))

    def silences(self, finding: Finding) -> bool:
        """Whether a comment speaks of this finding. One that stops the engine stays."""
        entry = RULES.get(finding.code)
        if finding.place is None or (
            entry is not None and entry.stops_use and finding.severity == "error"
        ):
            return False
        for comment in self._items:
            if comment.line == finding.place.line and finding.code in comment.codes:
                comment.used.add(finding.code)
                # Without a reason it works all the same, and is told of instead.
                return True
        return False

    def faults(self) -> Iterator[Finding]:
        """Comments without a reason, and codes that do not exist."""
        for comment in self._items:
            if not comment.reason:
                yield Finding(
                    code="L605",
                    message=f"the comment disables {', '.join(comment.codes)} without a reason.",
                    place=comment.place,
                    help="Say why after the code: `# check: disable=T306 the service reads text`.",
                )
            for code in comment.codes:
                if code not in RULES:
                    yield _useless(comment, f"there is no rule {code}", "Correct the code.")

    def unused(self, has_run: Callable[[Entry], bool]) -> Iterator[Finding]:
        """Comments that silenced nothing, once everything was checked; `has_run` tells of a rule
        whether it was among that."""
        for comment in self._items:
            for code in comment.codes:
                entry = RULES.get(code)
                if entry is None or code in comment.used:
                    continue
                if has_run(entry):
                    told = f"{code} is not found on line {comment.line}"
                    yield _useless(comment, told, "Remove the comment.")


def _useless(comment: Comment, message: str, help: str) -> Finding:
    return Finding(
        code="L606",
        message=f"{message}, so this comment silences nothing.",
        place=comment.place,
        severity="warning",
        help=help,
    )


def _read(file: str, text: str) -> Iterable[Comment]:
    if "check:" not in text:
        return
    for number, line in enumerate(text.splitlines(), start=1):
        found = _COMMENT.search(line)
        if found is None:
            continue
        codes = tuple(code.strip() for code in found["codes"].split(","))
        place = Place(file, number, found.start() + 1)
        is_alone = not line[: found.start()].strip()
        yield Comment(place, number + is_alone, codes, found["reason"].strip(" -:"))
