"""The filters that templates call."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.messages import ENGINE_ID_PREFIX, MESSAGE_FILTERS

Json = dict[str, Any]


def apply(name: str, value: object, *arguments: object) -> Any:
    return MESSAGE_FILTERS[name].function(value, *arguments)


def text(value: str) -> Json:
    return {"type": "text", "text": value}


URL: Json = {"type": "image", "url": "https://example.com/a"}
PNG: Json = {"type": "image", "data": b"hi", "media_type": "image/png"}
BARE: Json = {"type": "document", "data": b"hi"}
CALL: Json = {"type": "tool_call", "id": "c", "name": "f", "arguments": {"a": "ö"}}
SYSTEM: Json = {"role": "system", "parts": [text("a"), text("b")]}
USER: Json = {"role": "user", "parts": [{"type": "reasoning", "text": "r"}, text("c"), URL]}
EMPTY: Json = {"role": "assistant", "parts": [CALL]}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("x", "x", id="text"),
        pytest.param(text("x"), "x", id="part"),
        pytest.param(SYSTEM, "ab", id="message"),
        pytest.param([SYSTEM, EMPTY, USER], "ab\n\nc", id="messages"),
        pytest.param([], "", id="nothing"),
        pytest.param([text("x"), text("y")], "xy", id="content of a result"),
        pytest.param({"type": "tool_result", "id": "c", "content": [text("x")]}, "x", id="result"),
    ],
)
def test_text_is_joined(value: object, expected: str) -> None:
    """One filter gives the text of everything that has text."""
    assert apply("text", value) == expected


@pytest.mark.parametrize("value", [[text("x"), PNG], [CALL], 5, CALL])
def test_content_that_text_would_lose_is_refused(value: object) -> None:
    """A picture in a tool result is not dropped on a wire that takes text."""
    with pytest.raises(InvalidParameter):
        apply("text", value)


def test_missing_text_is_null_or_absent() -> None:
    """The name of the filter says what stands for no text."""
    assert apply("text_or_null", EMPTY) is None
    assert apply("text_or_omit", EMPTY) is Absent
    assert apply("text_or_omit", SYSTEM) == "ab"


def test_texts_are_joined_by_a_separator() -> None:
    """Parts of text may be kept apart."""
    assert apply("text_join", SYSTEM, "\n") == "a\nb"
    assert apply("text_join", [SYSTEM, USER], "|") == "a|b|c"
    assert apply("text_join", "x", "|") == "x"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"parts": [text("x")]}, True),
        ({"parts": []}, True),
        ("x", True),
        ({"parts": [text("x"), text("y")]}, False),
        ({"parts": [{**text("x"), "provider_state": {"cache": 1}}]}, False),
        ({"parts": [text("x"), URL]}, False),
    ],
    ids=["one", "none", "plain", "two", "marked", "picture"],
)
def test_only_text_means_that_plain_text_says_it_all(value: object, expected: bool) -> None:
    """A message is written as plain text only if nothing is lost by that."""
    assert apply("only_text", value) is expected


def test_all_text_allows_several_texts() -> None:
    """Several texts are still text alone."""
    assert apply("all_text", SYSTEM) is True
    assert apply("all_text", USER) is False


def test_is_text_tells_a_text_from_parts() -> None:
    """A tool result's content is a text or a list of parts."""
    assert apply("is_text", "x") is True
    assert apply("is_text", [text("x")]) is False


def test_parts_are_chosen_by_type() -> None:
    """Parts come in order, from a message, a list of messages, a list of parts or a text."""
    assert apply("parts", USER, "image", "text") == [text("c"), URL]
    assert apply("parts", [SYSTEM, EMPTY], "tool_call") == [CALL]
    assert apply("parts", [text("x"), PNG], "image") == [PNG]
    assert apply("parts", "x", "text") == [text("x")]
    assert apply("without_parts", USER, "image", "reasoning") == [text("c")]
    assert apply("without_parts", [EMPTY], "tool_call") == [{"role": "assistant", "parts": []}]


def test_messages_are_chosen_by_role() -> None:
    """Roles split a conversation into those named and the others."""
    assert apply("role", [SYSTEM, USER], "system", "developer") == [SYSTEM]
    assert apply("without_role", [SYSTEM, USER], "system") == [USER]
    assert apply("role", [USER], "system") == []


def test_data_is_written_as_base64_text_or_data_url() -> None:
    """Media go into a body as base64, as a data URL, or as the URL they have."""
    assert apply("base64", PNG) == apply("base64", b"hi") == "aGk="
    assert apply("data_text", BARE) == "hi"
    assert apply("data_url", PNG) == "data:image/png;base64,aGk="
    assert apply("data_url", BARE) == "data:application/octet-stream;base64,aGk="
    assert apply("data_url", URL) == apply("media_url", URL) == "https://example.com/a"


@pytest.mark.parametrize(
    ("name", "part", "message"),
    [
        ("base64", URL, "takes images as data only"),
        ("media_url", PNG, "takes images by URL only"),
        ("data_text", {"type": "document", "data": b"\xff"}, "as UTF-8 text only"),
        ("data_url", {"type": "document", "provider_state": {"file_id": "f"}}, "documents as data"),
        ("base64", text("x"), "no media part"),
    ],
)
def test_media_of_the_wrong_form_are_refused(name: str, part: Json, message: str) -> None:
    """What a service cannot take is refused before anything is sent."""
    with pytest.raises(InvalidParameter, match=message):
        apply(name, part)


def test_format_name_is_absent_where_the_type_is_unknown() -> None:
    """The short name of a format comes from the part's media type."""
    assert apply("media_format", PNG) == "png"
    assert apply("media_format", "audio/mpeg") == "mp3"
    assert apply("media_format", BARE) is Absent


def test_ids_of_the_engine_are_not_sent() -> None:
    """A service sees only the ids it gave."""
    assert apply("own_id", f"{ENGINE_ID_PREFIX}1") is Absent
    assert apply("own_id", "c1") == "c1"


def test_ids_are_fitted_to_a_service() -> None:
    """The default is nine letters and digits."""
    assert len(apply("tool_id", "call_0123456789")) == 9
    assert apply("tool_id", "a-b", 64, "ab-", False) == "a-b"


def test_arguments_are_written_as_object_or_text() -> None:
    """The model's own text is kept where there is one."""
    assert apply("call_arguments", CALL) == {"a": "ö"}
    assert apply("call_arguments_text", CALL) == '{"a":"ö"}'
    assert apply("call_arguments_text", {**CALL, "raw_arguments": '{ "a": 1 }'}) == '{ "a": 1 }'
    assert apply("call_arguments_text", {**CALL, "raw_arguments": ""}) == "{}"


def test_broken_arguments_are_refused_where_an_object_is_needed() -> None:
    """Text that is no JSON object is not sent as an empty one."""
    with pytest.raises(InvalidParameter, match="tool call 'f' are not a JSON object"):
        apply("call_arguments", {"type": "tool_call", "name": "f", "raw_arguments": "{"})


def test_keywords_are_dropped_by_name_or_list() -> None:
    """Names may be given one by one or together."""
    schema = {"title": "t", "$schema": "s", "type": "object"}
    assert apply("drop_schema_keys", schema, "title", "$schema") == {"type": "object"}
    assert apply("drop_schema_keys", schema, ["title", "$schema"]) == {"type": "object"}


@pytest.mark.parametrize("name", ["role", "join_adjacent", "merge_system"])
def test_filter_of_messages_refuses_other_values(name: str) -> None:
    """A template that pipes something else is told so."""
    with pytest.raises(InvalidParameter, match="Expected a list of messages"):
        apply(name, "x")


@pytest.mark.parametrize("name", sorted(MESSAGE_FILTERS))
def test_numbers_of_arguments_agree_with_the_function(name: str) -> None:
    """What the table promises of a filter's arguments, its function takes."""
    entry = MESSAGE_FILTERS[name]
    signature = inspect.signature(entry.function)
    signature.bind(None, *["x"] * entry.min_args)
    signature.bind(None, *["x"] * (9 if entry.max_args is None else entry.max_args))
