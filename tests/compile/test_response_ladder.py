"""Structured output where a service takes no JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.compile.operation import LLMCall
from model_runtime.compile.response_ladder import fit_response_format

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
WANTED: dict[str, Any] = {"type": "json_schema", "name": "Person", "schema": SCHEMA}
MESSAGES: list[dict[str, Any]] = [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]


def call(**options: Any) -> LLMCall:
    return LLMCall(model="m", messages=MESSAGES, **{"response_format": WANTED, **options})


@pytest.mark.parametrize("ladder", [(), ("json_schema", "tool")], ids=["none", "schema first"])
def test_schema_is_sent_as_it_is_where_the_service_takes_it(ladder: tuple[str, ...]) -> None:
    """Nothing changes then."""
    given = call()
    assert fit_response_format(given, ladder) is given


def test_json_object_puts_the_schema_into_a_system_message() -> None:
    """The service is asked for JSON, the model for the schema; the caller's list is untouched."""
    fitted = fit_response_format(call(), ("json_object",))
    assert fitted.response_format == {"type": "json"}
    asked, *rest = fitted.messages
    assert asked["role"] == "system"
    assert json.dumps(SCHEMA) in asked["parts"][0]["text"]
    assert rest == MESSAGES


def test_tool_forces_a_call_whose_parameters_are_the_schema() -> None:
    """Tools of the caller stay beside it."""
    own = {"name": "f"}
    fitted = fit_response_format(call(tools=[own]), ("tool",))
    assert fitted.response_format is Absent
    assert fitted.tool_choice == {"mode": "tool", "name": "Person"}
    assert [tool["name"] for tool in fitted.tools] == ["f", "Person"]
    assert fitted.tools[1]["parameters"] == SCHEMA


def test_tool_has_a_name_and_parameters_in_any_case() -> None:
    """A schema may come without a title."""
    fitted = fit_response_format(call(response_format={"type": "json_schema"}), ("tool",))
    assert (fitted.tools[0]["name"], fitted.tools[0]["parameters"]) == (
        "answer",
        {"type": "object"},
    )


@pytest.mark.parametrize("wanted", [Absent, {"type": "json"}], ids=["nothing", "json"])
def test_ladder_is_for_schemas_alone(wanted: Any) -> None:
    """Other answers are asked for as the spec says."""
    given = call(response_format=wanted)
    assert fit_response_format(given, ("tool",)) is given


def test_first_way_that_the_model_is_not_known_to_lack_is_taken() -> None:
    """A model without structured output goes on to the next way; unknown features take any."""
    ladder = ("json_schema", "tool")
    assert fit_response_format(call(features=("tool-call",)), ladder).answer_tool == "Person"
    assert fit_response_format(call(features=("structured-output",)), ladder).answer_tool is None
    assert fit_response_format(call(), ladder).answer_tool is None
