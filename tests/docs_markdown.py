"""Small pieces of Markdown, for what the documentation is written with."""

from __future__ import annotations

import inspect
from collections.abc import Iterable


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *map(list, rows)]
    shown = (" | ".join(cell.replace("|", "\\|") for cell in line) for line in lines)
    return "".join(f"| {line} |\n" for line in shown)


def first_line(subject: object) -> str:
    """The first sentence block of a docstring, as one line."""
    text = inspect.cleandoc(getattr(subject, "__doc__", None) or "")
    return " ".join(text.partition("\n\n")[0].split())


def code(*words: str) -> str:
    """Words in the type of code."""
    return ", ".join(f"`{word}`" for word in words)
