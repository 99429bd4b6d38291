"""Parts in the Chat Completions spelling, and neighbours of that dialect."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages import normalize_messages

DATA = "data:application/pdf;base64,JVBERi0="


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        pytest.param(
            {"type": "image_url", "image_url": "https://e.com/a"},
            {"type": "image", "url": "https://e.com/a"},
            id="image_url as text",
        ),
        pytest.param(
            {"type": "image_url", "image_url": {"url": "https://e.com/a", "detail": "high"}},
            {"type": "image", "url": "https://e.com/a", "detail": "high"},
            id="image_url",
        ),
        pytest.param(
            {"type": "image_url", "image_url": {"url": "https://e.com/a"}, "mark": 1},
            {"type": "image", "url": "https://e.com/a", "provider_state": {"mark": 1}},
            id="unknown key",
        ),
        pytest.param(
            {"type": "input_audio", "input_audio": {"data": "aGk=", "format": "mp3"}},
            {"type": "audio", "data": b"hi", "media_type": "audio/mp3"},
            id="input_audio",
        ),
        pytest.param(
            {"type": "input_audio", "input_audio": {"data": "data:;base64,aGk="}},
            {"type": "audio", "data": b"hi"},
            id="input_audio as data URL",
        ),
        pytest.param(
            {"type": "file", "file": {"file_data": DATA, "filename": "a.pdf"}},
            {
                "type": "document",
                "data": b"%PDF-",
                "media_type": "application/pdf",
                "filename": "a.pdf",
            },
            id="file",
        ),
        pytest.param(
            {"type": "file", "file": {"file_data": "https://e.com/a"}},
            {"type": "document", "url": "https://e.com/a"},
            id="file by URL",
        ),
        pytest.param(
            {"type": "file", "file": {"file_id": "file-1"}},
            {"type": "document", "provider_state": {"file_id": "file-1"}},
            id="file at the service",
        ),
        pytest.param(
            {"type": "video_url", "video_url": {"url": "https://e.com/v"}},
            {"type": "video", "url": "https://e.com/v"},
            id="video_url",
        ),
        pytest.param(
            {"type": "refusal", "refusal": "No."}, {"type": "text", "text": "No."}, id="refusal"
        ),
        pytest.param(
            {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
            {"type": "reasoning", "text": "hm"},
            id="thinking",
        ),
    ],
)
def test_part_is_read(part: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each part of that spelling has its canonical form."""
    assert normalize_messages({"role": "user", "content": [part]})[0]["parts"] == [expected]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {}},
        {"type": "image_url"},
        {"type": "input_audio", "input_audio": "x"},
        {"type": "file", "file": {"file_data": 5}},
        {"type": "refusal"},
    ],
)
def test_broken_part_is_refused(part: dict[str, Any]) -> None:
    """A part without what its type promises is named with its place."""
    with pytest.raises(InvalidParameter, match=r"^messages\[0\]\.content\[0\]"):
        normalize_messages({"role": "user", "content": [part]})


def test_tool_message_takes_a_list_of_parts() -> None:
    """The content of a tool message may be a list, as a tool result's may."""
    message = {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "x"}]}
    part = normalize_messages(message)[0]["parts"][0]
    assert part == {"type": "tool_result", "id": "c", "content": [{"type": "text", "text": "x"}]}


def test_reasoning_that_is_said_twice_counts_once() -> None:
    """Services that spell reasoning in two ways at once mean one reasoning."""
    message = {"role": "assistant", "content": "x", "reasoning": "r", "reasoning_content": "r"}
    types = [part["type"] for part in normalize_messages(message)[0]["parts"]]
    assert types == ["reasoning", "text"]


def test_extra_content_of_a_call_is_kept() -> None:
    """What a service hangs on a tool call comes back to it."""
    extra = {"extra_content": {"signature": "s"}}
    call = {"id": "c", "function": {"name": "f", "arguments": "{}"}, **extra}
    part = normalize_messages({"role": "assistant", "tool_calls": [call]})[0]["parts"][0]
    assert part["provider_state"] == extra
