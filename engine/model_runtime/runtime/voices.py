"""The voices of a text-to-speech model: those of its spec, else those of its service."""

from __future__ import annotations

from typing import Any

from model_runtime.absent import Absent
from model_runtime.credentials.form import scope_values
from model_runtime.errors import InvokeError
from model_runtime.exchange import Flow
from model_runtime.flows.pages import pages
from model_runtime.results.tts import Voice
from model_runtime.secrets import Redactor, redact_error

from .binding import Binding, bind_exchange


def voices_flow(binding: Binding, language: str | None) -> Flow[tuple[Voice, ...]]:
    """The flow that lists voices; nothing is sent when the model lists its own."""
    listed = binding.model_properties.get("voices")
    if isinstance(listed, list):
        found = [_listed(row) for row in listed]
    else:
        found = yield from _fetched(binding, language)
    return tuple(voice for voice in found if _speaks(voice, language))


def _listed(row: dict[str, Any]) -> Voice:
    return Voice(
        id=str(row.get("mode")),
        label=str(row.get("name", row.get("mode"))),
        languages=tuple(str(language) for language in row.get("language") or ()),
    )


def _fetched(binding: Binding, language: str | None) -> Flow[list[Voice]]:
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    listing = variant.listing("voices")
    base_url = binding.base(variant, credentials)
    names = {
        "model": binding.model,
        "model_properties": binding.model_properties,
        "language": Absent if language is None else language,
    }
    request = listing.first(credentials, base_url, names)
    exchange = bind_exchange(binding, variant, request, {"credentials": credentials})
    try:
        rows = yield from pages(exchange, listing)
    except InvokeError as error:
        error.locate(binding.provider, binding.model, "voices")
        redact_error(error, Redactor.of(credentials))
        raise
    return [_row(row) for row in rows if row.get("id")]


def _row(row: dict[str, Any]) -> Voice:
    languages = row.get("languages")
    found = languages if isinstance(languages, list) else [languages] if languages else []
    return Voice(
        id=str(row["id"]),
        label=str(row.get("label") or row["id"]),
        languages=tuple(str(language) for language in found),
    )


def _speaks(voice: Voice, language: str | None) -> bool:
    """Whether a voice speaks a language; one that names none speaks them all."""
    if language is None or not voice.languages:
        return True
    wanted = language.replace("_", "-").lower().partition("-")[0]
    return any(
        known.replace("_", "-").lower().partition("-")[0] == wanted for known in voice.languages
    )
