"""Credential forms, whatever is declared and submitted: held against the rules one by one."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_runtime.credentials.form import check_form, read_form
from model_runtime.errors import CredentialsInvalid

NAMES = ("a", "b", "c")
WORDS = st.sampled_from(["", "x", "y", "true", "false", "longer text"])
CONDITION = st.fixed_dictionaries(
    {
        "variable": st.sampled_from([*NAMES, "__model_type"]),
        "value": st.sampled_from(["x", "y", "true", "llm"]),
    }
)
FIELD = st.fixed_dictionaries(
    {
        "variable": st.sampled_from(NAMES),
        "type": st.sampled_from(["text-input", "secret-input", "select", "radio", "switch"]),
        "required": st.booleans(),
    },
    optional={
        "default": st.sampled_from(["x", "y", "true"]),
        "max_length": st.sampled_from([0, 1, 4]),
        "options": st.just([{"value": "x"}, {"value": "y"}]),
        "show_on": st.lists(CONDITION, max_size=2),
    },
)
SUBMITTED = st.dictionaries(st.sampled_from([*NAMES, "other"]), WORDS | st.booleans() | st.none())


class Refused(Exception):
    """The schema refuses what was submitted."""


def by_the_schema(
    fields: list[dict[str, Any]], submitted: dict[str, Any], model_type: str
) -> dict[str, Any]:
    """The rules of the schema, one after the other, as its description puts them."""
    known = {**submitted, "__model_type": model_type}
    kept: dict[str, Any] = {}
    for field in fields:
        if not all(shown(known.get(c["variable"])) == c["value"] for c in field.get("show_on", ())):
            continue
        name, value = field["variable"], known.get(field["variable"])
        if value is None or value == "":
            if "default" not in field:
                if field["required"]:
                    raise Refused
                continue
            value = field["default"]
        kept[name] = one(field, value)
        known[name] = value
    return kept


def shown(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def one(field: dict[str, Any], value: Any) -> Any:
    if field["type"] == "switch":
        if shown(value) not in ("true", "false"):
            raise Refused
        return shown(value) == "true"
    if not isinstance(value, str):
        raise Refused
    if field.get("max_length") and len(value) > field["max_length"]:
        raise Refused
    options = [option["value"] for option in field.get("options", ())]
    if field["type"] in ("select", "radio") and options and value not in options:
        raise Refused
    return value


@given(st.lists(FIELD, max_size=5), SUBMITTED, st.sampled_from(["llm", "tts"]))
def test_form_accepts_exactly_what_the_schema_allows(
    fields: list[dict[str, Any]], submitted: dict[str, Any], model_type: str
) -> None:
    """Nothing more and nothing less, and what comes back is the same."""
    form = read_form("acme", None, {"credential_form_schemas": fields})
    try:
        wanted: dict[str, Any] | None = by_the_schema(fields, submitted, model_type)
    except Refused:
        wanted = None
    try:
        found: dict[str, Any] | None = check_form(form, submitted, model_type=model_type)
    except CredentialsInvalid:
        found = None
    assert found == wanted


@given(st.lists(FIELD, max_size=5), SUBMITTED)
def test_only_variables_of_the_form_come_back(
    fields: list[dict[str, Any]], submitted: dict[str, Any]
) -> None:
    """No unknown variable, no pseudo-variable and no empty value."""
    form = read_form("acme", None, {"credential_form_schemas": fields})
    try:
        found = check_form(form, submitted, model_type="llm")
    except CredentialsInvalid:
        return
    assert set(found) <= {field["variable"] for field in fields}
    assert not {None, ""} & set(found.values())


def test_same_variable_twice_is_the_field_that_is_shown() -> None:
    """As `context_size` once per model type."""
    rows = [
        {
            "variable": "size",
            "type": "text-input",
            "required": True,
            "default": default,
            "show_on": [{"variable": "__model_type", "value": kind}],
        }
        for kind, default in (("llm", "4096"), ("rerank", "512"))
    ]
    form = read_form("acme", None, {"credential_form_schemas": rows})
    assert check_form(form, {}, model_type="llm") == {"size": "4096"}
    assert check_form(form, {}, model_type="rerank") == {"size": "512"}
    assert check_form(form, {"size": "7"}, model_type="rerank") == {"size": "7"}
    assert check_form(form, {"size": "7"}, model_type="tts") == {}


def test_switch_that_is_off_is_kept() -> None:
    """The schema's own check loses a false; ours does not."""
    rows = [{"variable": "s", "type": "switch", "required": True}]
    form = read_form("acme", None, {"credential_form_schemas": rows})
    assert check_form(form, {"s": "false"}) == check_form(form, {"s": False}) == {"s": False}
