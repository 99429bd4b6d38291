"""The known word that a misspelt one was probably meant to be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Final

_LONGEST: Final = 80


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word nearest to `word`, case and separators aside; "" when none is near."""
    words = {_plain(name): name for name in sorted(set(known), reverse=True)}
    plain = _plain(word[:_LONGEST])
    if plain in words:
        return words[plain]
    longer = [name for name in words if name.startswith(f"{plain}_")]
    if plain and len(longer) == 1:
        return words[longer[0]]
    matches = difflib.get_close_matches(plain, words, n=1)
    return words[matches[0]] if matches else ""


def close_match(word: str, known: Iterable[str]) -> str:
    """Return "did you mean ...?" for the known word nearest to `word`, or nothing."""
    match = nearest(word, known)
    return f"did you mean `{match}`?" if match and match != word else ""


def close_match_sentence(word: str, known: Iterable[str]) -> str:
    """Return the same as a sentence of its own, or nothing."""
    match = nearest(word, known)
    return f"Did you mean '{match}'?" if match and match != word else ""


def _plain(word: str) -> str:
    return re.sub(r"[-\s]", "_", word.strip("\"'“”‘’`").lower())
