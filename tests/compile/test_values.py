"""Values read from replies: a path, and what else is done with what it finds."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.compile.values import compile_header_value, compile_value, read_text
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.location import Place


def read(spec: object, value: Any) -> Any:
    findings = Findings()
    reader = compile_value(spec, findings, Place("provider.yaml", 3, 7, "p"))
    assert findings.errors == []
    return reader(value)


CASES: dict[str, tuple[object, Any, Any]] = {
    "path": ("a.b", {"a": {"b": 1}}, 1),
    "path in a map": ({"path": "a"}, {"a": 1}, 1),
    "the reply itself": ({}, 5, 5),
    "missing is null": ("a.b", {}, None),
    "parse json": ({"path": "a", "parse": "json"}, {"a": '{"x": 1}'}, {"x": 1}),
    "parse what is no json": ({"path": "a", "parse": "json"}, {"a": "{x"}, "{x"),
    "parse what is no text": ({"path": "a", "parse": "json"}, {"a": [1]}, [1]),
    "map": ({"path": "a", "map": {"x": "y"}}, {"a": "x"}, "y"),
    "map keeps other words": ({"path": "a", "map": {"x": "y"}}, {"a": "z"}, "z"),
    "map with a star": ({"path": "a", "map": {"x": "y", "*": "o"}}, {"a": "z"}, "o"),
    "map of a boolean": ({"path": "a", "map": {"true": 1, "false": 0}}, {"a": True}, 1),
    "map of a number": ({"path": "a", "map": {"2": "two"}}, {"a": 2}, "two"),
    "map leaves null alone": ({"path": "a", "map": {"*": "o"}}, {}, None),
    "map of null": ({"path": "a", "map": {"null": "n", "*": "o"}}, {}, "n"),
    "default for null": ({"path": "a", "default": 7}, {}, 7),
    "default keeps 0": ({"path": "a", "default": 7}, {"a": 0}, 0),
    "default keeps an empty text": ({"path": "a", "default": 7}, {"a": ""}, ""),
    "required and there": ({"path": "a", "required": True}, {"a": False}, False),
    "default comes before required": ({"path": "a", "default": 1, "required": True}, {}, 1),
}


@pytest.mark.parametrize(("spec", "value", "found"), CASES.values(), ids=CASES)
def test_value_is_read_as_its_spec_says(spec: object, value: Any, found: Any) -> None:
    """One path, and in this order: parse, map, new id, default, required."""
    assert read(spec, value) == found


@pytest.mark.parametrize("found", [None, ""], ids=["null", "empty"])
def test_missing_id_is_made(found: object) -> None:
    """`or: new_id` gives a new id each time, and keeps one that is there."""
    spec = {"path": "id", "or": "new_id"}
    first, second = read(spec, {"id": found}), read(spec, {"id": found})
    assert first.startswith("call_mr_")
    assert first != second
    assert read(spec, {"id": "x"}) == "x"


def test_required_value_that_is_missing_names_path_place_and_shape() -> None:
    """The error shows what the reply has, by keys and types."""
    with pytest.raises(ReplyError) as caught:
        read({"path": "data.id", "required": True}, {"data": {"ids": [1], "secret": "s3cr3t"}})
    said = str(caught.value)
    assert "`data.id` (provider.yaml:3:7)" in said
    assert "the first step that is missing is `id`" in said
    assert "{data: {ids: [number], secret: string}}" in said
    assert "s3cr3t" not in said


def test_fault_in_a_path_is_a_finding_and_reads_null() -> None:
    """All faults of a spec are told at once, so none of them raises."""
    findings = Findings()
    reader = compile_value({"path": "a..b"}, findings, Place("p.yaml", 1, 1))
    assert [finding.code for finding in findings] == ["R401"]
    assert reader({"a": 1}) is None


def test_header_is_read_by_its_name_in_any_case() -> None:
    """`header:NAME` reads a header, anything else the body."""
    findings = Findings()
    header = compile_header_value("header:X-Request-Id", findings, None)
    assert header({}, {"x-request-id": "r1"}) == "r1"
    assert header({"x-request-id": "body"}, {}) is None
    assert compile_header_value("id", findings, None)({"id": 5}, {}) == 5


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (["a", {"text": "b"}, {"type": "text", "text": "c"}], "abc"),
        ([{"type": "output_text", "text": "a"}, {"type": "image", "text": "b"}], "a"),
        ([None, 1, {"text": 5}], ""),
        (5, "5"),
    ],
    ids=str,
)
def test_text_is_read_from_texts_and_lists_of_parts(value: object, text: str) -> None:
    """Some services answer with parts where a text is usual."""
    assert read_text(value) == text
