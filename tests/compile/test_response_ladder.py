"""Structured output where a service takes no JSON Schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.compile.context import CompileContext
from model_runtime.compile.operation import LLMCall
from model_runtime.compile.response_ladder import Rung, fit_response_format, read_ladder
from model_runtime.compile.templates import Fragments
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Findings

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}}
WANTED: dict[str, Any] = {"type": "json_schema", "name": "Person", "schema": SCHEMA}
MESSAGES: list[dict[str, Any]] = [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]


def ladder(*ways: Any) -> tuple[Rung, ...]:
    """A ladder as a spec writes it, in which nothing is wrong."""
    findings = Findings()
    context = CompileContext(
        provider="acme",
        tree={},
        findings=findings,
        credentials={},
        parameters=None,
        fragments=Fragments(),
    )
    rungs = read_ladder(ways, context)
    assert list(findings) == []
    return rungs


def call(**options: Any) -> LLMCall:
    return LLMCall(model="m", messages=MESSAGES, **{"response_format": WANTED, **options})


@pytest.mark.parametrize("ways", [(), ("json_schema", "tool")], ids=["none", "schema first"])
def test_schema_is_sent_as_it_is_where_the_service_takes_it(ways: tuple[str, ...]) -> None:
    """Nothing changes then."""
    given = call()
    assert fit_response_format(given, ladder(*ways)) is given


def test_json_object_puts_the_schema_into_a_system_message() -> None:
    """The service is asked for JSON, the model for the schema; the caller's list is untouched."""
    fitted = fit_response_format(call(), ladder("json_object"))
    assert fitted.response_format == {"type": "json"}
    asked, *rest = fitted.messages
    assert asked["role"] == "system"
    assert json.dumps(SCHEMA) in asked["parts"][0]["text"]
    assert rest == MESSAGES


def test_tool_forces_a_call_whose_parameters_are_the_schema() -> None:
    """Tools of the caller stay beside it."""
    own = {"name": "f"}
    fitted = fit_response_format(call(tools=[own]), ladder("tool"))
    assert fitted.response_format is Absent
    assert fitted.tool_choice == {"mode": "tool", "name": "Person"}
    assert [tool["name"] for tool in fitted.tools] == ["f", "Person"]
    assert fitted.tools[1]["parameters"] == SCHEMA


def test_tool_has_a_name_and_parameters_in_any_case() -> None:
    """A schema may come without a title."""
    fitted = fit_response_format(call(response_format={"type": "json_schema"}), ladder("tool"))
    assert (fitted.tools[0]["name"], fitted.tools[0]["parameters"]) == (
        "answer",
        {"type": "object"},
    )


@pytest.mark.parametrize("wanted", [Absent, {"type": "json"}], ids=["nothing", "json"])
def test_ladder_is_for_schemas_alone(wanted: Any) -> None:
    """Other answers are asked for as the spec says."""
    given = call(response_format=wanted)
    assert fit_response_format(given, ladder("tool")) is given


def test_first_way_that_the_model_is_not_known_to_lack_is_taken() -> None:
    """A model without structured output goes on to the next way; unknown features take any."""
    ways = ladder("json_schema", "tool")
    assert fit_response_format(call(features=("tool-call",)), ways).answer_tool == "Person"
    assert fit_response_format(call(features=("structured-output",)), ways).answer_tool is None
    assert fit_response_format(call(), ways).answer_tool is None


def test_condition_chooses_a_way_by_the_call() -> None:
    """Some services take no schema beside tools, or in streams."""
    ways = ladder({"way": "json_schema", "when": "not tools and not stream"}, "json_object")
    assert fit_response_format(call(), ways).response_format == WANTED
    for options in ({"tools": [{"name": "f"}]}, {"stream": True}):
        assert fit_response_format(call(**options), ways).response_format == {"type": "json"}


def test_call_that_no_way_fits_is_refused() -> None:
    """It is never sent without the answer that was asked for."""
    ways = ladder({"way": "json_schema", "when": "not tools"})
    with pytest.raises(InvalidParameter, match="m takes no response_format in a call like this"):
        fit_response_format(call(tools=[{"name": "f"}]), ways)


def test_schema_stands_in_the_prompt_too_where_a_spec_says_so() -> None:
    """Some servers hold to a schema without telling the model of it."""
    fitted = fit_response_format(call(), ladder({"way": "json_schema", "in_prompt": True}))
    assert fitted.response_format == WANTED
    assert json.dumps(SCHEMA) in fitted.messages[0]["parts"][0]["text"]
    silent = fit_response_format(call(), ladder({"way": "json_object", "in_prompt": False}))
    assert (silent.messages, silent.response_format) == (MESSAGES, {"type": "json"})


@pytest.mark.parametrize("wanted", [WANTED, {"type": "json"}], ids=["schema", "json"])
def test_prompt_asks_in_words_alone(wanted: Any) -> None:
    """For services that know no form of answers at all."""
    fitted = fit_response_format(call(response_format=wanted), ladder("prompt"))
    assert fitted.response_format is Absent
    assert "Answer with one JSON object" in fitted.messages[0]["parts"][0]["text"]


def test_faulty_condition_is_a_finding() -> None:
    """A name that does not exist is told when the spec is compiled."""
    with pytest.raises(AssertionError, match="`tool` is not in scope"):
        ladder({"way": "json_schema", "when": "not tool"})
