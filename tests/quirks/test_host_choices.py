"""Values that a service does not take, where the host has chosen what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from quirks.table import SPECS

from model_runtime import ModelRuntime

PONG = {"choices": [{"message": {"content": "pong"}, "finish_reason": "stop"}]}


def clamped(loopback: Any, spec: str, parameters: dict[str, Any]) -> tuple[Any, tuple[str, ...]]:
    """The body that a clamping host sends to a quirk's service, and the warnings of its result."""
    loopback.answer(loopback.reply(json.dumps(PONG).encode(), content_type="application/json"))
    with ModelRuntime(
        specs=[str(SPECS)],
        credentials={spec: {"api_key": "k"}},
        base_urls={spec: loopback.url},
        on_violation="clamp",
    ) as runtime:
        result = runtime.llm(f"{spec}/small").invoke("ping", parameters=parameters)
    return json.loads(loopback.requests[-1].body), result.warnings


def test_value_out_of_bounds_is_clamped_where_the_host_says_so(loopback: Any) -> None:
    """The nearest value is sent, and the result says so."""
    body, warnings = clamped(loopback, "q17_temperature", {"temperature": 2})
    assert body["temperature"] == 1.99
    assert warnings == ("temperature is 2; this model takes 1.99 at most.",)


def test_stop_texts_are_cut_where_the_host_says_so(loopback: Any) -> None:
    """The first ones are sent, and the result says so."""
    body, warnings = clamped(loopback, "q19_stop_count", {"stop": list("abcde")})
    assert body["stop"] == list("abcd")
    assert warnings == ("stop holds 5 texts; this model takes 4 at most.",)
