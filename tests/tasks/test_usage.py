"""What calls besides chats consume and cost: as the service tells it, else as it is known here."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from model_runtime.audio import wrap_wav

Open = Callable[..., Any]

TTS = """
tts:
  batch: {of: text, max_chars: 12, split: sentence, join: audio}
  request: {method: POST, path: /speak, body: {text: "{{ text }}"}}
  response: {expect: {content_type: [audio/*]}}
  stream: {framing: bytes}
"""
TOLD = """
tts:
  request: {method: POST, path: /speak, body: {text: "{{ text }}"}}
  response: {audio: {path: audio, decode: hex}, usage: {at: "@", other: {characters: billed}}}
"""
HEARD = """
speech2text:
  request: {method: POST, path: /hear, raw: "{{ file.content }}"}
  response: {text: text, duration: duration, usage: {at: usage, other: {seconds: seconds}}}
"""
JUDGED = """
moderation:
  batch: {of: text, max_chars: 12, split: sentence}
  request: {method: POST, path: /judge, body: {text: "{{ text }}"}}
  response: {flagged: flagged, usage: {at: usage, input_tokens: tokens}}
"""
PRICED = """
drop: [speed]
models:
  - model: m
    model_type: tts
    pricing: {unit: "0.000001", currency: USD, rows: [{of: characters, price: "15"}]}
  - model: m
    model_type: speech2text
    pricing: {unit: "0.001", currency: USD, rows: [{of: seconds, price: "2"}]}
  - {model: m, model_type: moderation, pricing: {input: "3", unit: "0.001", currency: USD}}
"""
TEXT = "One here. Two there. Three."


class Told:
    """A hook that keeps results."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def on_result(self, result: Any) -> None:
        self.results.append(result)


@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_spoken_characters_are_counted_and_priced(open_service: Open, stream: bool) -> None:
    """Of all pieces together, whole and streamed; hooks are told the one result."""
    hook = Told()
    service = open_service(TTS, more=PRICED, hooks=[hook])
    for _ in range(3):
        service.answer(b"ID3", content_type="audio/mpeg")
    options = {"parameters": {"speed": 2}}
    if stream:
        _, result = service.stream(TEXT, **options)
    else:
        result = service.invoke("tts", TEXT, **options)
    assert result.usage.other == {"characters": len(TEXT)}
    assert result.usage.price.total == Decimal("0.000405")
    assert [told.usage.price for told in hook.results] == [result.usage.price]
    assert any("speed" in warning for warning in result.warnings)


def test_characters_that_the_service_counts_stand(open_service: Open) -> None:
    """It may count otherwise than the text is long, and bills what it counts."""
    service = open_service(TOLD, more=PRICED)
    service.answer({"audio": "00", "billed": 4})
    usage = service.invoke("tts", "你好").usage
    assert usage.other == {"characters": 4}
    assert usage.price.total == Decimal("0.00006")


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        ({"text": "a", "duration": 2.5}, "2.5"),
        ({"text": "a", "duration": 2.5, "usage": {"seconds": 3}}, "3"),
        ({"text": "a"}, None),
    ],
    ids=["length", "billed", "unknown"],
)
def test_seconds_are_the_length_unless_the_service_bills_others(
    open_service: Open, reply: dict[str, Any], seconds: str | None
) -> None:
    """Without either the price is unknown."""
    service = open_service(HEARD, more=PRICED)
    service.answer(reply)
    usage = service.invoke("speech2text", wrap_wav(bytes(8), sample_rate=16_000)).usage
    if seconds is None:
        assert (usage.other, usage.price) == ({}, None)
    else:
        assert usage.other["seconds"] == Decimal(seconds)
        assert usage.price.total == Decimal(seconds) * 2 / 1000


def test_usage_of_judgements_is_summed_and_priced(open_service: Open) -> None:
    """Over the pieces of a long text."""
    service = open_service(JUDGED, more=PRICED)
    for count in (4, 5, 6):
        service.answer({"flagged": False, "usage": {"tokens": count}})
    usage = service.invoke("moderation", TEXT).usage
    assert usage.input_tokens == 15
    assert usage.price.total == Decimal("0.045")


def test_price_of_a_usage_is_asked_of_any_model(open_service: Open) -> None:
    """As of a language model, for what a host has counted itself."""
    from model_runtime import Usage

    service = open_service(TTS, more=PRICED)
    usage = Usage(other={"characters": Decimal(1_000_000)})
    assert service.door.runtime.tts("acme/m").price(usage).total == 15
    assert service.door.runtime.tts("acme/other").price(usage) is None
