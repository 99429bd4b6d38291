"""Exact counts by a tokenizer on this machine: nothing is downloaded and nothing is sent.

The extra `tokens` brings byte-pair encodings whose tables ship inside their package, and the
`tokenizers` library for a `tokenizer.json` file.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from model_runtime.errors import InvalidParameter

Tokenizer = Callable[[str], int]
ENCODINGS = ("o200k_base", "cl100k_base")


def find_tokenizer(name: str) -> Tokenizer | None:
    """Return the tokenizer of an encoding's name or of a `tokenizer.json` file.

    None when the extra that it needs is not installed. InvalidParameter for another name.
    """
    if name not in ENCODINGS and not name.endswith(".json"):
        raise InvalidParameter(
            f"There is no tokenizer {name!r}. Known: {', '.join(ENCODINGS)}, "
            "or the path of a tokenizer.json file."
        )
    return _load(name)


@lru_cache(maxsize=16)
def _load(name: str) -> Tokenizer | None:
    try:
        if name in ENCODINGS:
            from bpe_openai import get_encoding

            encoding = get_encoding(name)
            return lambda text: len(encoding.encode_ordinary(text))
        from tokenizers import Tokenizer as FileTokenizer
    except ModuleNotFoundError:
        return None
    try:
        loaded = FileTokenizer.from_file(name)
    except Exception as error:  # the library raises nothing more precise
        raise InvalidParameter(
            f"The tokenizer file {name!r} cannot be read: {error}. "
            "Expected a tokenizer.json as the Hugging Face library writes it."
        ) from None
    return lambda text: len(loaded.encode(text, add_special_tokens=False).ids)
