"""Texts for people: cut at the ends of sentences, and free of what drives a terminal."""

from __future__ import annotations

import re

# A sentence ends at these marks and what closes after them; the blank behind belongs to it.
_END = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？；…]+[”’」』）]*|\n+")
_CLAUSE = re.compile(r"[,;:]\s+|[，、；：]|\s+")


def visible(text: str, keep: str = "\t") -> str:
    """Make control characters visible, so that no file can drive the terminal it is shown on.

    Those of `keep` stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep else ascii(character)[1:-1]
        for character in text
    )


def split_text(text: str, limit: int) -> list[str]:
    """Cut `text` into pieces of at most `limit` characters; joined they give the text again.

    Cuts fall after sentences where they can, else after clauses or words, else anywhere.
    """
    if len(text) <= limit:
        return [text]
    pieces: list[str] = []
    for sentence in _cut(text, _END):
        for part in _shortened(sentence, limit):
            if pieces and len(pieces[-1]) + len(part) <= limit:
                pieces[-1] += part
            else:
                pieces.append(part)
    return pieces


def _shortened(sentence: str, limit: int) -> list[str]:
    if len(sentence) <= limit:
        return [sentence]
    parts: list[str] = []
    for clause in _cut(sentence, _CLAUSE):
        parts += [clause[at : at + limit] for at in range(0, len(clause), limit)]
    return parts


def _cut(text: str, pattern: re.Pattern[str]) -> list[str]:
    cuts = [0, *(found.end() for found in pattern.finditer(text)), len(text)]
    return [text[a:b] for a, b in zip(cuts, cuts[1:], strict=False) if b > a]
