"""Bodies of responses."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["responses"]
BODY: dict[str, Any] = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Weather?"},
                {"type": "input_image", "image_url": "data:image/png;base64,aGk=", "detail": "low"},
            ],
        },
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Let me look.", "annotations": []}],
        },
        {
            "type": "function_call",
            "id": "fc_1",
            "call_id": "call_1",
            "name": "get_weather",
            "arguments": '{"location":"Boston"}',
            "status": "completed",
        },
        {"type": "function_call_output", "call_id": "call_1", "output": "12 C"},
        {"role": "user", "content": "a"},
        {"role": "user", "content": "b"},
    ],
    "tools": [{"type": "function", "name": "get_weather", "parameters": {}, "strict": True}],
    "tool_choice": {"type": "function", "name": "get_weather"},
    "reasoning": {"effort": "low"},
    "text": {
        "format": {"type": "json_schema", "name": "x", "schema": {"type": "object"}},
        "verbosity": "low",
    },
    "max_output_tokens": 500,
    "store": False,
    "stream": True,
}


def test_whole_body_is_read() -> None:
    """Items become turns: those of the model together, with the state that goes back."""
    call = read(BODY)
    roles = [message["role"] for message in call.messages]
    assert roles == ["system", "user", "assistant", "tool", "user", "user"]
    assert call.messages[1]["parts"][1] == {
        "type": "image",
        "data": b"hi",
        "media_type": "image/png",
        "detail": "low",
    }
    reasoning, text, tool_call = call.messages[2]["parts"]
    assert reasoning == {
        "type": "reasoning",
        "text": "",
        "provider_state": {"id": "rs_1", "summary": [], "encrypted_content": "gAAA"},
    }
    assert text == {
        "type": "text",
        "text": "Let me look.",
        "provider_state": {"item_id": "msg_1"},
    }
    assert (tool_call["id"], tool_call["provider_state"]) == ("call_1", {"id": "fc_1"})
    assert call.messages[3]["parts"][0]["name"] == "get_weather"
    assert call.tools == [{"name": "get_weather", "parameters": {}, "strict": True}]
    assert call.tool_choice == {"mode": "tool", "name": "get_weather"}
    assert call.parameters == {"max_tokens": 500}
    assert call.response_format == {
        "type": "json_schema",
        "name": "x",
        "schema": {"type": "object"},
    }
    assert call.extra_body == {
        "reasoning": {"effort": "low"},
        "store": False,
        "text": {"verbosity": "low"},
    }


def test_text_input_is_a_user_message() -> None:
    """The shortest body is one question."""
    call = read({"input": "hi"})
    assert call.messages == [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]


def test_output_in_parts_is_kept() -> None:
    """A tool may answer with a picture or a file."""
    output = [
        {"type": "input_text", "text": "x"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "JVBERi0="},
    ]
    item = {"type": "function_call_output", "call_id": "c", "output": output}
    content = read({"input": [item]}).messages[0]["parts"][0]["content"]
    assert [part["type"] for part in content] == ["text", "document"]


@pytest.mark.parametrize(
    "item",
    [{"type": "web_search_call"}, {"type": []}, {"role": "user", "content": [{"type": "x"}]}],
)
def test_item_without_canonical_form_is_refused(item: dict[str, Any]) -> None:
    """What cannot be said in our words is refused with its index."""
    with pytest.raises(InvalidParameter, match=r"^input\[0\].*no canonical form"):
        read({"input": [item]})
