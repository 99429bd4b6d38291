"""The place where a YAML parser gave up, and what a slip and its repair are."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from .yaml_lines import Line, OpenQuote, read_lines

# What the parser takes, and a file may not hold.
SECOND_DOCUMENT: Final = "a second document"
# The parser's problem, where it gave up, and where what it was reading begins; all from 0.
Stop = tuple[str, tuple[int, int] | None, tuple[int, int] | None]
# New texts for lines, by their number from 0.
Texts = Mapping[int, str]
WORD: Final = r"[A-Za-z_$][\w.$-]*"
COMMENT: Final = re.compile(r"\s+#.*$")


@dataclass(frozen=True, slots=True)
class Scene:
    """Where the parser gave up: `line` and `column` from 0, and the same of what it was reading.

    `problem` is the parser's own word. `is_end` says that the file ends there. `judge` tells how
    far the text can be read with some lines changed: the line at which it stops, and less for what
    is wrong before it; the greater the better. `doubts` counts what the lines would say that no
    such file holds.
    """

    lines: list[Line]
    quotes: list[OpenQuote]
    problem: str
    line: int
    column: int
    judge: Callable[[Texts], tuple[int, int]]
    doubts: Callable[[Texts], int]
    opened: tuple[int, int] | None = None
    is_end: bool = False

    @property
    def here(self) -> Line:
        """The line itself."""
        return self.lines[self.line]

    @property
    def found(self) -> str:
        """The character that the parser did not take."""
        return self.here.text[self.column : self.column + 1]

    def before(self, number: int) -> int | None:
        """The nearest line above a line that says something of its own."""
        rest = range(number - 1, -1, -1)
        return next((n for n in rest if self.lines[n].is_own), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A slip: its place (from 0), what to say of it, and new texts for lines, by their number."""

    line: int
    column: int
    message: str
    help: str
    code: str = "Y001"
    length: int = 1
    texts: Texts = field(default_factory=dict)


def scene_of(
    text: str,
    stop: Stop,
    judge: Callable[[Texts], tuple[int, int]],
    doubts: Callable[[Texts], int],
) -> Scene:
    """Look at a text around the place where the parser gave up."""
    problem, mark, opened = stop
    lines, quotes = read_lines(text)
    last = next((n for n in range(len(lines) - 1, -1, -1) if lines[n].text.strip()), 0)
    is_end = mark is None or mark >= (last, len(lines[last].text.rstrip()))
    line, column = (last, len(lines[last].text)) if mark is None or is_end else mark
    return Scene(lines, quotes, problem, line, column, judge, doubts, opened, is_end)


def uncommented(text: str) -> str:
    """A text without the comment at its end."""
    return COMMENT.sub("", text)


def opened_in(text: str) -> str:
    """The innermost bracket that is open at the end of a text; "" for none."""
    found: list[str] = []
    for letter in re.sub(r"\"(?:\\.|[^\"\\])*\"|'(?:''|[^'])*'", "", text):
        if letter in "{[":
            found.append(letter)
        elif letter in "}]" and found:
            found.pop()
    return found[-1] if found else ""
