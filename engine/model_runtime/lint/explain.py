"""The page of a rule, read from the docstring of its module."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .entry import Entry
from .rules import RULES

# Sections in this order; the ones in _CODE hold YAML, all others prose.
HEADINGS: Final = ("What it checks", "Why", "Example", "Instead", "See")
_CODE: Final = frozenset({"Example", "Instead"})
_STAGES: Final[Mapping[str, str]] = {
    "loader": "when the file is read",
    "schema": "by the JSON Schema",
    "compiler": "when the spec is compiled",
    "check": "by `model-runtime check`",
    "tests": "when the recorded tests run",
    "coverage": "by `model-runtime check --coverage`",
    "rule": "by a rule of its own",
}


@dataclass(frozen=True, slots=True)
class Page:
    """What there is to say of a rule."""

    code: str
    entry: Entry
    title: str
    sections: Mapping[str, str]

    @property
    def facts(self) -> str:
        """Severity, stage and state in one line."""
        state = "" if self.entry.state == "stable" else f"; {self.entry.state}"
        silenced = "; cannot be disabled" if self.entry.stops_use else ""
        return f"{self.entry.severity}, found {_STAGES[self.entry.found_by]}{silenced}{state}"


def page(code: str) -> Page:
    """The page of a rule. LookupError names the nearest code."""
    entry = RULES.get(code.upper())
    if entry is None:
        # After the first letter there are digits alone, and these letters look like them.
        digits = code.upper()[1:].translate(str.maketrans("OIL", "011"))
        close = difflib.get_close_matches(code.upper()[:1] + digits, RULES, 1)
        hint = f" Did you mean {close[0]}?" if close else ""
        raise LookupError(f"There is no rule {code!r}.{hint} Known: {', '.join(RULES)}.")
    text = inspect.cleandoc(entry.rule.__doc__ or "")
    title, _, rest = text.partition("\n\n")
    pieces = re.split(rf"(?m)^({'|'.join(HEADINGS)})$\n", rest)[1:]
    sections = {
        heading: inspect.cleandoc(body)
        for heading, body in zip(pieces[::2], pieces[1::2], strict=True)
    }
    return Page(code.upper(), entry, " ".join(title.split()), sections)


def as_text(found: Page) -> str:
    """A page for a terminal."""
    lines = [f"{found.code}: {found.title}", f"({found.facts})"]
    for heading, body in found.sections.items():
        lines += ["", heading, *(f"  {line}".rstrip() for line in body.splitlines())]
    return "\n".join(lines)


def as_markdown(found: Page) -> str:
    """A page as a section of the documentation."""
    lines = [f"### {found.code}", "", f"**{found.title}** ({found.facts})", ""]
    for heading, body in found.sections.items():
        if heading in _CODE:
            lines += [f"{heading}:", "", *(f"    {line}".rstrip() for line in body.splitlines())]
        else:
            label = "" if heading == HEADINGS[0] else f"{heading}: "
            lines += [label + _linked(" ".join(body.split()))]
        lines.append("")
    return "\n".join(lines)


def _linked(text: str) -> str:
    """Pages of the documentation link to each other by file name."""
    return re.sub(r"\bdocs/([\w-]+\.md)", r"[\1](\1)", text)


def all_pages() -> str:
    """Every rule as Markdown, in the order of their codes."""
    return "\n".join(as_markdown(page(code)) for code in sorted(RULES))
