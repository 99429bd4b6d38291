"""An estimate of tokens from the text alone: no tokenizer, no download, linear and fast."""

from __future__ import annotations

# Measured on the common byte-pair encodings: about four letters of Latin text make a token, and
# about one character of Chinese, Japanese or Korean.
_LATIN = 4.0
_OTHER = 1.3


def estimate_tokens(text: str) -> int:
    """Return about how many tokens a text has, rounded up; 0 for the empty text."""
    if not text:
        return 0
    total = len(text)
    narrow = total if text.isascii() else len(text.encode("ascii", "ignore"))
    wide = total - narrow
    return max(1, round(narrow / _LATIN + wide / _OTHER))
