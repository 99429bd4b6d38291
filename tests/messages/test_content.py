"""The public classes of messages and parts."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import pickle

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages import (
    Audio,
    Document,
    Image,
    Message,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Video,
    normalize_messages,
    part_from_dict,
)

PNG = b"\x89PNG\r\n\x1a\n0000"
PARTS = [
    Text("x", provider_state={"mark": 1}),
    Reasoning("because", provider_state={"signature": "s"}),
    Image(data=PNG, detail="low"),
    Image(url="https://example.com/a.png"),
    Audio(data=b"RIFF0000WAVE", filename="a.wav"),
    Video(url="https://example.com/a.mp4", media_type="video/mp4"),
    Document(data=b"%PDF-1.7", filename="a.pdf"),
    ToolCall(id="c1", name="weather", arguments={"city": "Paris"}),
    ToolCall(id="c1", name="weather", arguments=None, raw_arguments="{"),
    ToolResult(id="c1", name="weather", content="18 C", is_error=True),
    ToolResult(id="c1", content=(Text("see"), Image(data=PNG))),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_part_survives_json(part: Part) -> None:
    """A part written as JSON and read back is the same part."""
    assert part_from_dict(json.loads(json.dumps(part.to_dict()))) == part


@pytest.mark.parametrize("part", PARTS, ids=lambda part: type(part).__name__)
def test_part_is_copied_and_pickled(part: Part) -> None:
    """Parts may travel between processes."""
    assert pickle.loads(pickle.dumps(part)) == copy.deepcopy(part) == part


def test_message_survives_json() -> None:
    """A message written as JSON and read back is the same message."""
    message = Message("assistant", PARTS[:2], provider_state={"k": "v"})
    assert Message.from_dict(json.loads(json.dumps(message.to_dict()))) == message


def test_message_takes_a_text_for_its_parts() -> None:
    """A text stands for one Text part, and an empty text for none."""
    assert Message("user", "hi").parts == (Text("hi"),)
    assert Message("user", "").parts == ()


def test_message_cannot_be_changed() -> None:
    """Messages are frozen, so that one may be used in many calls."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Message("user", "hi").role = "system"  # type: ignore[misc]


def test_image_takes_a_data_url_apart() -> None:
    """A data URL becomes bytes and a media type."""
    url = f"data:image/webp;base64,{base64.b64encode(PNG).decode()}"
    image = Image(url=url)
    assert (image.url, image.data, image.media_type) == (None, PNG, "image/webp")


def test_image_takes_base64_text() -> None:
    """Base64 text as data becomes bytes, whose start tells the media type."""
    image = Image(data=base64.b64encode(PNG).decode())
    assert (image.data, image.media_type) == (PNG, "image/png")


def test_repr_of_an_image_leaves_out_its_bytes() -> None:
    """Logs are not filled with the content of files."""
    assert "PNG" not in repr(Image(data=PNG))


def test_part_of_another_class_is_refused() -> None:
    """`Text.from_dict` reads texts only."""
    with pytest.raises(InvalidParameter, match="holds a Reasoning, not a Text"):
        Text.from_dict({"type": "reasoning", "text": "x"})


def test_objects_and_mappings_give_the_same_canonical_message() -> None:
    """A message object, its dict, and the chat spelling of it are one thing to the engine."""
    image = Image(data=PNG, detail="low")
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    chat = {
        "role": "user",
        "content": [
            {"type": "text", "text": "What?"},
            {"type": "image_url", "image_url": {"url": url, "detail": "low"}},
        ],
    }
    message = Message("user", [Text("What?"), image])
    canonical = normalize_messages(message)
    assert canonical == normalize_messages(message.to_dict()) == normalize_messages(chat)
    assert canonical[0]["parts"][1]["data"] == PNG
