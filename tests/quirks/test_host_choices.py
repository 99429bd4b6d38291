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


def test_form_of_a_users_own_model_describes_it() -> None:
    """Its features, lengths and prices are those that were typed."""
    form = {
        "mode": "chat",
        "context_size": "32768",
        "max_tokens_to_sample": "4096",
        "function_calling_type": "tool_call",
        "stream_function_calling": "supported",
        "vision_support": "support",
        "audio_support": True,
        "video_support": True,
        "document_support": True,
        "agent_thought_support": True,
        "structured_output_support": True,
        "input_price": "1.5",
        "output_price": "2",
    }
    with ModelRuntime(specs=[str(SPECS)], credentials={"q83_by_hand": form}) as runtime:
        entry = runtime.describe_model("q83_by_hand/mine", "llm")
        listed = runtime.model("q83_listed/large", "llm")
    assert entry.model_properties["context_size"] == 32768
    assert entry.spec["max_output_tokens"] == 4096
    assert set(entry.features) == {
        "tool-call",
        "multi-tool-call",
        "stream-tool-call",
        "vision",
        "audio",
        "video",
        "document",
        "agent-thought",
        "structured-output",
    }
    assert entry.pricing is not None and entry.pricing["input"] == "1.5"
    assert listed.model_properties["context_size"] == 128_000
    assert "structured-output" not in listed.features and "vision" in listed.features
    assert listed.pricing is not None and listed.pricing["output"] == "4.00"
