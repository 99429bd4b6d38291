"""Brings the arguments of calls to the form that templates see, and refuses what is none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import IO, Any

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.messages import normalize_messages
from model_runtime.messages.media import sniff, type_of_format

AudioFile = bytes | IO[bytes] | str | os.PathLike[str]


def given(value: object) -> object:
    """What the caller set, or Absent."""
    return Absent if value is None else value


def text_items(name: str, items: object) -> list[Any]:
    """A list of texts, or of lists of parts (multimodal); one text stands for a list of one."""
    if isinstance(items, str):
        items = [items]
    if not isinstance(items, Iterable) or isinstance(items, Mapping | bytes):
        raise InvalidParameter(f"{name} is a {type(items).__name__}; expected a list of texts.")
    found = [_item(name, index, item) for index, item in enumerate(items)]
    if not found:
        raise InvalidParameter(f"{name} is empty; expected at least one text.")
    return found


def _item(name: str, index: int, item: object) -> Any:
    if isinstance(item, str):
        return item
    if isinstance(item, list | tuple):
        [message] = normalize_messages([{"role": "user", "content": list(item)}])
        return message["parts"]
    raise InvalidParameter(
        f"{name}[{index}] is a {type(item).__name__}; expected a text or a list of parts."
    )


def one_text(name: str, value: object) -> str:
    """A text that is not empty."""
    if not isinstance(value, str):
        raise InvalidParameter(f"{name} is a {type(value).__name__}; expected a text.")
    if not value.strip():
        raise InvalidParameter(f"{name} is empty; expected a text.")
    return value


def audio_file(file: AudioFile) -> dict[str, Any]:
    """The content, name and media type of a file: bytes, an open file, or a path."""
    filename = None
    if isinstance(file, bytes | bytearray):
        content: object = bytes(file)
    elif isinstance(file, str | os.PathLike):
        filename = os.path.basename(os.fspath(file))
        with open(file, "rb") as opened:
            content = opened.read()
    else:
        content = file.read()
        name = getattr(file, "name", None)
        filename = os.path.basename(name) if isinstance(name, str) else None
    if not isinstance(content, bytes):
        raise InvalidParameter("The audio file was opened as text; open it with mode 'rb'.")
    if not content:
        raise InvalidParameter("The audio file is empty.")
    media_type = sniff(content, "audio") or _by_name(filename)
    found: dict[str, Any] = {"content": content, "media_type": media_type}
    found["filename"] = filename or f"audio.{media_type.partition('/')[2]}"
    return found


def _by_name(filename: str | None) -> str:
    extension = (filename or "").rpartition(".")[2].lower()
    return type_of_format(extension, "audio") if extension else "audio/wav"
