"""Bodies of api/chat."""

from __future__ import annotations

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["api_chat"]
CALLS = [
    {"function": {"name": "f", "arguments": {"a": 1}}},
    {"function": {"name": "g", "arguments": {}}},
]


def test_whole_body_is_read() -> None:
    """Images, options and format have their places; the rest is kept."""
    call = read(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "Sky?", "images": ["iVBORw0KGgo="]},
                {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": CALLS},
                {"role": "tool", "content": "1", "tool_name": "g"},
                {"role": "tool", "content": "2", "tool_name": "f"},
            ],
            "options": {"temperature": 0, "num_predict": 100, "num_ctx": 8192, "stop": ["X"]},
            "format": {"type": "object"},
            "think": True,
            "stream": True,
        }
    )
    assert call.messages[0]["parts"][1]["media_type"] == "image/png"
    thought, first, second = call.messages[1]["parts"]
    assert thought == {"type": "reasoning", "text": "hm"}
    answered = [message["parts"][0]["id"] for message in call.messages[2:]]
    assert answered == [second["id"], first["id"]]
    assert call.parameters == {"temperature": 0, "max_tokens": 100}
    assert call.stop == ["X"]
    assert call.response_format == {
        "type": "json_schema",
        "name": "answer",
        "schema": {"type": "object"},
    }
    assert call.extra_body == {"think": True, "options": {"num_ctx": 8192}}


def test_results_without_names_come_in_the_order_of_the_calls() -> None:
    """Older clients do not say which tool answered."""
    results = [{"role": "tool", "content": "1"}, {"role": "tool", "content": "2"}]
    call = read({"messages": [{"role": "assistant", "tool_calls": CALLS}, *results]})
    names = [message["parts"][0]["name"] for message in call.messages[1:]]
    assert names == ["f", "g"]


@pytest.mark.parametrize(
    "message", [{"role": "tool", "content": "x"}, {"role": "user", "images": 5}]
)
def test_broken_message_is_refused(message: dict[str, object]) -> None:
    """A result without a call and images that are no list are faults."""
    with pytest.raises(InvalidParameter):
        read({"messages": [message]})
