"""Scopes: which names each field of each operation sees, and their shapes."""

from __future__ import annotations

from typing import get_args

import pytest

from model_runtime.compile.scopes import (
    ANY,
    OPERATION_NAMES,
    PART,
    SCOPES,
    SECRET,
    Field,
    Shape,
    scope_names,
)
from model_runtime.vocabulary import MODEL_TYPES

CALL = {
    "model",
    "model_properties",
    "parameters",
    "wire_parameters",
    "stream",
    "extra_body",
    "credentials",
}


@pytest.mark.parametrize(
    ("operation", "own"),
    [
        ("llm", {"messages", "tools", "tool_choice", "response_format"}),
        ("text-embedding", {"texts", "input_type", "dimensions"}),
        ("rerank", {"query", "documents", "top_n", "score_threshold", "next"}),
        ("speech2text", {"file", "language"}),
        ("tts", {"text", "voice", "format"}),
        ("moderation", {"text"}),
        ("count_tokens.llm", {"messages", "tools", "tool_choice", "response_format"}),
        ("count_tokens.text-embedding", {"texts", "input_type", "dimensions"}),
    ],
)
def test_request_sees_the_names_of_its_operation(operation: str, own: set[str]) -> None:
    """A request reads what every call has, and what its own operation has."""
    names = scope_names("request", operation, credentials={}, parameters=None)
    assert set(names) == CALL | own


@pytest.mark.parametrize("model_type", MODEL_TYPES)
def test_every_model_type_has_its_names(model_type: str) -> None:
    """No model type is forgotten in the table."""
    assert set(OPERATION_NAMES[model_type]) > CALL


@pytest.mark.parametrize(
    ("field", "added"), [("job", {"job", "steps"}), ("steps", {"steps"}), ("headers", set())]
)
def test_job_and_steps_exist_only_where_they_are(field: Field, added: set[str]) -> None:
    """The saved values of a job and of steps are in scope of their own requests only."""
    names = scope_names(field, "speech2text", credentials={}, parameters=None)
    assert set(names) == CALL | {"file", "language"} | added


@pytest.mark.parametrize("field", get_args(Field))
def test_scopes_table_agrees_with_scope_names(field: Field) -> None:
    """The table that the JSON Schema is held against is what is really in scope."""
    for operation, names in SCOPES[field].items():
        found = scope_names(field, operation, credentials={}, parameters=None)
        assert set(found) == set(names)


def test_secret_credential_is_marked_where_it_may_be_read() -> None:
    """In headers a secret is a secret, in a body it is refused, and others are free."""
    credentials: dict[str, Shape | bool] = {
        "api_key": True,
        "region": False,
        "account": Shape(kind="map", is_secret=True),
    }
    headers = scope_names("headers", "llm", credentials=credentials, parameters=None)
    fields = headers["credentials"].fields or {}
    assert fields["api_key"] is SECRET
    assert fields["account"].is_secret
    assert fields["region"] is ANY
    request = scope_names("request", "llm", credentials=credentials, parameters=None)
    refused = request["credentials"].fields or {}
    assert [name for name, shape in refused.items() if shape.refused] == ["api_key", "account"]


def test_parameters_are_closed_when_they_are_known() -> None:
    """Only the parameters of the table and the rules may be read."""
    names = scope_names("request", "llm", credentials={}, parameters=["temperature"])
    assert set(names["parameters"].fields or {}) == {"temperature"}
    assert (
        scope_names("request", "llm", credentials={}, parameters=None)["parameters"].fields is None
    )


def test_tool_result_holds_parts_again() -> None:
    """The shape of a part is found again inside the content of a tool result."""
    assert PART.fields is not None
    assert PART.fields["content"].item is PART
