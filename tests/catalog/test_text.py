"""Texts in several languages."""

from __future__ import annotations

import pytest

from model_runtime.catalog.text import as_i18n, in_language

TEXT = {"zh_Hans": "Z", "en_US": "E", "pt_BR": "P"}


@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("zh_Hans", "Z"),
        ("zh-Hans", "Z"),
        ("zh_Hant", "Z"),
        ("pt", "P"),
        ("en_GB", "E"),
        ("ja_JP", "E"),
        (None, "E"),
        ("", "E"),
    ],
)
def test_nearest_language_is_found(language: str | None, found: str) -> None:
    """The language itself, its family, English."""
    assert in_language(TEXT, language) == found


def test_any_language_is_better_than_none() -> None:
    """A text without English is shown all the same."""
    assert in_language({"ja_JP": "J"}, "fr_FR") == "J"
    assert in_language({}, "en_US") == in_language(None, None) == ""


def test_plain_text_is_english() -> None:
    """`label: Groq` stands for a map."""
    assert as_i18n("Groq") == {"en_US": "Groq"}
    assert as_i18n(5) == {"en_US": "5"}
    assert as_i18n({"en_US": "A", "de_DE": 1}) == {"en_US": "A", "de_DE": "1"}
    assert as_i18n(None) is None
