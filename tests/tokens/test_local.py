"""Tokenizers of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.tokens import find_tokenizer

TOKENIZER = {
    "version": "1.0",
    "truncation": None,
    "padding": None,
    "added_tokens": [],
    "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {
        "type": "WordLevel",
        "vocab": {"[UNK]": 0, "hello": 1, "world": 2},
        "unk_token": "[UNK]",
    },
}


def test_file_of_a_tokenizer_is_read(tmp_path: Path) -> None:
    """By the path that a spec gives; unknown words count too."""
    pytest.importorskip("tokenizers")
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(TOKENIZER), encoding="utf-8")
    count = find_tokenizer(str(file))
    assert count is not None
    assert count("hello big world") == 3


@pytest.mark.parametrize("text", [None, "{}", "no json"], ids=["missing", "empty", "no-json"])
def test_file_that_is_no_tokenizer_is_told(tmp_path: Path, text: str | None) -> None:
    """With its path and what was expected."""
    pytest.importorskip("tokenizers")
    file = tmp_path / "tokenizer.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidParameter, match=r"tokenizer\.json' cannot be read: .*Expected"):
        find_tokenizer(str(file))


@pytest.mark.parametrize("name", ["gpt2", "", "../o200k_base"])
def test_unknown_tokenizer_is_refused_with_the_known_ones(name: str) -> None:
    """Nothing is fetched for it."""
    with pytest.raises(InvalidParameter, match="Known: o200k_base, cl100k_base"):
        find_tokenizer(name)
