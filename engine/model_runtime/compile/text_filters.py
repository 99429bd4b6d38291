"""Filters that change the ends of a text, or what a regular expression finds in it."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from model_runtime.patterns import compile_regex

MAX_TEXT: Final = 16 * 1024 * 1024

_cached_regex = lru_cache(maxsize=256)(compile_regex)


def remove_prefix(value: str, prefix: str) -> str:
    """The text without a beginning, where it has it."""
    return value.removeprefix(prefix)


def remove_suffix(value: str, suffix: str) -> str:
    """The text without an ending, where it has it."""
    return value.removesuffix(suffix)


def ensure_prefix(value: str, prefix: str) -> str:
    """The text with a beginning, put before it where it lacks it."""
    return value if value.startswith(prefix) else prefix + value


def ensure_suffix(value: str, suffix: str) -> str:
    """The text with an ending, put behind it where it lacks it."""
    return value if value.endswith(suffix) else value + suffix


def regex_replace(value: str, pattern: str, replacement: str) -> str:
    r"""The text with every match of a literal pattern replaced; `\1` in the replacement is its
    first group."""
    size = 0

    def put(match: re.Match[str]) -> str:
        nonlocal size
        piece = match.expand(replacement)
        size += len(piece)
        if size > MAX_TEXT:
            raise ValueError(f"text of more than {MAX_TEXT} characters")
        return piece

    try:
        return _cached_regex(pattern).sub(put, value)
    except re.error as fault:
        raise ValueError(f"the replacement does not fit the pattern: {fault}") from None


def matches(value: object, pattern: str) -> bool:
    """Whether a literal pattern is found somewhere in a text; of other values never."""
    return isinstance(value, str) and _cached_regex(pattern).search(value) is not None


def pattern_fault(pattern: object) -> str:
    """What is wrong with the pattern of a spec, as the end of a sentence; nothing when it is
    sound. One that is not literal could be chosen by a caller."""
    if not isinstance(pattern, str):
        return "takes a pattern that is a literal text"
    try:
        compile_regex(pattern)
    except ValueError as fault:
        return f"has a pattern that cannot be used: {fault}"
    return ""
