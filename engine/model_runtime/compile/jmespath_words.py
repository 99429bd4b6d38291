"""What is wrong with an extractor in an author's words, where the grammar has its own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from model_runtime.spec.similar import nearest

ACCEPTED: Final = (
    "A path is names with dots between them, items[0], items[].name, comparisons (==, !=, <), "
    "&&, ||, ! and functions."
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
    _slip(
        r"\{\{?",
        "{{ }} stands in a path",
        "Replies are read with JMESPath: write it without braces.",
    ),
    _slip(
        r"\$\.?", "`$` means nothing here", "Write the path without `$.`: it begins at the reply."
    ),
    _slip(r"=(?!=)", "one `=` compares nothing", "Write `==` to compare."),
    _slip(r"and\b", "`and` is no operator here", "Write `&&`."),
    _slip(r"or\b", "`or` is no operator here", "Write `||`; for a default not_null(a, b)."),
    _slip(r"not\b", "`not` is no operator here", "Write `!`."),
    _slip(r"-?\d+", "a number stands without backticks", "Write it in backticks: `{}`."),
    _slip(r"-\w", "a name with a dash stands without quotes", 'Write it in double quotes: "a-b".'),
    _slip(
        r"['\"`“”‘’]",
        "a quote is not closed, or not a plain one",
        "Close it; a text stands in 'single quotes'.",
    ),
    _slip(r"/", "`/` means nothing in a path", "Write dots between names."),
    _slip(r"[)\]}]", "this bracket closes nothing", "Remove it, or write the one that it closes."),
)
_HEADER: Final = re.compile(r"(\w+):([\w-]+)")
_CLOSERS: Final = {"(": ")", "[": "]", "{": "}"}
_QUOTED: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`", re.DOTALL)


def explained(text: str, offset: int) -> tuple[str, str, int]:
    """What to say, what to write, and where, for a path that is none at an offset."""
    if (header := _HEADER.fullmatch(text)) and nearest(header[1], ["header"]):
        return f"a header is not read by `{header[1]}:`", f"Write `header:{header[2]}`.", 0
    if (opened := _opened(text)) is not None and _is_about(text, offset, opened):
        closer = _CLOSERS[text[opened]]
        return f"this {text[opened]} is not closed", f"Write {closer} where it ends.", opened
    if offset >= len(text):
        help = "Write what is missing behind its end, or remove its last word."
        return "the path ends too early", help, offset
    start = _word_start(text, offset)
    for slip in _SLIPS:
        if found := slip.pattern.match(text, start):
            return slip.message, slip.help.replace("{}", found[0]), start
    if start and text[start - 1].isspace() and text[start].isalpha():
        return (
            "a name with a space stands without quotes",
            'Write it in double quotes: "a b".',
            start,
        )
    word = re.compile(r"\w+|\S").match(text, start)
    return f"`{word[0] if word else text[start]}` does not belong here", ACCEPTED, start


def _word_start(text: str, offset: int) -> int:
    """The beginning of what the grammar did not take: braces and dashes begin one letter before."""
    if text[offset] == "{" and text[max(0, offset - 1)] == "{":
        return offset - 1
    return offset


def _opened(text: str) -> int | None:
    """Where the innermost bracket stands that is open at the text's end."""
    found: list[int] = []
    bare = _QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)
    for index, letter in enumerate(bare):
        if letter in _CLOSERS:
            found.append(index)
        elif letter in ")]}" and found:
            found.pop()
    return found[-1] if found else None


def _is_about(text: str, offset: int, opened: int) -> bool:
    """Whether the open bracket is what the grammar complains of."""
    rest = text[opened:offset]
    is_index = text[opened] == "[" and re.fullmatch(r"\[-?\d*", rest) is not None
    return offset >= len(text) or is_index
