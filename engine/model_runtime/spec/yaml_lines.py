"""What the lines of a YAML file look like to a reader who knows no YAML: keys, indents, quotes.

The parser stops where a file makes no sense any more, which is often far behind the mistake. These
facts of the lines, taken without the parser, lead back to it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_DASHES: Final = re.compile(r"(?:-[ ]+)*(?:-$)?")
# The shortest text before a colon with a blank or the line's end behind it, comments left out.
_PLAIN_KEY: Final = re.compile(
    r"((?:[^\s#:{}\[\]\"'&*!|>%@`,]|:(?=\S)| (?!#)|(?<=\S)[#&*!\"'])+?)\s*:(?=\s|$)"
)
_BEHIND_QUOTE: Final = re.compile(r"\s*(?:$|\s#|[:,}\]])")
_OPENERS: Final = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Bracket:
    """A bracket that is open: where it stands (from 0), and what closes it."""

    line: int
    column: int
    closer: str


@dataclass(slots=True)
class Line:
    """One line. Columns are from 0; `column` is that of its content behind the dashes of a list.

    `is_inside` says that it goes on with what began in a line above: a block text, a quoted text
    or brackets. `key` is "" where the line has none; `value` is the column behind the colon.
    """

    text: str
    indent: int = 0
    column: int = 0
    key: str = ""
    value: int = 0
    is_blank: bool = False
    is_inside: bool = False
    open_quote: int | None = None
    brackets: tuple[Bracket, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether it says something that does not go on from above."""
        return not (self.is_blank or self.is_inside)

    @property
    def has_dash(self) -> bool:
        """Whether the line begins an item of a list."""
        return self.column > self.indent

    @property
    def content(self) -> str:
        """What the line says, without dashes and the blanks around it."""
        return self.text[self.column :].strip()

    @property
    def given(self) -> str:
        """What stands behind the key."""
        return self.text[self.value :].strip() if self.key else ""


@dataclass(frozen=True, slots=True)
class OpenQuote:
    """A quoted text that goes over its line and is ended by a quote that was meant to begin one.

    `end` is the line in which it ends, None at the end of the file.
    """

    line: int
    column: int
    depth: int
    end: int | None


def read_lines(text: str) -> tuple[list[Line], list[OpenQuote]]:
    """Look at every line of a text; and tell the quotes that seem not to be closed."""
    reader = _Lines()
    for raw in split_lines(text):
        reader.take(raw)
    reader.finish()
    return reader.lines, reader.quotes


def split_lines(text: str) -> list[str]:
    """Cut a text where YAML ends its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def indents(lines: Sequence[Line], number: int) -> list[int]:
    """The columns of the maps and lists that are open above a line, outermost first."""
    found: list[int] = []
    for line in lines[:number]:
        if not line.is_own:
            continue
        while found and found[-1] > line.indent:
            found.pop()
        for column in (line.indent, line.column):
            if not found or found[-1] < column:
                found.append(column)
    return found


def step_of(lines: Sequence[Line]) -> int:
    """By how many blanks the file indents: by how many a line is mostly deeper than the last."""
    steps: Counter[int] = Counter()
    last = 0
    for line in lines:
        if line.is_own:
            steps[line.indent - last] += line.indent > last
            last = line.indent
    common = [step for step, count in steps.most_common(1) if count]
    return common[0] if common else 2


class _Lines:
    """Reads lines one after the other, with what is open from one to the next."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.quotes: list[OpenQuote] = []
        self._block: int | None = None
        self._quote: tuple[str, OpenQuote] | None = None
        self._brackets: list[Bracket] = []

    def take(self, text: str) -> None:
        indent = len(text) - len(text.lstrip(" "))
        stripped = text.strip()
        line = Line(text, indent, indent)
        self.lines.append(line)
        if self._block is not None:
            if not stripped or indent > self._block:
                line.is_inside = line.is_blank = True
                return
            self._block = None
        if self._quote is not None:
            line.is_inside = True
            self._scan(line, self._end_of_quote(line, 0))
        elif not stripped or stripped[0] == "#":
            line.is_blank = True
        elif self._brackets:
            line.is_inside = True
            self._scan(line, indent)
        else:
            self._read_key(line)
            self._scan(line, line.value or line.column)
        line.brackets = tuple(self._brackets)

    def finish(self) -> None:
        if self._quote is not None:
            self.quotes.append(self._quote[1])

    def _read_key(self, line: Line) -> None:
        dashes = _DASHES.match(line.text, line.indent)
        line.column = dashes.end() if dashes else line.indent
        start = line.column
        if line.text[start : start + 1] in ("'", '"'):
            end = _closing(line.text, start)
            behind = re.compile(r"\s*:(?=\s|$)").match(line.text, end + 1) if end else None
            if end and behind:
                line.key, line.value = line.text[start + 1 : end], behind.end()
        elif found := _PLAIN_KEY.match(line.text, start):
            line.key, line.value = found[1], found.end()
        rest = line.given if line.key else line.content
        if rest[:1] in ("|", ">"):
            self._block = line.column if line.key else line.indent

    def _scan(self, line: Line, column: int) -> None:
        """Follow quotes and brackets to the line's end."""
        if self._quote is not None or self._block is not None:
            return
        text = line.text
        is_start = True
        while column < len(text):
            letter = text[column]
            if letter in "'\"" and is_start:
                column = self._open_quote(line, column)
                # Nothing may follow a text of its own; a quote there begins one all the same.
                is_start = not self._brackets
                continue
            if letter == "#" and text[column - 1 : column] in ("", " ", "\t"):
                return
            if letter in _OPENERS and (is_start or self._brackets):
                self._brackets.append(Bracket(len(self.lines) - 1, column, _OPENERS[letter]))
            elif self._brackets and letter == self._brackets[-1].closer:
                self._brackets.pop()
                if not self._brackets:
                    # Nothing may follow; a quote here begins a text all the same.
                    is_start = True
                    column += 1
                    continue
            if letter not in " \t":
                is_start = letter in "{[" or (bool(self._brackets) and letter in ",:")
            column += 1

    def _open_quote(self, line: Line, column: int) -> int:
        """Go behind a quoted text; one that does not end here stays open."""
        mark = line.text[column]
        end = _closing(line.text, column)
        if end is not None:
            return end + 1
        line.open_quote = column
        place = OpenQuote(len(self.lines) - 1, column, len(self._brackets), None)
        self._quote = (mark, place)
        return len(line.text)

    def _end_of_quote(self, line: Line, column: int) -> int:
        """The column behind the quote that ends an open text, if this line has it."""
        assert self._quote is not None
        mark, place = self._quote
        end = _closing(line.text, column - 1, mark)
        if end is None:
            return len(line.text)
        self._quote = None
        if not _BEHIND_QUOTE.match(line.text, end + 1):
            here = len(self.lines) - 1
            self.quotes.append(OpenQuote(place.line, place.column, place.depth, here))
        return end + 1


def _closing(text: str, start: int, mark: str = "") -> int | None:
    """The column of the quote that ends a quoted text; None when the line does not hold it."""
    mark = mark or text[start]
    column = start + 1
    while column < len(text):
        letter = text[column]
        if letter == "\\" and mark == '"':
            column += 2
            continue
        if letter == mark:
            if mark == "'" and text[column + 1 : column + 2] == "'":
                column += 2
                continue
            return column
        column += 1
    return None
