"""Every accepted spelling of a conversation."""

from __future__ import annotations

import copy
import enum
import time
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages import (
    ENGINE_ID_PREFIX,
    Message,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    normalize_messages,
    restrict_state,
)


def text(value: str) -> dict[str, Any]:
    return {"type": "text", "text": value}


HI = [{"role": "user", "parts": [text("hi")]}]


@pytest.mark.parametrize(
    "prompt",
    [
        pytest.param("hi", id="str"),
        pytest.param(Message("user", "hi"), id="message"),
        pytest.param({"role": "user", "content": "hi"}, id="mapping"),
        pytest.param(["hi"], id="list of str"),
        pytest.param(({"role": "user", "parts": [{"type": "text", "text": "hi"}]},), id="own"),
        pytest.param([{"role": "user", "content": ["hi"]}], id="text as part"),
        pytest.param([{"role": "user", "content": [Text("hi")]}], id="object in mapping"),
        pytest.param([{"role": "user", "content": "hi", "name": None}], id="null key"),
    ],
)
def test_every_form_of_a_prompt_is_one_canonical_form(prompt: object) -> None:
    """However a user says hi, the engine sees the same."""
    assert normalize_messages(prompt) == HI


@pytest.mark.parametrize("prompt", ["478", "None", "true", "[1,2]", "007", "{{ x }}", "\0\u2028"])
def test_text_stays_the_same_text(prompt: str) -> None:
    """Text is never parsed, whatever it looks like."""
    assert normalize_messages(prompt)[0]["parts"] == [text(prompt)]


def test_role_given_as_enum_becomes_plain_text() -> None:
    """A role may be a member of a str enum."""

    class Role(enum.StrEnum):
        USER = "user"

    role = normalize_messages({"role": Role.USER, "content": "hi"})[0]["role"]
    assert type(role) is str and role == "user"


def test_tool_conversation_in_both_spellings_is_one() -> None:
    """Calls and results in the chat spelling equal those in our names."""
    chat = [
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [
                {
                    "id": "c1",
                    "type": "function",
                    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
                }
            ],
        },
        {"role": "tool", "tool_call_id": "c1", "content": "18 C"},
    ]
    call = ToolCall(
        id="c1", name="weather", arguments={"city": "Paris"}, raw_arguments='{"city": "Paris"}'
    )
    own = [
        Message("assistant", [Reasoning("hm"), call]),
        Message("tool", [ToolResult(id="c1", content="18 C")]),
    ]
    assert normalize_messages(chat) == normalize_messages(own)
    assert normalize_messages(chat)[1]["parts"][0]["name"] == "weather"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("", {"arguments": {}}),
        ('{"a": 1}', {"arguments": {"a": 1}}),
        ("[1]", {}),
        ('{"a":', {}),
        ('{"a": NaN}', {}),
        ('{"a": "\\ud800"}', {}),
        ("[" * 100_000, {}),
    ],
    ids=["empty", "object", "list", "broken", "nan", "surrogate", "deep"],
)
def test_arguments_that_are_no_object_stay_raw(raw: str, expected: dict[str, Any]) -> None:
    """Arguments are an object, or only the text the model wrote."""
    call = {"id": "c", "function": {"name": "f", "arguments": raw}}
    part = normalize_messages({"role": "assistant", "tool_calls": [call]})[0]["parts"][0]
    kept = {key: value for key, value in part.items() if key == "arguments"}
    assert kept == expected and part["raw_arguments"] == raw


def test_calls_without_ids_find_their_results_by_name() -> None:
    """Older function calls and services without ids get counted ids, the same in every turn."""
    history = [
        {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}},
        {"role": "function", "name": "f", "content": "1"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {}}}]},
        {"role": "tool", "tool_name": "f", "content": "2"},
    ]
    found = normalize_messages(history)
    ids = [message["parts"][0]["id"] for message in found]
    assert ids == [f"{ENGINE_ID_PREFIX}{n}" for n in (0, 0, 1, 1)]
    assert [message["role"] for message in found] == ["assistant", "tool"] * 2
    assert normalize_messages(history) == found


def test_unknown_keys_are_kept_in_the_state() -> None:
    """Nothing that a caller says is lost: keys we do not know wait in provider_state."""
    message = {
        "role": "user",
        "mood": "glad",
        "content": [{"type": "text", "text": "x", "cache_control": {"type": "ephemeral"}}],
    }
    found = normalize_messages(message)[0]
    assert found["provider_state"] == {"mood": "glad"}
    assert found["parts"][0]["provider_state"] == {"cache_control": {"type": "ephemeral"}}


def test_name_of_a_speaker_is_kept() -> None:
    """Who speaks stands beside the role, whatever else the message says."""
    for more in ({}, {"provider_state": {"mood": "glad"}}):
        found = normalize_messages({"role": "user", "name": "ann", "content": "hi", **more})
        assert found == [{"role": "user", "name": "ann", "parts": [text("hi")], **more}]
    with pytest.raises(InvalidParameter, match=r"messages\[0\]\.name"):
        normalize_messages({"role": "user", "name": 3, "content": "hi"})


def test_refusal_of_an_assistant_is_its_text() -> None:
    """A refusal in the history is what the assistant said."""
    found = normalize_messages({"role": "assistant", "content": None, "refusal": "No."})
    assert found[0]["parts"] == [text("No.")]


def test_nothing_given_is_changed_or_shared() -> None:
    """The caller's objects stay his own: changing the result does not reach them."""
    given: list[Any] = [
        {"role": "user", "content": "hi"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "", "function": {"name": "f", "arguments": {"a": [1]}}}],
        },
        {"role": "tool", "name": "f", "content": [{"type": "text", "text": "x", "k": {"y": []}}]},
    ]
    before = copy.deepcopy(given)
    found = normalize_messages(given)
    found[1]["parts"][0]["arguments"]["a"].append(2)
    found[2]["parts"][0]["content"][0]["provider_state"]["k"]["y"].append(3)
    assert given == before


REFUSED = [
    pytest.param(5, "messages: 5 was given", id="number"),
    pytest.param([5], r"messages\[0\]: 5 was given", id="number in list"),
    pytest.param({"role": "usr", "content": "x"}, "Did you mean 'user'", id="role"),
    pytest.param({"content": "x"}, r"messages\[0\].role: unknown role None", id="no role"),
    pytest.param({"role": "user", "content": 5}, r"messages\[0\].content: 5", id="content"),
    pytest.param(
        ["a", {"role": "user", "parts": ["x", {"type": "imge"}]}],
        r"messages\[1\].parts\[1\]: unknown part type 'imge'.*Did you mean 'image'",
        id="part type",
    ),
    pytest.param({"role": "user", "parts": [], "content": ""}, "both parts and content", id="both"),
    pytest.param("\ud800", r"messages\[0\]: the text holds a lone surrogate", id="surrogate"),
    pytest.param(
        {"role": "user", "content": "x\udfff"},
        r"messages\[0\].content: .* at character 1",
        id="surrogate in the fast path",
    ),
    pytest.param(
        {"role": "user", "parts": [{"type": "image"}]}, "neither data nor url", id="empty"
    ),
    pytest.param(
        {"role": "user", "parts": [{"type": "image", "url": "u", "data": b""}]},
        "both data and url",
        id="data and url",
    ),
    pytest.param(
        Message("assistant", [ToolCall(id="c", name="f", arguments={"x": float("nan")})]),
        r"messages\[0\].parts\[0\].arguments.x: nan is not a JSON number",
        id="nan",
    ),
    pytest.param(
        Message("assistant", [ToolCall(id="c", name="f", arguments={"x": 10**5000})]),
        "the integer is too long",
        id="long integer",
    ),
    pytest.param(
        Message("assistant", [ToolCall(id="c", name="f", arguments={"x": {1, 2}})]),
        "a value of type set cannot be written as JSON",
        id="set",
    ),
    pytest.param({"role": "tool", "content": "18 C"}, "without the id of its call", id="no id"),
    pytest.param({"role": "tool", "content": [Text("x")]}, "other parts than", id="no result"),
    pytest.param(
        {"role": "assistant", "tool_calls": [{"type": "custom"}]},
        r"tool_calls\[0\]: a tool call of type 'custom'",
        id="custom call",
    ),
    pytest.param({"role": "assistant", "tool_calls": 5}, "Expected a list", id="calls"),
]


@pytest.mark.parametrize(("prompt", "message"), REFUSED)
def test_fault_is_refused_with_its_place(prompt: object, message: str) -> None:
    """What cannot be sent is named with the index and the key where it stands."""
    with pytest.raises(InvalidParameter, match=message):
        normalize_messages(prompt)


def test_mapping_inside_itself_is_refused() -> None:
    """A circle is a fault of the caller, not a crash."""
    loop: dict[str, Any] = {}
    loop["again"] = loop
    with pytest.raises(InvalidParameter, match="nested deeper than 100 levels"):
        normalize_messages(Message("user", [Text("x", provider_state=loop)]))


@pytest.mark.parametrize("content", ["x", [{"type": "text", "text": "x"}]], ids=["text", "list"])
def test_ten_thousand_messages_are_quick(content: object) -> None:
    """Long conversations cost time in proportion to their length."""
    given = [{"role": "user", "content": content}] * 10_000
    began = time.perf_counter()
    assert len(normalize_messages(given)) == 10_000
    assert time.perf_counter() - began < 2


def test_many_calls_without_ids_are_quick() -> None:
    """Finding the call of a result does not search the conversation."""
    calls = [{"function": {"name": "f", "arguments": "{}"}}] * 5_000
    results = [{"role": "tool", "name": "f", "content": "x"}] * 5_000
    began = time.perf_counter()
    normalize_messages([{"role": "assistant", "tool_calls": calls}, *results])
    assert time.perf_counter() - began < 2


def test_state_of_another_provider_is_removed() -> None:
    """A signature goes back to the provider that made it, and to no other."""
    state = {"_provider": "acme", "signature": "s"}
    inner = Text("x", provider_state=state)
    given = normalize_messages(
        [
            Message("assistant", [Reasoning("r", provider_state=state)], provider_state=state),
            Message("tool", [ToolResult(id="c", content=[inner])]),
            Message("user", [Text("x", provider_state={"mark": 1})]),
        ]
    )
    before = copy.deepcopy(given)
    other = restrict_state(given, "other")
    assert other[0] == {"role": "assistant", "parts": [{"type": "reasoning", "text": "r"}]}
    assert other[1]["parts"][0]["content"] == [text("x")]
    assert other[2] is given[2]
    assert restrict_state(given, "acme") == given == before
