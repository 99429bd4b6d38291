"""Reasoning between tags inside the text, cut anywhere."""

from __future__ import annotations

from itertools import pairwise

import pytest

from model_runtime.think_tags import ThinkSplitter, ThinkTags

TAGS = ThinkTags()
IMPLICIT = ThinkTags(implicit_open=True)


def split(chunks: list[str], tags: ThinkTags = TAGS) -> tuple[str, str]:
    """Feed chunks and return the reasoning and the text."""
    splitter = ThinkSplitter(tags)
    pieces = [piece for chunk in chunks for piece in splitter.feed(chunk)]
    pieces += splitter.finish()
    assert all(text for _, text in pieces), "no piece is empty"
    reasoning = "".join(text for is_reasoning, text in pieces if is_reasoning)
    return reasoning, "".join(text for is_reasoning, text in pieces if not is_reasoning)


WHOLE = {
    "block before the text": (TAGS, "<think>a b</think>\n\nHello", ("a b", "Hello")),
    "blanks before the block": (TAGS, "\n <think>a</think>x", ("a", "x")),
    "text alone": (TAGS, "Hello", ("", "Hello")),
    "text that begins like a tag": (TAGS, "<thin ice", ("", "<thin ice")),
    "tag later on is text": (TAGS, "see <think>x</think>", ("", "see <think>x</think>")),
    "second block is text": (TAGS, "<think>a</think>b<think>c</think>", ("a", "b<think>c</think>")),
    "block never closed": (TAGS, "<think>a</thi", ("a</thi", "")),
    "tag cut off": (TAGS, "<thi", ("", "<thi")),
    "empty block": (TAGS, "<think></think>x", ("", "x")),
    "less-than signs inside": (TAGS, "<think>a < b </ c</think>x", ("a < b </ c", "x")),
    "blanks alone": (TAGS, "  \n", ("", "  \n")),
    "implicit open": (IMPLICIT, "a</think>\n\nb", ("a", "b")),
    "implicit open and a tag all the same": (IMPLICIT, "<think>a</think>b", ("a", "b")),
    "implicit open, never closed": (IMPLICIT, "abc", ("abc", "")),
    "own tags": (ThinkTags(open="[r]", close="[/r]"), "[r]a[/r]b", ("a", "b")),
}


@pytest.mark.parametrize(("tags", "text", "expected"), WHOLE.values(), ids=WHOLE)
def test_text_is_split_the_same_wherever_it_is_cut(
    tags: ThinkTags, text: str, expected: tuple[str, str]
) -> None:
    """Whole, in single characters, and cut in three at every pair of places."""
    assert split([text], tags) == expected
    assert split(list(text), tags) == expected
    size = len(text)
    for first in range(size):
        for second in range(first, size):
            cut = [text[a:b] for a, b in pairwise([0, first, second, size])]
            assert split([chunk for chunk in cut if chunk], tags) == expected


def test_reasoning_is_told_before_its_block_is_closed() -> None:
    """Only what may be the start of the closing tag is held back."""
    splitter = ThinkSplitter(TAGS)
    assert splitter.feed("<think>abc</") == [(True, "abc")]
    assert splitter.feed("x") == [(True, "</x")]
