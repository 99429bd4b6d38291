"""Bodies of messages."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["messages"]
BODY: dict[str, Any] = {
    "model": "m",
    "max_tokens": 1024,
    "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {
                    "type": "image",
                    "source": {"type": "base64", "media_type": "image/png", "data": "aGk="},
                },
                {"type": "text", "text": "Weather?"},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "hm", "signature": "EqQ"},
                {"type": "redacted_thinking", "data": "xx"},
                {"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"a": 1}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "12 C"},
                {"type": "text", "text": "And?"},
            ],
        },
    ],
    "tools": [{"name": "weather", "description": "d", "input_schema": {"type": "object"}}],
    "tool_choice": {"type": "any", "disable_parallel_tool_use": True},
    "stop_sequences": ["X"],
    "metadata": {"user_id": "u"},
    "thinking": {"type": "enabled", "budget_tokens": 1024},
    "output_config": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
    "stream": True,
}


def test_whole_body_is_read() -> None:
    """Blocks become parts, with cache marks and signatures in their state."""
    call = read(BODY)
    roles = [message["role"] for message in call.messages]
    assert roles == ["system", "user", "assistant", "tool", "user"]
    assert call.messages[0]["parts"][0]["provider_state"] == {
        "cache_control": {"type": "ephemeral"}
    }
    assert call.messages[1]["parts"][0]["data"] == b"hi"
    assert call.messages[2]["parts"] == [
        {"type": "reasoning", "text": "hm", "provider_state": {"signature": "EqQ"}},
        {"type": "reasoning", "text": "", "provider_state": {"data": "xx"}},
        {"type": "tool_call", "id": "toolu_1", "name": "weather", "arguments": {"a": 1}},
    ]
    assert call.messages[3]["parts"] == [
        {"type": "tool_result", "id": "toolu_1", "name": "weather", "content": "12 C"}
    ]
    assert call.tools == [{"name": "weather", "description": "d", "parameters": {"type": "object"}}]
    assert call.tool_choice == {"mode": "required"}
    assert call.parameters == {"max_tokens": 1024}
    assert (call.stop, call.user) == (["X"], "u")
    assert call.response_format == {
        "type": "json_schema",
        "name": "answer",
        "schema": {"type": "object"},
    }
    assert call.extra_body == {
        "tool_choice": {"disable_parallel_tool_use": True},
        "thinking": {"type": "enabled", "budget_tokens": 1024},
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ({"type": "url", "url": "https://e.com/a"}, {"url": "https://e.com/a"}),
        (
            {"type": "text", "media_type": "text/plain", "data": "hi"},
            {"data": b"hi", "media_type": "text/plain"},
        ),
        (
            {"type": "file", "file_id": "f"},
            {"provider_state": {"source": {"type": "file", "file_id": "f"}}},
        ),
    ],
)
def test_source_of_a_document_is_read(source: dict[str, Any], expected: dict[str, Any]) -> None:
    """A source that lies at the service is kept in the state."""
    body = {"messages": [{"role": "user", "content": [{"type": "document", "source": source}]}]}
    assert read(body).messages[0]["parts"] == [{"type": "document", **expected}]


def test_failed_result_with_parts_is_read() -> None:
    """A tool result may hold parts and say that it failed."""
    block = {
        "type": "tool_result",
        "tool_use_id": "c",
        "is_error": True,
        "content": [{"type": "text", "text": "no"}],
    }
    part = read({"messages": [{"role": "user", "content": [block]}]}).messages[0]["parts"][0]
    assert part["is_error"] is True
    assert part["content"] == [{"type": "text", "text": "no"}]


def test_block_without_canonical_form_is_refused() -> None:
    """A tool that the service ran cannot be said in our words."""
    body = {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]}
    with pytest.raises(InvalidParameter, match=r"^messages\[0\].content\[0\].*server_tool_use"):
        read(body)
