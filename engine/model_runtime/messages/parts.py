"""Reads one part in any accepted spelling and gives the canonical dict: checked, and a copy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final

from model_runtime.errors import InvalidParameter
from model_runtime.json_text import decode_json
from model_runtime.vocabulary import PART_TYPES

from . import chat_spelling
from .checks import Canonical, checked_json, checked_object, checked_text, known, refuse, shown
from .media import decode_base64, is_data_url, sniff, split_data_url


class PartObject(ABC):
    """Base of the part classes: each can write itself as a mapping in our names."""

    __slots__ = ()

    @abstractmethod
    def as_mapping(self) -> Canonical:
        """The part in our names, without what is not set; bytes stay bytes."""


def read_part(value: object, where: str) -> Canonical:
    """Return the canonical dict of a part object, of a text, or of a mapping in our names or
    in the chat spelling."""
    if isinstance(value, str):
        return {"type": "text", "text": checked_text(value, where)}
    if isinstance(value, PartObject):
        value = value.as_mapping()
    if not isinstance(value, Mapping):
        refuse(where, f"{shown(value)} was given. Expected a part: an object, a mapping or a str.")
    kind = value.get("type")
    if isinstance(kind, str) and kind in chat_spelling.PARTS:
        value = chat_spelling.PARTS[kind](value, where)
        kind = value["type"]
    if not isinstance(kind, str) or kind not in _READERS:
        words = (*PART_TYPES, *chat_spelling.PARTS)
        refuse(where, f"unknown part type {shown(kind)}. {known(kind, words)}")
    return _READERS[kind](value, where)


def read_parts(value: object, where: str) -> list[Canonical]:
    """Return the canonical parts of a message's content: a text, None, a list, or one part."""
    if value is None or value == "":
        return []
    if isinstance(value, list | tuple):
        return [read_part(item, f"{where}[{i}]") for i, item in enumerate(value)]
    return [read_part(value, where)]


def read_state(value: Mapping[str, Any], where: str, *taken: str) -> Canonical:
    """The `provider_state` entry of a mapping: what it says itself, and every unknown key."""
    given = value.get("provider_state")
    state = {} if given is None else checked_object(given, f"{where}.provider_state")
    for key, item in value.items():
        if key not in taken and key not in ("type", "provider_state") and item is not None:
            state[checked_text(key, f"{where}: key")] = checked_json(item, f"{where}.{key}")
    return {"provider_state": state} if state else {}


def _text(part: Mapping[str, Any], where: str) -> Canonical:
    out = {"type": part["type"], "text": checked_text(part.get("text"), f"{where}.text")}
    return out if len(part) == 2 else {**out, **read_state(part, where, "text")}


def _reasoning(part: Mapping[str, Any], where: str) -> Canonical:
    # Reasoning that a service hides has state and no text.
    return _text({**part, "text": part.get("text") or ""}, where)


_MEDIA_TEXTS: Final = ("media_type", "filename", "detail")


def _media(part: Mapping[str, Any], where: str) -> Canonical:
    kind = str(part["type"])
    out: Canonical = {"type": kind, **_content(part, where)}
    for key in _MEDIA_TEXTS:
        if part.get(key) is not None:
            out[key] = checked_text(part[key], f"{where}.{key}")
    if "data" in out and "media_type" not in out:
        media_type = sniff(out["data"], kind)
        out |= {"media_type": media_type} if media_type else {}
    out |= read_state(part, where, "data", "url", *_MEDIA_TEXTS)
    # A file that lies at the service is known by an id in the state alone.
    if not ("data" in out or "url" in out or "provider_state" in out):
        refuse(where, f"the {kind} part has neither data nor url. Pass one of them.")
    return out


def _content(part: Mapping[str, Any], where: str) -> Canonical:
    data, url = part.get("data"), part.get("url")
    if data is not None and url is not None:
        refuse(where, "the part has both data and url. Pass one of them.")
    if url is None and isinstance(data, str) and is_data_url(data):
        data, url = None, data
    if url is not None:
        text = checked_text(url, f"{where}.url")
        if not is_data_url(text):
            return {"url": text}
        data, media_type = split_data_url(text, f"{where}.url")
        return {"data": data, "media_type": media_type} if media_type else {"data": data}
    return {} if data is None else {"data": as_bytes(data, f"{where}.data")}


def as_bytes(data: object, where: str) -> bytes:
    """Return the bytes of a part's data: bytes, or text in base64."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, bytearray | memoryview):
        return bytes(data)
    if isinstance(data, str):
        return decode_base64(data, where)
    refuse(where, f"{shown(data)} was given. Expected bytes, or base64 text.")


def _tool_call(part: Mapping[str, Any], where: str) -> Canonical:
    out: Canonical = {"type": "tool_call"}
    if part.get("id") not in (None, ""):
        out["id"] = checked_text(part["id"], f"{where}.id")
    out["name"] = checked_text(part.get("name"), f"{where}.name")
    out |= _arguments(part.get("arguments"), part.get("raw_arguments"), where)
    return out | read_state(part, where, "id", "name", "arguments", "raw_arguments")


def _arguments(arguments: object, raw: object, where: str) -> Canonical:
    if isinstance(arguments, str):
        arguments, raw = None, arguments
    out: Canonical = {}
    if raw is not None:
        out["raw_arguments"] = checked_text(raw, f"{where}.raw_arguments")
    if arguments is not None:
        out["arguments"] = checked_object(arguments, f"{where}.arguments")
        return out
    parsed = parse_arguments(out.get("raw_arguments", ""))
    return out if parsed is None else {**out, "arguments": parsed}


def parse_arguments(text: str) -> Canonical | None:
    """Parse the arguments of a tool call: {} for an empty text or null, None for no JSON object."""
    if not text.strip():
        return {}
    try:
        value = decode_json(text)
        return {} if value is None else checked_object(value, "arguments")
    except (ValueError, InvalidParameter):
        return None


def _tool_result(part: Mapping[str, Any], where: str) -> Canonical:
    out: Canonical = {"type": "tool_result"}
    for key in ("id", "name"):
        if part.get(key) not in (None, ""):
            out[key] = checked_text(part[key], f"{where}.{key}")
    content = part.get("content")
    if isinstance(content, str):
        out["content"] = checked_text(content, f"{where}.content")
    else:
        out["content"] = read_parts(content, f"{where}.content") or ""
    if part.get("is_error"):
        out["is_error"] = True
    return out | read_state(part, where, "id", "name", "content", "is_error")


_READERS: Final[dict[str, Callable[[Mapping[str, Any], str], Canonical]]] = {
    "text": _text,
    "reasoning": _reasoning,
    "image": _media,
    "audio": _media,
    "video": _media,
    "document": _media,
    "tool_call": _tool_call,
    "tool_result": _tool_result,
}
