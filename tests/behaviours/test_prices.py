"""What a call cost stands in its usage, where the price of the model is known."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS
from wire import JSON, SSE, USAGE, chunk, completion, packed, sse

SPEC = """
spec_version: 1
provider: priced
extends: openai_compatible
base_url: http://127.0.0.1:1
models:
  - {model: m, model_type: llm, pricing: {input: "1", output: "10", unit: "0.001", currency: USD}}
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
