"""Brings the arguments of calls to the form that templates see, and refuses what is none."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import IO, Any, Final
from urllib.parse import urlsplit

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.messages import normalize_messages
from model_runtime.messages.media import sniff, type_of_format
from model_runtime.vocabulary import ModelType

AudioFile = bytes | IO[bytes] | str | os.PathLike[str]

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


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
    """The content, name and media type of a file: bytes, an open file, or a path.

    A text with a scheme (`https://`, `gs://` ...) is the address of a file: `url` in place of the
    content. The service reads it, not this library.
    """
    if isinstance(file, str) and _ADDRESS.match(file):
        return _file_at(file)
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


def _file_at(address: str) -> dict[str, Any]:
    filename = urlsplit(address).path.rpartition("/")[2] or "audio"
    return {"url": address, "media_type": _by_name(filename), "filename": filename}


def _by_name(filename: str | None) -> str:
    _, dot, extension = (filename or "").rpartition(".")
    return type_of_format(extension.lower(), "audio") if dot and extension else "audio/wav"


def embedding_arguments(
    texts: object, input_type: str | None = None, dimensions: int | None = None
) -> dict[str, Any]:
    """The arguments of an embedding call."""
    return {
        "texts": text_items("texts", texts),
        "input_type": given(input_type),
        "dimensions": given(dimensions),
    }


def rerank_arguments(
    query: object,
    documents: object,
    top_n: int | None = None,
    score_threshold: float | None = None,
) -> dict[str, Any]:
    """The arguments of a rerank call."""
    return {
        "query": text_items("query", [query])[0],
        "documents": text_items("documents", documents),
        "top_n": given(top_n),
        "score_threshold": given(score_threshold),
    }


def transcript_arguments(file: AudioFile, language: str | None = None) -> dict[str, Any]:
    """The arguments of a speech-to-text call."""
    return {"file": audio_file(file), "language": given(language)}


def speech_arguments(
    text: object, voice: str | None = None, format: str | None = None
) -> dict[str, Any]:
    """The arguments of a text-to-speech call."""
    return {"text": one_text("text", text), "voice": given(voice), "format": given(format)}


def moderation_arguments(text: object) -> dict[str, Any]:
    """The arguments of a moderation call: a text, or a list of parts, such as a picture."""
    if isinstance(text, list | tuple) and text:
        return {"text": _item("text", 0, text)}
    return {"text": one_text("text", text)}


TASK_ARGUMENTS: dict[ModelType, Callable[..., dict[str, Any]]] = {
    "text-embedding": embedding_arguments,
    "rerank": rerank_arguments,
    "speech2text": transcript_arguments,
    "tts": speech_arguments,
    "moderation": moderation_arguments,
}
