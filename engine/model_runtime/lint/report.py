"""How findings are shown: as text with the line they are about and a caret, or as plain data."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from model_runtime.findings import Finding, by_place
from model_runtime.location import Place
from model_runtime.sentences import visible

LONGEST_LINE: Final = 120
_LEAD: Final = 40


class Sources:
    """The lines of the files that findings name, each file read once."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._files: dict[str, list[str]] = {
            file: _split_lines(text) for file, text in (texts or {}).items()
        }

    def text(self, file: str) -> str:
        """The text of a file; nothing when it cannot be read."""
        return "\n".join(self._lines(file))

    def line(self, place: Place, above: int = 0) -> str | None:
        """The line of a place, or one above it; None when there is none or no such file."""
        lines = self._lines(place.file)
        number = place.line - above
        return lines[number - 1] if 1 <= number <= len(lines) else None

    def _lines(self, file: str) -> list[str]:
        if file not in self._files:
            self._files[file] = _read_lines(file)
        return self._files[file]


def format_findings(findings: Iterable[Finding], sources: Sources | None = None) -> str:
    """Write findings as text, sorted by place, with a blank line between two."""
    sources = sources or Sources()
    ordered = sorted(findings, key=by_place)
    return "\n\n".join(format_finding(finding, sources) for finding in ordered)


def format_finding(finding: Finding, sources: Sources) -> str:
    """Write one finding: place and message, its line with a caret below, the help."""
    lines = [headline(finding)]
    lines += _excerpt(finding, sources)
    if finding.hint and len(lines) == 1:
        lines.append(f"  hint: {visible(finding.hint)}")
    if finding.help:
        lines.append(f"  help: {visible(finding.help)} (`model-runtime explain {finding.code}`)")
    if finding.note:
        lines.append(f"  note: {visible(finding.note)}")
    return "\n".join(lines)


def headline(finding: Finding) -> str:
    """Write the first line: `file:line:column: error[CODE]: path: message`."""
    place = finding.place
    where = f"{place}: " if place else ""
    path = f"{place.path}: " if place and place.path else ""
    return visible(f"{where}{finding.severity}[{finding.code}]: {path}{finding.message}")


def summary(findings: Iterable[Finding], checked: int) -> str:
    """Write how many specs were checked and how many findings of each severity there are."""
    counts: dict[str, int] = {}
    for finding in findings:
        counts[finding.severity] = counts.get(finding.severity, 0) + 1
    told = [_counted(counts[name], name) for name in ("error", "warning", "note") if name in counts]
    return f"{_counted(checked, 'spec')} checked: {', '.join(told) or 'no findings'}."


def finding_data(finding: Finding) -> dict[str, Any]:
    """Return one finding as JSON-ready data; every key is always there."""
    place = finding.place
    return {
        "code": finding.code,
        "severity": finding.severity,
        "message": finding.message,
        "hint": finding.hint,
        "help": finding.help,
        "note": finding.note,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "length": finding.length,
        "path": place.path if place else None,
    }


def _excerpt(finding: Finding, sources: Sources) -> list[str]:
    place = finding.place
    line = sources.line(place) if place else None
    if place is None or line is None:
        return []
    gutter = max(4, len(str(place.line)))
    column = min(place.column, len(line) + 1)
    shown, start = _window(line, column)
    lead = "".join(_blank(character) for character in shown[:start])
    caret = "^" * max(1, _width(shown[start : start + finding.length]))
    hint = f" {visible(finding.hint)}" if finding.hint else ""
    rows: list[str] = []
    above = sources.line(place, 1)
    if above is not None and above.strip():
        rows.append(f"{place.line - 1:>{gutter}} | {_plain(above)[:LONGEST_LINE]}")
    rows.append(f"{place.line:>{gutter}} | {shown}")
    rows.append(f"{'':>{gutter}} | {lead}{caret}{hint}")
    return [f" {row}".rstrip() for row in rows]


def _read_lines(file: str) -> list[str]:
    try:
        text = Path(file).read_text(encoding="utf-8-sig", errors="replace")
    except (OSError, ValueError):
        # A spec inside a zip, or a file that is gone: the message stands alone.
        return []
    return _split_lines(text)


def _split_lines(text: str) -> list[str]:
    # Only these end a line of YAML, so that line numbers agree with the reader's.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _window(line: str, column: int) -> tuple[str, int]:
    """Cut a long line to the part around a column; return it and where the column is in it."""
    start = column - 1
    line = _plain(line)
    if len(line) <= LONGEST_LINE:
        return line, start
    cut = max(0, start - _LEAD)
    head = "..." if cut else ""
    tail = "..." if cut + LONGEST_LINE < len(line) else ""
    return head + line[cut : cut + LONGEST_LINE] + tail, start - cut + len(head)


def _plain(line: str) -> str:
    # One character stays one character, since columns count characters.
    return "".join(c if c.isprintable() else " " if c == "\t" else "\N{MIDDLE DOT}" for c in line)


def _blank(character: str) -> str:
    return " " * _width(character)


def _width(text: str) -> int:
    """The columns of a terminal that a text takes: wide characters two, combining ones none."""
    return sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1
        for c in text
    )


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
