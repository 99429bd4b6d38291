"""Texts in several languages, as the schema writes them: `{en_US: ..., zh_Hans: ...}`."""

from __future__ import annotations

from collections.abc import Mapping

DEFAULT_LANGUAGE = "en_US"


def as_i18n(value: object) -> dict[str, str] | None:
    """Return the map of a text that may also be written as one plain text."""
    if isinstance(value, Mapping):
        return {str(language): str(text) for language, text in value.items()}
    return None if value is None else {DEFAULT_LANGUAGE: str(value)}


def in_language(text: Mapping[str, str] | None, language: str | None) -> str:
    """The text in a language; else in a language of the same family, in English, or any."""
    if not text:
        return ""
    wanted = (language or DEFAULT_LANGUAGE).replace("-", "_")
    if wanted in text:
        return text[wanted]
    family = wanted.partition("_")[0]
    close = next((known for known in text if known.partition("_")[0] == family), None)
    return text[close] if close else text.get(DEFAULT_LANGUAGE) or next(iter(text.values()))
