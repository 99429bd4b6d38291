"""What the form of a user's own model tells of it."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.catalog.customizable import properties_told, spec_told


def test_form_describes_a_model() -> None:
    """Lengths are text in forms, and numbers here."""
    values = {"api_key": "k", "mode": "chat", "context_size": "32768", "max_tokens": "2048"}
    assert spec_told({**values, "vision_support": "support"}) == {
        "model_properties": {"context_size": 32768, "mode": "chat"},
        "features": ["vision"],
        "max_output_tokens": 2048,
    }


@pytest.mark.parametrize(
    ("values", "features"),
    [
        ({"function_calling_type": "function_call"}, ["tool-call"]),
        ({"function_calling_type": "tool_call"}, ["tool-call", "multi-tool-call"]),
        ({"function_calling_type": "no_call"}, []),
        ({"stream_function_calling": "supported"}, ["stream-tool-call"]),
        ({"vision_support": "no_support"}, []),
        ({"structured_output_support": "true"}, ["structured-output"]),
        ({"agent_thought_support": "not_supported"}, []),
    ],
)
def test_features_are_those_that_the_form_says_yes_to(
    values: dict[str, Any], features: list[str]
) -> None:
    """In the words that forms use."""
    assert spec_told(values).get("features", []) == features


@pytest.mark.parametrize("told", ["", "many", "-1", "0", None])
def test_length_that_is_none_is_not_told(told: object) -> None:
    """A user may type anything."""
    assert properties_told({"context_size": told}) == {}


def test_voices_are_a_list_of_names() -> None:
    """Written with commas in a form."""
    found = properties_told({"voices": "alloy, echo,"})["voices"]
    assert [voice["mode"] for voice in found] == ["alloy", "echo"]


def test_price_of_the_form_is_kept_as_text() -> None:
    """With its unit and currency."""
    values = {"input_price": "1.5", "output_price": 2, "unit": "0.001", "currency": "CNY"}
    assert spec_told(values)["pricing"] == {
        "input": "1.5",
        "output": "2",
        "unit": "0.001",
        "currency": "CNY",
    }
