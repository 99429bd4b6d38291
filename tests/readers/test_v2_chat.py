"""Bodies of v2/chat."""

from __future__ import annotations

from model_runtime.readers import READERS

read = READERS["v2_chat"]


def test_whole_body_is_read() -> None:
    """Short names of parameters, documents of tools and the plan have their places."""
    call = read(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Sales?"}]},
                {
                    "role": "assistant",
                    "tool_plan": "I look.",
                    "tool_calls": [
                        {
                            "id": "q_1",
                            "type": "function",
                            "function": {"name": "query", "arguments": "{}"},
                        }
                    ],
                },
                {
                    "role": "tool",
                    "tool_call_id": "q_1",
                    "content": [
                        {"type": "document", "document": {"id": "d1", "data": {"sales": 3}}}
                    ],
                },
            ],
            "tools": [{"type": "function", "function": {"name": "query"}}],
            "tool_choice": "REQUIRED",
            "p": 0.9,
            "k": 4,
            "stop_sequences": ["X"],
            "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
            "documents": ["a"],
            "stream": False,
        }
    )
    assert call.messages[1]["provider_state"] == {"tool_plan": "I look."}
    assert call.messages[2]["parts"][0]["content"] == [
        {"type": "text", "text": '{"sales": 3}', "provider_state": {"document_id": "d1"}}
    ]
    assert call.tool_choice == {"mode": "required"}
    assert call.parameters == {"top_p": 0.9, "top_k": 4}
    assert (call.stop, call.stream) == (["X"], False)
    assert call.response_format == {
        "type": "json_schema",
        "name": "answer",
        "schema": {"type": "object"},
    }
    assert call.extra_body == {"documents": ["a"]}


def test_thinking_is_reasoning() -> None:
    """What the model thought comes back as reasoning."""
    message = {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm"}]}
    assert read({"messages": [message]}).messages[0]["parts"] == [
        {"type": "reasoning", "text": "hm"}
    ]
