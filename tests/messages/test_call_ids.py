"""Ids of tool calls."""

from __future__ import annotations

from model_runtime.messages.call_ids import (
    ALPHANUMERIC,
    is_engine_id,
    new_call_id,
    rewritten_id,
)


def test_new_ids_differ_and_are_the_engines() -> None:
    """An id made by the engine is known as such, so that no service is shown it."""
    ids = {new_call_id() for _ in range(100)}
    assert len(ids) == 100 and all(map(is_engine_id, ids))


def test_rewritten_id_is_always_the_same() -> None:
    """Call and result keep one id, in every turn and on every machine."""
    first = rewritten_id("toolu_01:abc", 9, ALPHANUMERIC, True)
    assert first == rewritten_id("toolu_01:abc", 9, ALPHANUMERIC, True)
    assert len(first) == 9 and first.isalnum()


def test_id_that_fits_is_kept() -> None:
    """What the service gave comes back unchanged."""
    assert rewritten_id("abcDEF123", 9, ALPHANUMERIC, True) == "abcDEF123"
    assert rewritten_id("abc", 64, ALPHANUMERIC, False) == "abc"


def test_rewritten_ids_rarely_meet() -> None:
    """Different ids stay different."""
    assert len({rewritten_id(f"c:{n}", 9, ALPHANUMERIC, True) for n in range(5_000)}) == 5_000


def test_long_ids_use_the_whole_length() -> None:
    """Every character carries something, also in long ids."""
    found = rewritten_id("a:b", 64, "ab", True)
    assert len(found) == 64 and len(set(found[32:])) == 2
