"""Where something stands in a spec: every message about a spec names such a place."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Place:
    """A file, a line and a column (both from 1), and the dotted path of keys that leads there.

    `text_column` is the column of the first character of a string's content when the string
    stands on one line exactly as it reads (plain, or quoted without escapes). It is None
    otherwise, and then places inside the string fall back to where the string starts.
    """

    file: str
    line: int
    column: int
    path: str = ""
    text_column: int | None = None

    def within(self, offset: int) -> Place:
        """Return the place `offset` characters into the string that stands here."""
        if self.text_column is None:
            return self
        return replace(self, column=self.text_column + offset, text_column=None)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"
