"""Tools, tool choice and response format in every spelling."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.messages import (
    Tool,
    normalize_response_format,
    normalize_tool_choice,
    normalize_tools,
)

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
WEATHER = {"name": "weather", "description": "d", "parameters": SCHEMA, "strict": True}


@pytest.mark.parametrize(
    "tool",
    [
        pytest.param(Tool(**WEATHER), id="object"),
        pytest.param(WEATHER, id="mapping"),
        pytest.param({"type": "function", "function": WEATHER}, id="chat"),
        pytest.param({"type": "function", **WEATHER}, id="flat"),
    ],
)
def test_every_spelling_of_a_tool_is_one(tool: object) -> None:
    """A tool has one canonical form, which shares nothing with what was given."""
    found = normalize_tools([tool])
    assert found == [WEATHER]
    assert found[0]["parameters"] is not SCHEMA


def test_unset_keys_of_a_tool_are_missing() -> None:
    """Null means unset: the canonical tool has no key for it."""
    assert normalize_tools([Tool(name="f")]) == [{"name": "f"}]


def test_unknown_keys_of_a_tool_are_kept() -> None:
    """A cache mark beside the function waits in the state."""
    tool = {"type": "function", "function": {"name": "f"}, "cache_control": {"type": "x"}}
    assert normalize_tools([tool])[0]["provider_state"] == {"cache_control": {"type": "x"}}


def test_property_named_like_a_keyword_stays() -> None:
    """Schemas are data: a property may have any name."""
    schema = {"type": "object", "properties": {"$ref": {}, "additionalProperties": {}}}
    assert normalize_tools([{"name": "f", "parameters": schema}])[0]["parameters"] == schema


def test_tool_survives_its_dict() -> None:
    """A tool read back from its dict is the same tool."""
    assert Tool.from_dict(Tool(**WEATHER).to_dict()) == Tool(**WEATHER)


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ("x", "tools: 'x' was given. Expected a list"),
        ([5], r"tools\[0\]: 5 was given"),
        ([{"description": "x"}], r"tools\[0\].name: None is not a text"),
        ([{"name": ""}], "the name is empty"),
        ([{"type": "web_search"}], "run by the service.*extra_body"),
        ([{"name": "f", "parameters": []}], r"tools\[0\].parameters"),
        ([{"name": "f", "parameters": {"x": float("inf")}}], "parameters.x: inf is not"),
        ([{"name": "f", "strict": "yes"}], "Expected true or false"),
    ],
)
def test_broken_tool_is_refused(tools: object, message: str) -> None:
    """A tool that cannot be sent is named with its index and key."""
    with pytest.raises(InvalidParameter, match=message):
        normalize_tools(tools)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, Absent),
        (Absent, Absent),
        ("auto", {"mode": "auto"}),
        ("required", {"mode": "required"}),
        ("weather", {"mode": "tool", "name": "weather"}),
        ({"type": "none"}, {"mode": "none"}),
        ({"mode": "auto"}, {"mode": "auto"}),
        ({"mode": "tool", "name": "weather"}, {"mode": "tool", "name": "weather"}),
        ({"type": "function", "name": "weather"}, {"mode": "tool", "name": "weather"}),
        (
            {"type": "function", "function": {"name": "auto"}},
            {"mode": "tool", "name": "auto"},
        ),
    ],
)
def test_tool_choice_is_read(choice: object, expected: object) -> None:
    """Words, names and mappings give a mode, and a name where one tool is meant."""
    assert normalize_tool_choice(choice) == expected


@pytest.mark.parametrize("choice", [5, {"type": "allowed_tools"}, {"type": "function"}])
def test_tool_choice_without_meaning_is_refused(choice: object) -> None:
    """A choice that has no canonical form is refused, not ignored."""
    with pytest.raises(InvalidParameter, match="^tool_choice"):
        normalize_tool_choice(choice)


def test_choice_of_a_missing_tool_names_a_close_one() -> None:
    """A misspelt tool is a fault of the caller, told before anything is sent."""
    with pytest.raises(InvalidParameter, match="Did you mean 'weather'"):
        normalize_tool_choice("wether", [WEATHER])


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (None, Absent),
        ({"type": "text"}, Absent),
        ("json", {"type": "json"}),
        ({"type": "json_object"}, {"type": "json"}),
        (SCHEMA, {"type": "json_schema", "name": "answer", "schema": SCHEMA}),
        ({}, {"type": "json_schema", "name": "answer", "schema": {}}),
        (
            {"title": "A (b)!", "type": "object"},
            {
                "type": "json_schema",
                "name": "A__b",
                "schema": {"title": "A (b)!", "type": "object"},
            },
        ),
        (
            {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA, "strict": True}},
            {"type": "json_schema", "name": "n", "schema": SCHEMA, "strict": True},
        ),
        (
            {"type": "json_schema", "name": "n", "schema": SCHEMA},
            {"type": "json_schema", "name": "n", "schema": SCHEMA},
        ),
        (
            {"type": "json_object", "schema": SCHEMA},
            {"type": "json_schema", "name": "answer", "schema": SCHEMA},
        ),
    ],
)
def test_response_format_is_read(wanted: Any, expected: object) -> None:
    """Words, schemas and mappings give one form; a schema's title becomes a safe name."""
    assert normalize_response_format(wanted) == expected


@pytest.mark.parametrize("wanted", ["yaml", 5, {"type": "json_schema"}])
def test_response_format_without_meaning_is_refused(wanted: object) -> None:
    """A format that has no canonical form is refused, not ignored."""
    with pytest.raises(InvalidParameter, match="^response_format"):
        normalize_response_format(wanted)
