"""JSON on its way out and in."""

from __future__ import annotations

import json
from collections import OrderedDict, namedtuple
from dataclasses import dataclass
from datetime import date
from enum import Enum, IntEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime import json_text
from model_runtime.errors import InvalidParameter
from model_runtime.json_text import decode_json, encode_json


def test_json_goes_out_compact_and_as_utf8() -> None:
    """No blanks, no escapes for what UTF-8 holds, keys in the order given."""
    assert encode_json({"b": "h\u00e9 \u2028", "a": [1, None, True]}) == (
        '{"b":"h\u00e9 \u2028","a":[1,null,true]}'.encode()
    )


UNFIT = {
    "lone surrogate": ("a\ud800b", "lone surrogate U\\+D800"),
    "nan": (float("nan"), "cannot be written as JSON"),
    "infinity": ([float("inf")], "cannot be written as JSON"),
    "bytes": (b"x", "bytes"),
    "object": (object(), "object"),
}


@pytest.mark.parametrize(("value", "said"), UNFIT.values(), ids=UNFIT)
def test_what_json_lacks_is_an_invalid_parameter(value: object, said: str) -> None:
    """Nothing that a service could not read is ever sent."""
    with pytest.raises(InvalidParameter, match=said):
        encode_json({"field": value})


def test_value_that_holds_itself_is_an_invalid_parameter() -> None:
    """A circle is a fault of the caller and no crash."""
    circle: list[object] = []
    circle.append(circle)
    with pytest.raises(InvalidParameter, match="cannot be written as JSON"):
        encode_json(circle)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b'\xef\xbb\xbf{"a":1}', {"a": 1}),
        (b" [1]\r\n", [1]),
        ('"\\ud800"', "\ud800"),
        ("1", 1),
        ("\ufeff2", 2),
    ],
    ids=["byte order mark", "blanks", "lone surrogate", "number", "byte order mark in a text"],
)
def test_json_comes_in_tolerantly(data: bytes | str, value: object) -> None:
    """What services send is read, also where it is not quite clean."""
    assert decode_json(data) == value


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\xff", b"[" * 200_000, b"1" * 5_000, b"{}{}"],
    ids=["empty", "cut", "no utf-8", "too deep", "huge number", "two documents"],
)
def test_what_is_no_json_is_a_value_error(data: bytes) -> None:
    """Hostile documents end in the one error that callers expect."""
    with pytest.raises(ValueError):
        decode_json(data)


DOCUMENTS = [
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    '{"id": 99999999999999999999999, "x": 0.12345678901234567890123}',
    "[0.00012345678901234567, -1.5e300, 1E400, -0, 5e-324]",
    '{"a": NaN, "b": [Infinity, -Infinity]}',
    r'"half \ud83d, whole \ud83d\ude00"',
    '"1234567890123456789012345"',
    '{"a": 1, "a": 2}',
    " \n[true, false, null]\t",
    "[" * 2000 + "]" * 2000,
    "[1,]",
    "{'a': 1}",
    '"a\nb"',
    "",
    "1 2",
]


def read_as(data: bytes | str) -> object:
    """The value with the types of its numbers, or the class of the error."""
    try:
        return repr(decode_json(data))
    except ValueError:
        return ValueError


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda text: text[:24])
def test_values_do_not_depend_on_the_extra(monkeypatch: pytest.MonkeyPatch, document: str) -> None:
    """With the faster library a document is read to the same value, or refused alike."""
    pytest.importorskip("orjson")
    found = read_as(document), read_as(document.encode())
    monkeypatch.setattr(json_text, "_fast_reader", lambda: None)
    assert found == (read_as(document), read_as(document.encode()))


def test_broken_bytes_and_marks_do_not_depend_on_the_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A byte order mark is skipped and a broken character becomes U+FFFD, either way."""
    raw = b'\xef\xbb\xbf{"a": "\xff"}'
    found = decode_json(raw)
    monkeypatch.setattr(json_text, "_fast_reader", lambda: None)
    assert found == decode_json(raw) == {"a": "\ufffd"}


class Colour(Enum):
    """Text in an enum, as hosts write their constants."""

    RED = "red"


class Size(IntEnum):
    """A number in an enum."""

    BIG = 3


@dataclass
class Point:
    """No form of JSON's."""

    x: int = 1


Pair = namedtuple("Pair", "a b")

VALUES: list[Any] = [
    {"a": [1, -0.0, 1e-7, 1e16, 5e-324, True, None, "null", "h\u00e9 \u2028\u007f\u0001"]},
    [2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1, 10**400],
    {1: "a", None: "b", False: "c", 1.5: "d"},
    (1, (2,), [], {}),
    OrderedDict(b=1, a=2),
    Pair(1, 2),
    [Colour.RED, Size.BIG, UUID(int=7)],
    {Size.BIG: 1},
    Point(),
    date(2026, 1, 2),
    [float("nan")],
    {"a": float("-inf"), "b": None},
    "\ud800",
    {"\udfff": 1},
    {1, 2},
    b"bytes",
    object,
]


def written_as(value: object) -> object:
    """The value that a reader of the written document finds, or the message of the refusal."""
    try:
        return repr(json.loads(encode_json(value)))
    except InvalidParameter as error:
        return str(error)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:24])
def test_what_goes_out_does_not_depend_on_the_extra(
    monkeypatch: pytest.MonkeyPatch, value: object
) -> None:
    """With the faster library a value is written to the same meaning, or refused alike."""
    pytest.importorskip("orjson")
    found = written_as(value)
    monkeypatch.setattr(json_text, "_fast_writer", lambda: None)
    assert found == written_as(value)


def test_deep_values_go_out_with_and_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tree deeper than the faster library goes is written by the other one."""
    deep = "[" * 400 + "]" * 400
    value = json.loads(deep)
    assert encode_json(value) == deep.encode()
    monkeypatch.setattr(json_text, "_fast_writer", lambda: None)
    assert encode_json(value) == deep.encode()


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=[]), max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


@given(ANY_JSON)
def test_any_value_is_written_and_read_alike(value: object) -> None:
    """Whatever JSON can hold has one meaning, whichever library writes it and which reads it."""
    pytest.importorskip("orjson")
    with pytest.MonkeyPatch.context() as patch:
        fast = written_as(value)
        patch.setattr(json_text, "_fast_writer", lambda: None)
        assert fast == written_as(value)
        text = json.dumps(value)
        patch.undo()
        fast_read = read_as(text)
        patch.setattr(json_text, "_fast_reader", lambda: None)
        assert fast_read == read_as(text)
