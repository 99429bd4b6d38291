"""What is wrong with an expression in an author's words, where Jinja's grammar has its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

ACCEPTED: Final = (
    "An expression may hold names, attributes, items, constants, comparisons, tests, and/or/not, "
    "`a if b else c`, `~`, lists, maps and filters."
)
SECRET_HELP: Final = (
    "Send it in `auth` or in a header; what stands in a path, a query or a body ends in logs."
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip: how it begins in the text, what to say of it, and what to write."""

    pattern: re.Pattern[str]
    message: str
    help: str


def _slip(pattern: str, message: str, help: str) -> Slip:
    return Slip(re.compile(pattern), message, help)


# By what stands where the grammar gave up. The first that fits is told.
_SLIPS: Final = (
    _slip(r"=(?!=)", "one `=` compares nothing", "Write `==` to compare."),
    _slip(r"&&?", "`&` means nothing here", "Write `and`."),
    _slip(r"\|\|", "`||` means nothing here", "Write `or`; `|` applies a filter."),
    _slip(r"!(?!=)", "`!` means nothing here", "Write `not`."),
    _slip(r"\?", "`?` means nothing here", "Write `a if condition else b`."),
    _slip(r"\$", "`$` means nothing in an expression", "Write the name without it."),
    _slip(r"\}(?!\})", "the braces are closed by one } alone", "Write }} behind the expression."),
    _slip(r"\{", "a { stands inside the braces", "Write one pair of {{ }} around the expression."),
    _slip(
        r"[\"'“”‘’]", "a quote is not closed, or not a plain one", "Write 'text' in plain quotes."
    ),
)
_END: Final = re.compile(r"\s*-?\}\}|\s*\Z")
_OPENING: Final = re.compile(r"(?<!un)expected '(?P<closer>[)\]}])'")
_OPENERS: Final = {")": "(", "]": "[", "}": "{"}


def explained(raw: str, text: str, offset: int) -> tuple[str, str, int]:
    """What to say, what to write, and where, for Jinja's complaint about an offset of a text."""
    if "end of template" in raw:
        start = max(text.rfind("{{"), 0)
        return "the {{ that begins here is not closed", "Write }} behind the expression.", start
    if opening := _OPENING.search(raw):
        closer = opening["closer"]
        opener = _OPENERS[closer]
        start = max(text.rfind(opener, 0, offset), 0)
        return f"this {opener} is not closed", f"Write {closer} where it ends.", start
    rest = text[offset:]
    if text[max(0, offset - 1) : offset + 1] == "||":
        rest, offset = "||", offset - 1
    for slip in _SLIPS:
        if slip.pattern.match(rest):
            return slip.message, slip.help, offset
    if _END.match(rest):
        inner = text[text.rfind("{{", 0, offset) + 2 : offset].strip(" -")
        if not inner:
            return (
                "there is no expression in the braces",
                "Write one, or remove the braces.",
                offset,
            )
        return (
            "the expression ends too early",
            "Write what is missing behind its last word, or remove that word.",
            offset,
        )
    found = re.match(r"[\w.]+|\S", rest)
    shown = found[0] if found else rest[:1]
    return f"`{shown}` does not belong here", ACCEPTED, offset
