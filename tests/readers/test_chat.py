"""Bodies of chat/completions."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["chat"]
SCHEMA = {"type": "object", "properties": {"location": {"type": "string"}}}
BODY: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "developer", "content": "Be brief."},
        {"role": "user", "content": "Weather in Boston?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "get_weather", "arguments": '{"location":"Boston"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "call_1", "content": "12 C"},
    ],
    "tools": [
        {
            "type": "function",
            "function": {"name": "get_weather", "description": "d", "parameters": SCHEMA},
        }
    ],
    "tool_choice": "auto",
    "temperature": 0.5,
    "max_tokens": None,
    "max_completion_tokens": 10,
    "stop": "END",
    "user": "u",
    "stream": True,
    "stream_options": {"include_usage": True},
    "logit_bias": {"1": 2},
}


def test_whole_body_is_read() -> None:
    """Every key has its canonical place, and what has none is kept under its own name."""
    call = read(BODY)
    assert call.model == "m" and call.stream is True and call.user == "u"
    assert [message["role"] for message in call.messages] == [
        "developer",
        "user",
        "assistant",
        "tool",
    ]
    assert call.messages[2]["parts"][0]["arguments"] == {"location": "Boston"}
    assert call.messages[3]["parts"][0]["name"] == "get_weather"
    assert call.tools == [{"name": "get_weather", "description": "d", "parameters": SCHEMA}]
    assert call.tool_choice == {"mode": "auto"}
    assert call.parameters == {"temperature": 0.5, "max_tokens": 10}
    assert call.stop == ["END"]
    assert call.response_format is Absent
    assert call.extra_body == {"logit_bias": {"1": 2}}


def test_older_functions_are_tools() -> None:
    """The spelling before tools means the same."""
    body = {
        "messages": [],
        "functions": [{"name": "f", "parameters": SCHEMA}],
        "function_call": {"name": "f"},
    }
    call = read(body)
    assert call.tools == [{"name": "f", "parameters": SCHEMA}]
    assert call.tool_choice == {"mode": "tool", "name": "f"}
    assert call.extra_body == {}


def test_schema_answer_is_read() -> None:
    """A json_schema format becomes the canonical one."""
    inner = {"name": "n", "schema": SCHEMA, "strict": True}
    call = read({"messages": [], "response_format": {"type": "json_schema", "json_schema": inner}})
    assert call.response_format == {"type": "json_schema", **inner}


def test_tools_of_the_service_go_through() -> None:
    """Tools that are no functions are sent as they are, and never mixed with others."""
    search = {"type": "web_search", "web_search": {"enable": True}}
    assert read({"messages": [], "tools": [search]}).extra_body == {"tools": [search]}
    with pytest.raises(InvalidParameter, match="mixed with tools that the service runs"):
        read({"messages": [], "tools": [search, *BODY["tools"]]})


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ([], "body: a list was given"),
        ({"messages": [5]}, r"messages\[0\]"),
        ({"messages": [], "tools": "x"}, "tools: a str was given"),
        ({"messages": [], "stop": [1]}, "stop: expected a text"),
    ],
)
def test_broken_body_is_refused(body: Any, message: str) -> None:
    """A body that is no request is named, not crashed on."""
    with pytest.raises(InvalidParameter, match=message):
        read(body)


def test_body_is_not_changed() -> None:
    """The body may be sent on as it came."""
    before = repr(BODY)
    read(BODY)
    assert repr(BODY) == before
