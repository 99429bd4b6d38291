"""What a call cost stands in its usage, where the price of the model is known."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS
from wire import JSON, SSE, USAGE, chunk, completion, packed, sse

from model_runtime import Usage

SPEC = """
spec_version: 1
provider: priced
extends: openai_compatible
base_url: http://127.0.0.1:1
models:
  - model: m
    model_type: llm
    pricing:
      {input: "1", output: "10", unit: "0.001", currency: USD,
       rows: [{of: input_tokens, price: "0.5", batch: true}]}
"""


@pytest.fixture(params=["sync", "async"])
def door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A runtime with one priced model."""
    path = tmp_path / "priced.yaml"
    path.write_text(SPEC, encoding="utf-8")
    door = DOORS[request.param](specs=[path])
    yield door
    door.close()


def test_usage_of_a_call_and_of_a_stream_holds_the_price(door: Any, loopback: Any) -> None:
    """Seven tokens in at 1 and two out at 10, for a thousand each."""
    model = door.model("priced/m", loopback.url)
    loopback.answer(loopback.reply(packed(completion()), **JSON))
    assert model.invoke().usage.price.total == Decimal("0.0270000")
    loopback.answer(loopback.reply(sse(chunk("Hi", "stop"), chunk(usage=USAGE)), **SSE))
    assert model.stream().result.usage.price.total == Decimal("0.0270000")


def test_unknown_price_is_none(door: Any, loopback: Any) -> None:
    """A model that no list names costs an unknown sum, not nothing."""
    loopback.answer(loopback.reply(packed(completion()), **JSON))
    assert door.model("priced/other", loopback.url).invoke().usage.price is None


def test_price_of_a_batch_is_asked_for(door: Any, loopback: Any) -> None:
    """A call does not know that it is part of one; what no row tells apart costs the same."""
    handle = door.model("priced/m", loopback.url).handle
    counts = Usage(input_tokens=1_000, output_tokens=0)
    assert handle.price(counts).total == 1
    assert handle.price(counts, batch=True).total == Decimal("0.5")
    assert handle.price(counts, kept_for="1h").total == 1


def test_hour_of_a_cache_is_read_from_the_reply(loopback: Any) -> None:
    """Where the service tells how long each part of what it wrote is kept."""
    reply = {
        "content": [{"type": "text", "text": "Hi"}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 10,
            "output_tokens": 0,
            "cache_creation_input_tokens": 1_000_000,
            "cache_creation": {
                "ephemeral_5m_input_tokens": 0,
                "ephemeral_1h_input_tokens": 1_000_000,
            },
        },
    }
    with closing(DOORS["sync"]()) as bundled:
        loopback.answer(loopback.reply(packed(reply), **JSON))
        usage = bundled.model("anthropic/claude-opus-5-5", loopback.url).invoke().usage
    assert usage.other["cache_write_tokens_1h"] == 1_000_000
    assert usage.price.total == Decimal("8.00004")
