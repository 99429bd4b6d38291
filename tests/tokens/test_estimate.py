"""Estimates of tokens: near enough, and linear in the text."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime.tokens import count_messages, estimate_tokens, find_tokenizer


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("", 0, 0),
        ("a", 1, 1),
        ("The quick brown fox jumps over the lazy dog. " * 20, 150, 300),
        ("我喜欢在海边散步，也喜欢读书。" * 20, 150, 330),
        ("def add(a, b):\n    return a + b\n" * 20, 120, 300),
    ],
    ids=["empty", "one", "english", "chinese", "code"],
)
def test_estimate_is_near_the_count_of_a_tokenizer(text: str, low: int, high: int) -> None:
    """Within a third or so, in any script."""
    assert low <= estimate_tokens(text) <= high


@given(st.text(max_size=300), st.text(max_size=300))
def test_longer_text_never_has_fewer_tokens(text: str, more: str) -> None:
    """And only the empty text has none."""
    assert estimate_tokens(text + more) >= estimate_tokens(text)
    assert (estimate_tokens(text) == 0) == (text == "")


def seconds(run: Callable[[], object]) -> float:
    """The least time of a few runs, which other work on this machine disturbs the least."""
    found = []
    for _ in range(5):
        started = time.perf_counter()
        run()
        found.append(time.perf_counter() - started)
    return min(found)


@pytest.mark.parametrize("letter", ["word ", "字"], ids=["ascii", "chinese"])
def test_twice_the_text_takes_no_four_times_as_long(letter: str) -> None:
    """A document of 1 MB is counted in one pass."""
    half = [
        {"role": "user", "parts": [{"type": "text", "text": letter * (500_000 // len(letter))}]}
    ]
    whole = [{"role": "user", "parts": half[0]["parts"] * 2}]
    once = seconds(lambda: count_messages(half, [], estimate_tokens))
    twice = seconds(lambda: count_messages(whole, [], estimate_tokens))
    assert twice < once * 3.5 + 0.005


@pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")
@pytest.mark.parametrize("name", ["o200k_base", "cl100k_base"])
def test_encoding_counts_without_a_download(name: str) -> None:
    """Its table is part of an installed package; special tokens are plain text."""
    pytest.importorskip("bpe_openai")
    count = find_tokenizer(name)
    assert count is not None
    assert count("hello world") == 2
    assert count("<|endoftext|>") > 1
    assert count("") == 0
