"""Bodies of generateContent."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.readers import READERS

read = READERS["generate_content"]
BODY: dict[str, Any] = {
    "systemInstruction": {"parts": [{"text": "Be brief."}]},
    "contents": [
        {
            "role": "user",
            "parts": [
                {"text": "Weather?"},
                {"inlineData": {"mimeType": "image/png", "data": "aGk="}},
            ],
        },
        {
            "role": "model",
            "parts": [
                {"text": "plan", "thought": True},
                {
                    "functionCall": {"name": "weather", "args": {"snake_case": 1}},
                    "thoughtSignature": "Eq",
                },
            ],
        },
        {
            "role": "user",
            "parts": [{"functionResponse": {"name": "weather", "response": {"result": "12 C"}}}],
        },
    ],
    "tools": [
        {"functionDeclarations": [{"name": "weather", "parametersJsonSchema": {"type": "object"}}]}
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "AUTO"}},
    "generationConfig": {
        "temperature": 0.2,
        "maxOutputTokens": 500,
        "stopSequences": ["X"],
        "thinkingConfig": {"includeThoughts": True},
    },
    "safetySettings": [],
}


def test_whole_body_is_read() -> None:
    """Parts keep their order, calls get ids, and signatures wait in the state."""
    call = read(BODY)
    roles = [message["role"] for message in call.messages]
    assert roles == ["system", "user", "assistant", "tool"]
    tool_call, result = call.messages[2]["parts"][1], call.messages[3]["parts"][0]
    assert tool_call["provider_state"] == {"thought_signature": "Eq"}
    assert tool_call["arguments"] == {"snake_case": 1}
    assert result["id"] == tool_call["id"] and result["content"] == "12 C"
    assert call.tools == [{"name": "weather", "parameters": {"type": "object"}}]
    assert call.tool_choice == {"mode": "auto"}
    assert call.parameters == {"temperature": 0.2, "max_tokens": 500}
    assert call.stop == ["X"]
    assert call.extra_body == {
        "safetySettings": [],
        "generationConfig": {"thinkingConfig": {"includeThoughts": True}},
    }


def test_snake_case_means_the_same() -> None:
    """Both spellings of the wire's keys are read; arguments and schemas are not touched."""
    body = {
        "system_instruction": {"parts": [{"text": "Be brief."}]},
        "contents": [
            {"parts": [{"inline_data": {"mime_type": "audio/wav", "data": "aGk="}}]},
            {"role": "model", "parts": [{"function_call": {"name": "f", "args": {"a_b": 1}}}]},
        ],
        "generation_config": {"max_output_tokens": 5, "response_mime_type": "application/json"},
    }
    call = read(body)
    assert call.messages[1]["parts"][0]["type"] == "audio"
    assert call.messages[2]["parts"][0]["arguments"] == {"a_b": 1}
    assert call.parameters == {"max_tokens": 5}
    assert call.response_format == {"type": "json"}


@pytest.mark.parametrize(
    ("config", "choice", "is_left"),
    [
        ({"mode": "ANY"}, {"mode": "required"}, False),
        ({"mode": "any", "allowedFunctionNames": ["f", "g"]}, {"mode": "required"}, False),
        ({"mode": "ANY", "allowedFunctionNames": ["f"]}, {"mode": "tool", "name": "f"}, False),
        ({"mode": "NONE"}, {"mode": "none"}, False),
        ({"mode": "VALIDATED"}, Absent, True),
        ({"mode": "ANY", "allowedFunctionNames": ["f", "h"]}, Absent, True),
    ],
)
def test_calling_mode_is_read(config: dict[str, Any], choice: object, is_left: bool) -> None:
    """Modes without a canonical word go to the wire as they are."""
    tools = [{"functionDeclarations": [{"name": "f"}, {"name": "g"}]}]
    wanted = {"functionCallingConfig": config}
    call = read({"contents": [], "tools": tools, "toolConfig": wanted})
    assert call.tool_choice == choice
    assert ("toolConfig" in call.extra_body) is is_left


def test_result_that_is_an_object_becomes_json() -> None:
    """A response of several keys is told as JSON text."""
    response = {"functionResponse": {"name": "f", "id": "1", "response": {"a": 1, "b": "ö"}}}
    part = read({"contents": {"parts": [response]}}).messages[0]["parts"][0]
    assert part["content"] == '{"a": 1, "b": "ö"}'


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"contents": [{"role": "tool", "parts": []}]}, "unknown role 'tool'"),
        ({"contents": [{"parts": [{"executableCode": {}}]}]}, "executableCode"),
        (
            {"contents": [], "tools": [{"functionDeclarations": []}, {"googleSearch": {}}]},
            "mixed with tools",
        ),
        (
            {"toolConfig": {"functionCallingConfig": {"allowedFunctionNames": {"a": 1}}}},
            "allowedFunctionNames: expected a list of texts",
        ),
    ],
)
def test_content_without_canonical_form_is_refused(body: dict[str, Any], message: str) -> None:
    """What cannot be said in our words is refused."""
    with pytest.raises(InvalidParameter, match=message):
        read(body)
