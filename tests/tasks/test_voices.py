"""The voices of a speaker: listed by its model, or by its service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import ProviderError, UnsupportedOperation

Open = Callable[..., Any]

TTS = """
tts:
  request: {path: /speak, body: {text: "{{ text }}"}}
  response: {audio: {body: bytes}}
"""
REMOTE = """
voices:
  request: {method: GET, path: "/voices/{{ model }}", query: {lang: "{{ language }}"}}
  response: {each: voices, id: id, label: name, languages: langs}
  pages: {next: {query: after, from: last}}
"""
LISTED = """
models:
  - model: m
    model_type: tts
    model_properties:
      voices:
        - {mode: ava, name: Ava, language: [en-US, en-GB]}
        - {mode: li, name: Li, language: [zh-Hans]}
        - {mode: any, name: Any}
"""


def voices(service: Any, language: str | None = None) -> list[tuple[str, str]]:
    found = service.call(lambda r: r.tts("acme/m").voices(language))
    return [(voice.id, voice.label) for voice in found]


@pytest.mark.parametrize(
    ("language", "ids"),
    [
        (None, ["ava", "li", "any"]),
        ("en-US", ["ava", "any"]),
        ("en_AU", ["ava", "any"]),
        ("zh", ["li", "any"]),
        ("fr", ["any"]),
    ],
)
def test_voices_of_the_model_are_filtered_by_language(
    open_service: Open, language: str | None, ids: list[str]
) -> None:
    """A voice that names no language speaks them all; nothing is sent."""
    service = open_service(TTS, more=LISTED)
    assert [id for id, _ in voices(service, language)] == ids
    assert service.targets == []


def test_voices_of_the_service_are_read_page_by_page(open_service: Open) -> None:
    """The request may tell the model and the language."""
    service = open_service(TTS + REMOTE)
    service.answer({"voices": [{"id": "v1", "name": "One", "langs": ["de"]}], "last": "v1"})
    service.answer({"voices": [{"id": "v2", "langs": "fr"}, {"name": "no id"}]})
    assert voices(service, "de") == [("v1", "One")]
    assert service.targets == ["GET /voices/m?lang=de", "GET /voices/m?lang=de&after=v1"]
    service.answer({"voices": [{"id": "v2", "langs": "fr"}]})
    assert voices(service) == [("v2", "v2")]


def test_listing_that_fails_names_its_call(open_service: Open) -> None:
    """And shows no secret."""
    service = open_service(TTS + REMOTE)
    service.answer({"error": {"message": "no"}}, status=401)
    with pytest.raises(ProviderError, match="acme/m voices: GET http.*: HTTP 401"):
        voices(service)


def test_speaker_without_any_listing_says_so(open_service: Open) -> None:
    """There is nothing to list."""
    service = open_service(TTS)
    with pytest.raises(UnsupportedOperation, match="voices"):
        voices(service)
