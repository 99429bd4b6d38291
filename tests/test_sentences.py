"""Long texts are cut at the ends of sentences, and nothing is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime.sentences import split_text


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("Short.", 10, ["Short."]),
        ("One. Two. Three.", 10, ["One. Two. ", "Three."]),
        ("He said “Go!” Then he went.", 20, ["He said “Go!” ", "Then he went."]),
        ("Pi is 3.14 and more. Yes.", 21, ["Pi is 3.14 and more. ", "Yes."]),
        ("今天好。明天呢？后天！", 5, ["今天好。", "明天呢？", "后天！"]),
        ("Line one\nLine two", 10, ["Line one\n", "Line two"]),
        ("first part, second part", 12, ["first part, ", "second part"]),
        ("no marks at all here", 8, ["no ", "marks ", "at all ", "here"]),
        ("unbreakable", 4, ["unbr", "eaka", "ble"]),
    ],
    ids=[
        "short",
        "sentences",
        "quotes",
        "numbers",
        "chinese",
        "lines",
        "clauses",
        "words",
        "one word",
    ],
)
def test_cuts_fall_where_a_speaker_would_pause(text: str, limit: int, pieces: list[str]) -> None:
    """After sentences, else clauses, else words, else anywhere."""
    found = split_text(text, limit)
    assert "".join(found) == text
    assert all(len(piece) <= limit for piece in found)
    assert found == pieces


@given(st.text(alphabet="ab .,!?\n。，字😀", max_size=200), st.integers(1, 50))
def test_pieces_give_the_text_again_and_none_is_too_long(text: str, limit: int) -> None:
    """Whatever the text."""
    pieces = split_text(text, limit)
    assert "".join(pieces) == text
    assert all(len(piece) <= limit for piece in pieces)
    assert all(pieces) or text == ""
