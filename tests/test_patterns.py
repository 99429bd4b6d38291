"""Patterns of specs are compiled, or refused when they could take exponential time."""

from __future__ import annotations

import pytest

from model_runtime.patterns import PATTERN_LIMIT, compile_regex


@pytest.mark.parametrize(
    "pattern",
    [
        r"^sk-[\w-]{20,}$",
        r"(\d+) *items",
        r"(?i)(?:too|very) long",
        r"\(x*\)",
        r"[(x+]+",
        r"(ab){3}",
    ],
)
def test_plain_pattern_is_compiled(pattern: str) -> None:
    """Repetition, groups and flags are all allowed where they cannot explode."""
    assert compile_regex(pattern).pattern == pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|aa)*$",
        "((a+)b?)+$",
        "(?:a*){2,}$",
        "(?x)(a+) +$",
        "(?ix:(a+) +)$",
        "(a+)(?#note)+$",
    ],
)
def test_repetition_of_what_repeats_is_refused_however_it_is_spelled(pattern: str) -> None:
    """The flag x and comments hide that a quantifier belongs to a group."""
    with pytest.raises(ValueError, match="repeats a group|sets the flag x"):
        compile_regex(pattern)


def test_long_pattern_is_refused() -> None:
    """The limit keeps compiling cheap."""
    with pytest.raises(ValueError, match="at most 200"):
        compile_regex("a" * (PATTERN_LIMIT + 1))


def test_broken_pattern_is_refused_with_the_reason() -> None:
    """What the compiler says stands in the message."""
    with pytest.raises(ValueError, match="unterminated"):
        compile_regex("(a")
