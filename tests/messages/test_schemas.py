"""Dialects of JSON Schema."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages import schemas

Json = dict[str, Any]
# A property may be named like any keyword, and values may look like schemas.
TRAP: Json = {
    "type": "object",
    "properties": {
        name: {"type": "string"}
        for name in ("$ref", "const", "oneOf", "type", "additionalProperties", "title", "enum")
    },
    "required": ["$ref", "const", "oneOf", "type", "additionalProperties", "title", "enum"],
    "default": {"title": "t", "const": 1, "type": "string", "$ref": "#/x"},
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    "change",
    [
        schemas.nullable_types,
        schemas.const_to_enum,
        schemas.one_of_to_any_of,
        schemas.enum_to_string,
        schemas.close_objects,
        schemas.inline_refs,
        schemas.tuples_to_prefix_items,
        schemas.types_into_any_of,
        schemas.object_root,
        lambda schema: schemas.drop_schema_keys(schema, ["title", "const", "$ref", "oneOf"]),
    ],
    ids=["nullable", "const", "one_of", "enum", "close", "refs", "tuples", "types", "root", "drop"],
)
def test_property_named_like_a_keyword_is_not_touched(change: Callable[[Json], Json]) -> None:
    """Names of properties and values are data, not keywords."""
    before = copy.deepcopy(TRAP)
    assert change(TRAP) == before
    assert before == TRAP


def test_keywords_are_dropped_at_every_level() -> None:
    """A dropped keyword is gone wherever a schema may stand."""
    schema = {
        "$schema": "x",
        "title": "a",
        "properties": {"p": {"title": "b", "items": {"title": "c"}}},
        "anyOf": [{"title": "d"}],
        "$defs": {"title": {"title": "e"}},
    }
    assert schemas.drop_schema_keys(schema, ["title", "$schema"]) == {
        "properties": {"p": {"items": {}}},
        "anyOf": [{}],
        "$defs": {"title": {}},
    }


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": ["string"]}, {"type": "string"}),
        (
            {"type": ["string", "integer", "null"]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
            {"type": "string", "description": "d", "nullable": True},
        ),
        (
            {"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]},
            {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        ),
    ],
)
def test_null_becomes_nullable(schema: Json, expected: Json) -> None:
    """Both spellings of "or null" become `nullable`."""
    assert schemas.nullable_types(schema) == expected


def test_const_becomes_an_enum() -> None:
    """A constant is an enum of one value, also null and false."""
    schema = {"items": {"const": None}, "const": False}
    assert schemas.const_to_enum(schema) == {"items": {"enum": [None]}, "enum": [False]}


def test_one_of_becomes_any_of() -> None:
    """Where both stand, both still hold."""
    assert schemas.one_of_to_any_of({"oneOf": [{"oneOf": []}]}) == {"anyOf": [{"anyOf": []}]}
    both = schemas.one_of_to_any_of({"oneOf": [{"a": 1}], "anyOf": [{"b": 1}]})
    assert both == {"anyOf": [{"b": 1}], "allOf": [{"anyOf": [{"a": 1}]}]}


def test_enum_values_become_texts() -> None:
    """Services that know only texts get texts."""
    found = schemas.enum_to_string({"type": "integer", "enum": [1, 2]})
    assert found == {"type": "string", "enum": ["1", "2"]}
    assert schemas.enum_to_string({"enum": [True, None, "x"]})["enum"] == ["true", "null", "x"]


def test_types_are_written_in_capitals() -> None:
    """Types change, a property called type does not."""
    schema = {"type": "object", "properties": {"type": {"type": ["string", "null"]}}}
    assert schemas.uppercase_types(schema) == {
        "type": "OBJECT",
        "properties": {"type": {"type": ["STRING", "NULL"]}},
    }


def test_closed_objects_require_everything_and_allow_null() -> None:
    """A strict service fills every property; what was optional may be null."""
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": "string"},
            "b": {"type": "integer"},
            "c": {"enum": ["x"], "type": "string"},
            "d": {"$ref": "#/$defs/x"},
            "e": {"anyOf": [{"type": "string"}]},
        },
        "required": ["a"],
    }
    found = schemas.close_objects(schema)
    null = {"type": "null"}
    assert found == {
        "type": "object",
        "additionalProperties": False,
        "required": ["a", "b", "c", "d", "e"],
        "properties": {
            "a": {"type": "string"},
            "b": {"type": ["integer", "null"]},
            "c": {"anyOf": [{"enum": ["x"], "type": "string"}, null]},
            "d": {"anyOf": [{"$ref": "#/$defs/x"}, null]},
            "e": {"anyOf": [{"type": "string"}, null]},
        },
    }
    assert schemas.close_objects(found) == found


def test_objects_may_be_closed_without_requiring_more() -> None:
    """Some services want objects closed and leave optional properties optional."""
    schema = {"type": "object", "properties": {"a": {}}, "additionalProperties": True}
    assert schemas.close_objects(schema, False) == {**schema, "additionalProperties": False}


def test_map_of_values_stays_open() -> None:
    """An object whose names are free cannot be closed without changing what it means."""
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    assert schemas.close_objects(schema) == schema


def test_references_are_replaced_by_their_targets() -> None:
    """Keywords beside a reference win, escapes are read, definitions go away."""
    schema = {
        "$ref": "#/$defs/a~1b%20c",
        "$defs": {
            "a/b c": {"type": "object", "properties": {"x": {"$ref": "#/$defs/y", "title": "t"}}},
            "y": {"type": "string", "title": "y"},
        },
    }
    assert schemas.inline_refs(schema) == {
        "type": "object",
        "properties": {"x": {"type": "string", "title": "t"}},
    }


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"properties": {"a": {"$ref": "#"}}}, "contains itself"),
        (
            {"$ref": "#/$defs/a", "$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}},
            "contains itself",
        ),
        ({"$ref": "https://example.com/s"}, "leads outside"),
        ({"$ref": "#/$defs/none"}, "leads nowhere"),
        ({"$ref": "#/type", "type": "object"}, "Expected a mapping"),
    ],
)
def test_reference_that_cannot_be_inlined_is_refused(schema: Json, message: str) -> None:
    """Circles and references that lead away are named."""
    with pytest.raises(InvalidParameter, match=message):
        schemas.inline_refs(schema)


def test_schema_that_grows_without_end_is_refused() -> None:
    """A few definitions that double each other cannot fill the memory."""
    defs = {
        f"d{n}": {"properties": {k: {"$ref": f"#/$defs/d{n + 1}"} for k in "ab"}} for n in range(40)
    }
    began = time.perf_counter()
    with pytest.raises(InvalidParameter, match="more than 20000 nodes"):
        schemas.inline_refs({"$ref": "#/$defs/d0", "$defs": {**defs, "d40": {}}})
    assert time.perf_counter() - began < 5


def test_deep_schema_is_refused() -> None:
    """Nesting has an end, and it is no RecursionError."""
    schema: Json = {}
    for _ in range(5_000):
        schema = {"items": schema}
    with pytest.raises(InvalidParameter, match="nested deeper"):
        schemas.uppercase_types(schema)
    with pytest.raises(InvalidParameter, match="nested deeper"):
        schemas.inline_refs(schema)


def test_closed_objects_are_opened() -> None:
    """The keyword goes where it forbids, and stays where it describes."""
    schema: Json = {
        "additionalProperties": False,
        "properties": {"a": {"additionalProperties": {"type": "string"}}, "b": {"type": "null"}},
    }
    assert schemas.open_objects(schema) == {"properties": schema["properties"]}


def test_tuples_become_prefix_items() -> None:
    """With what follows them; a schema for all items stays."""
    schema: Json = {"items": [{"items": [{}]}], "additionalItems": False}
    assert schemas.tuples_to_prefix_items(schema) == {
        "prefixItems": [{"prefixItems": [{}]}],
        "items": False,
    }
    assert schemas.tuples_to_prefix_items({"items": {"type": "null"}}) == {
        "items": {"type": "null"}
    }


def test_type_beside_choices_goes_into_them() -> None:
    """A choice that has a type keeps its own."""
    schema: Json = {"type": "object", "anyOf": [{"required": ["a"]}, {"type": "null"}, True]}
    assert schemas.types_into_any_of(schema) == {
        "anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}, True]
    }


def test_root_is_an_object() -> None:
    """It is said where it was not; another type cannot be made one."""
    assert schemas.object_root({}) == {"type": "object", "properties": {}}
    schema: Json = {"type": "object", "properties": {"a": {}}}
    assert schemas.object_root(schema) == schema
    with pytest.raises(InvalidParameter, match="of type 'array'. Expected an object"):
        schemas.object_root({"type": "array"})
