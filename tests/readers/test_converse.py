"""Bodies of converse."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["converse"]
BODY: dict[str, Any] = {
    "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
    "messages": [
        {
            "role": "user",
            "content": [
                {"text": "Weather?"},
                {"image": {"format": "png", "source": {"bytes": "aGk="}}},
                {"document": {"format": "pdf", "name": "a", "source": {"bytes": "aGk="}}},
            ],
        },
        {
            "role": "assistant",
            "content": [
                {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
                {"reasoningContent": {"redactedContent": "xx"}},
                {"toolUse": {"toolUseId": "t1", "name": "weather", "input": {"a": 1}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {
                    "toolResult": {
                        "toolUseId": "t1",
                        "content": [{"json": {"celsius": 12}}],
                        "status": "error",
                    }
                }
            ],
        },
    ],
    "inferenceConfig": {"maxTokens": 500, "temperature": 0.2, "stopSequences": ["X"]},
    "toolConfig": {
        "tools": [{"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}}],
        "toolChoice": {"any": {}},
    },
    "additionalModelRequestFields": {"top_k": 50},
}


def test_whole_body_is_read() -> None:
    """Blocks become parts, and a cache point marks the part before it."""
    call = read(BODY)
    assert call.messages[0]["parts"][0]["provider_state"] == {"cache_point": {"type": "default"}}
    assert [part["type"] for part in call.messages[1]["parts"]] == ["text", "image", "document"]
    assert call.messages[1]["parts"][2]["media_type"] == "application/pdf"
    assert call.messages[2]["parts"] == [
        {"type": "reasoning", "text": "hm", "provider_state": {"signature": "s"}},
        {"type": "reasoning", "text": "", "provider_state": {"redacted": "xx"}},
        {"type": "tool_call", "id": "t1", "name": "weather", "arguments": {"a": 1}},
    ]
    assert call.messages[3] == {
        "role": "tool",
        "parts": [
            {
                "type": "tool_result",
                "id": "t1",
                "name": "weather",
                "content": '{"celsius": 12}',
                "is_error": True,
            }
        ],
    }
    assert call.tools == [{"name": "weather", "parameters": {"type": "object"}}]
    assert call.tool_choice == {"mode": "required"}
    assert call.parameters == {"max_tokens": 500, "temperature": 0.2}
    assert call.stop == ["X"]
    assert call.extra_body == {"additionalModelRequestFields": {"top_k": 50}}


def test_file_in_a_bucket_is_a_url() -> None:
    """A location stands for the content."""
    video = {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v.mp4"}}}
    call = read({"messages": [{"role": "user", "content": [{"video": video}]}]})
    assert call.messages[0]["parts"] == [
        {"type": "video", "url": "s3://b/v.mp4", "media_type": "video/mp4"}
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([{"guardContent": {}}], "guardContent has no canonical form"),
        ([{"cachePoint": {}}], "nothing before it"),
        ("x", "a str was given"),
    ],
)
def test_content_without_canonical_form_is_refused(content: object, message: str) -> None:
    """What cannot be said in our words is refused."""
    with pytest.raises(InvalidParameter, match=message):
        read({"messages": [{"role": "user", "content": content}]})
