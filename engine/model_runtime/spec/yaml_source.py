"""YAML text to a tree with places. A broken text is read on, so that all faults are told."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .yaml_lines import split_lines
from .yaml_reader import Reader, Tree
from .yaml_repair import repair_of
from .yaml_scene import Repair, Texts, scene_of

MAX_BYTES: Final = 1024 * 1024
# How often a broken text is mended and read again to find all its faults, how long it may be for
# that, and how many characters may be read in all to find out which line was moved.
MAX_REPAIRS: Final = 20
MAX_REPAIRED: Final = 100_000
MAX_TRIED: Final = 3_000_000

_UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def read_yaml(
    text: bytes | str,
    file: str,
    findings: Findings,
    *,
    strict: bool = True,
    doubts: Callable[[object], int] = lambda tree: 0,
) -> Tree:
    """Read one YAML document; faults go to `findings` with the name `file`.

    `strict` is for specs of ours: a duplicate key, a merge key, a number with a leading zero and
    every tag is an error. Otherwise the last of two equal keys wins with a note. None is
    returned for an empty file and for one that cannot be read at all. `doubts` counts what is
    wrong in a tree; it decides what a broken text was probably meant to be.
    """
    decoded = _decode(text, file, findings)
    if decoded is None:
        return None
    return _Attempts(file, findings, strict, doubts).read(decoded)


@dataclass(slots=True)
class _Attempts:
    """Reads a text to its end: where it is broken, again, as it was probably meant."""

    file: str
    findings: Findings
    strict: bool
    doubts: Callable[[object], int]
    shifts: dict[int, int] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)
    tried: int = 0

    def read(self, text: str) -> Tree:
        """Return the tree; None when there are too many faults, or it is too long to go on."""
        for _ in range(MAX_REPAIRS):
            found = Findings()
            reader = self._reader(text, found)
            tree = reader.read()
            if reader.stop is None:
                self.findings.take(found)
                # A description is shown to people as it is; what it may have meant is not shown.
                return None if self.told and not self.strict else tree
            judge, doubts = partial(self._judged, text), partial(self._doubted, text)
            repair = repair_of(scene_of(text, reader.stop, judge, doubts), self.told)
            self._tell(repair)
            if len(text) > MAX_REPAIRED:
                return None
            self._note_shifts(text, repair.texts)
            text = _repaired(text, repair.texts)
        return None

    def _tell(self, repair: Repair) -> None:
        line, column = repair.line, repair.column - self.shifts.get(repair.line, 0)
        if line not in self.told:
            self.findings.add(
                repair.code,
                repair.message,
                Place(self.file, line + 1, column + 1),
                help=repair.help,
                length=repair.length,
            )
        self.findings.unread_lines.add((self.file, line + 1))
        self.told.add(line)

    def _judged(self, text: str, texts: Texts) -> tuple[int, int]:
        self.tried += len(text)
        if len(text) > MAX_REPAIRED or self.tried > MAX_TRIED:
            return 0, 0
        found = Findings()
        reader = self._reader(_repaired(text, texts), found)
        reader.read()
        stop = reader.stop[1] if reader.stop else (sys.maxsize, 0)
        return stop[0] if stop else sys.maxsize - 1, -len(found)

    def _doubted(self, text: str, texts: Texts) -> int:
        return self.doubts(self._reader(_repaired(text, texts), Findings()).read_part())

    def _reader(self, text: str, found: Findings) -> Reader:
        return Reader(text, self.file, found, self.strict, self.shifts)

    def _note_shifts(self, text: str, texts: Texts) -> None:
        """Keep by how much the columns of lines have moved: places stay those of the file."""
        lines = split_lines(text)
        for number, line in texts.items():
            indent = len(lines[number]) - len(lines[number].lstrip(" \t"))
            moved = len(line) - len(line.lstrip(" ")) - indent
            self.shifts[number] = self.shifts.get(number, 0) + moved


def _repaired(text: str, texts: Texts) -> str:
    lines = split_lines(text)
    for number, line in texts.items():
        lines[number] = line
    return "\n".join(lines)


def _decode(text: bytes | str, file: str, findings: Findings) -> str | None:
    """Return the characters of a file, faults noted; None when there are too many."""
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        findings.add(
            "Y004",
            f"the file has {size} bytes; at most {MAX_BYTES} are read (1 MiB).",
            Place(file, 1, 1),
            help="A spec is small: move what is no part of it elsewhere.",
        )
        return None
    if isinstance(text, bytes):
        text = _characters(text, file, findings)
    text = text.removeprefix("\ufeff")
    if bad := _UNREADABLE.search(text):
        line, column = _position(text, bad.start())
        findings.add(
            "Y001",
            f"the character U+{ord(bad.group()):04X} may not stand in YAML.",
            Place(file, line, column),
            help="Remove it, or write it as an escape inside double quotes.",
        )
        text = _UNREADABLE.sub("\ufffd", text)
    return text


def _characters(text: bytes, file: str, findings: Findings) -> str:
    """Decode a file; one in another encoding is read as far as its letters are ASCII."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        before = text[: error.start].decode("utf-8")
        is_utf_16 = text[:2] in (b"\xff\xfe", b"\xfe\xff")
        line, column = _position(before, len(before))
    found = "UTF-16" if is_utf_16 else "a character in another encoding"
    findings.add(
        "Y001",
        f"the file is not UTF-8: found {found}.",
        Place(file, line, column),
        help="Save it as UTF-8.",
    )
    return text.decode("utf-16" if is_utf_16 else "latin-1", "replace")


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")
