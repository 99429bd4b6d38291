"""Safe fixes: edits of one line each, which keep what the file says otherwise."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from model_runtime.findings import Finding

from .report import Sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """New text for the columns `start` to before `end` of a line; or the whole line is deleted."""

    file: str
    line: int
    start: int
    end: int
    text: str
    told: str
    is_whole_line: bool = False


def edits_for(findings: Iterable[Finding], sources: Sources) -> dict[Finding, Edit]:
    """Return the edit of each finding that has a safe one; no two of them touch one line."""
    found: dict[Finding, Edit] = {}
    lines: set[tuple[str, int]] = set()
    for finding in findings:
        make = _FIXES.get(finding.code)
        line = sources.line(finding.place) if finding.place else None
        if make is None or finding.place is None or line is None:
            continue
        edit = make(finding, line)
        where = (finding.place.file, finding.place.line)
        if edit is not None and where not in lines:
            lines.add(where)
            found[finding] = edit
    return found


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """Return the text of a file with its edits made; line ends stay as they are."""
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: edit.line, reverse=True):
        if edit.is_whole_line:
            del lines[edit.line - 1]
            continue
        line = lines[edit.line - 1]
        lines[edit.line - 1] = line[: edit.start - 1] + edit.text + line[edit.end - 1 :]
    return "".join(lines)


def _rename(finding: Finding, line: str) -> Edit | None:
    """S107: write the new name of a key."""
    new = re.fullmatch(r"write `(\w+)`", finding.hint)
    place = finding.place
    assert place is not None
    if new is None:
        return None
    end = place.column + finding.length
    return _edit(finding, place.column, end, new[1], f"Rename the key to `{new[1]}`.")


_ONE_LINE: Final = re.compile(r"\s*[\w./-]+:[ \t]+(?![|>&*!{\[])[^#\s][^#{}\[\]]*(?:#.*)?")


def _delete_line(finding: Finding, line: str) -> Edit | None:
    """I203: delete `key: value` that stands alone on its line; a key in a flow map stays."""
    place = finding.place
    assert place is not None
    if not _ONE_LINE.fullmatch(line) or line[: place.column - 1].count(":") != 1:
        return None
    told = "Delete what the parent has already."
    return _edit(finding, 1, len(line) + 1, "", told, is_whole_line=True)


_BRACED: Final = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")


def _without_braces(finding: Finding, line: str) -> Edit | None:
    """T308: take the braces out of the argument of a directive."""
    place = finding.place
    assert place is not None
    found = _BRACED.search(line, place.column - 1)
    # One pair of braces with a few blanks and a quote before it is the argument itself.
    if found is None or found.start() - (place.column - 1) > 1:
        return None
    told = "Write the expression without braces."
    return _edit(finding, found.start() + 1, found.end() + 1, found[1], told)


_UNQUOTED: Final = re.compile(r"(?P<value>\{\{[^{}]*\}\}[^#{}\[\],\"'\\]*?)\s*(?:#.*)?")


def _quoted(finding: Finding, line: str) -> Edit | None:
    """Y005: quote a value that begins with braces and ends with its line."""
    place = finding.place
    assert place is not None
    start = line.find("{{")
    if start < 0 or line.count("{{") != 1 or not line[:start].rstrip().endswith((":", "-")):
        return None
    found = _UNQUOTED.fullmatch(line, start)
    if found is None:
        return None
    value = found["value"]
    quote = '"' if '"' not in value and "\\" not in value else "'"
    if quote in value:
        return None
    end = start + 1 + len(value)
    return _edit(finding, start + 1, end, f"{quote}{value}{quote}", "Quote the template.")


_FIXES: Final[Mapping[str, Callable[[Finding, str], Edit | None]]] = {
    "S107": _rename,
    "I203": _delete_line,
    "T308": _without_braces,
    "Y005": _quoted,
}


def _edit(
    finding: Finding, start: int, end: int, text: str, told: str, *, is_whole_line: bool = False
) -> Edit:
    place = finding.place
    assert place is not None
    return Edit(
        file=place.file,
        line=place.line,
        start=start,
        end=end,
        text=text,
        told=told,
        is_whole_line=is_whole_line,
    )
