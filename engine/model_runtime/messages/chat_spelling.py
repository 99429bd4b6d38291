"""The Chat Completions spelling of messages, parts and tools, put into our names.

These functions only rename: the checks are those of our own spelling, run afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from .checks import Canonical, checked_mapping, checked_text, refuse, shown
from .media import is_data_url

MESSAGE_KEYS: Final = frozenset({"tool_calls", "function_call", "refusal"})
REASONING_KEYS: Final = ("reasoning_content", "reasoning")


def _rest(value: Mapping[str, Any], *taken: str) -> Canonical:
    return {key: item for key, item in value.items() if key not in taken}


def _url_part(kind: str, key: str) -> Callable[[Mapping[str, Any], str], Canonical]:
    """A reader of `{type: <key>, <key>: text or {url, ...}}`."""

    def read(part: Mapping[str, Any], where: str) -> Canonical:
        target = part.get(key)
        inner: Mapping[str, Any] = target if isinstance(target, Mapping) else {"url": target}
        url = checked_text(inner.get("url"), f"{where}.{key}.url")
        return {**_rest(part, "type", key), **inner, "type": kind, "url": url}

    return read


def _input_audio(part: Mapping[str, Any], where: str) -> Canonical:
    audio = checked_mapping(part.get("input_audio"), f"{where}.input_audio")
    out = {**_rest(part, "type", "input_audio"), **_rest(audio, "format"), "type": "audio"}
    data = out.get("data")
    if isinstance(data, str) and is_data_url(data):
        out["url"] = out.pop("data")
    if audio.get("format"):
        name = checked_text(audio["format"], f"{where}.input_audio.format")
        out["media_type"] = f"audio/{name}"
    return out


def _file(part: Mapping[str, Any], where: str) -> Canonical:
    file = checked_mapping(part.get("file"), f"{where}.file")
    out = {**_rest(part, "type", "file"), **_rest(file, "file_data"), "type": "document"}
    data = file.get("file_data")
    if data is not None:
        text = checked_text(data, f"{where}.file.file_data")
        is_url = is_data_url(text) or text.startswith(("https://", "http://"))
        out["url" if is_url else "data"] = text
    return out


def _refusal(part: Mapping[str, Any], where: str) -> Canonical:
    return {**_rest(part, "type", "refusal"), "type": "text", "text": part.get("refusal")}


def _thinking(part: Mapping[str, Any], where: str) -> Canonical:
    """Some services of this dialect put reasoning into the list of parts."""
    inner = part.get("thinking")
    if isinstance(inner, list):
        inner = "".join(str(checked_mapping(i, where).get("text") or "") for i in inner)
    return {**_rest(part, "type", "thinking"), "type": "reasoning", "text": inner}


PARTS: Final[dict[str, Callable[[Mapping[str, Any], str], Canonical]]] = {
    "image_url": _url_part("image", "image_url"),
    "video_url": _url_part("video", "video_url"),
    "audio_url": _url_part("audio", "audio_url"),
    "document_url": _url_part("document", "document_url"),
    "input_audio": _input_audio,
    "file": _file,
    "refusal": _refusal,
    "thinking": _thinking,
}


def tool_call(value: object, where: str) -> Canonical:
    """An entry of `tool_calls` as a tool_call part in our names."""
    call = checked_mapping(value, where)
    if call.get("type") not in (None, "function"):
        refuse(where, f"a tool call of type {shown(call.get('type'))}. Expected 'function'.")
    function = checked_mapping(call.get("function"), f"{where}.function")
    return {**_rest(call, "type", "function"), **function, "type": "tool_call"}


def parts_beside_content(message: Mapping[str, Any], where: str) -> tuple[list[Any], list[Any]]:
    """What stands beside `content`: the reasoning before it, the refusal and calls after it."""
    before: list[Any] = []
    after: list[Any] = []
    for key in REASONING_KEYS:
        if isinstance(message.get(key), str) and message[key]:
            before = [{"type": "reasoning", "text": message[key]}]
            break
    if message.get("refusal"):
        after.append({"type": "text", "text": message["refusal"]})
    calls = message.get("tool_calls") or []
    if not isinstance(calls, list | tuple):
        refuse(f"{where}.tool_calls", f"{shown(calls)} was given. Expected a list.")
    after += [tool_call(call, f"{where}.tool_calls[{i}]") for i, call in enumerate(calls)]
    if message.get("function_call"):
        after.append(tool_call({"function": message["function_call"]}, f"{where}.function_call"))
    return before, after


def tool_result(message: Mapping[str, Any]) -> Canonical:
    """A message of role `tool` (or the older `function`) as a tool_result part in our names."""
    out = _rest(message, "role", "tool_call_id", "tool_name", "parts")
    if "parts" in message:
        out["content"] = message["parts"]
    name = message.get("name") or message.get("tool_name")
    return {**out, "type": "tool_result", "id": message.get("tool_call_id"), "name": name}


def tool(value: Mapping[str, Any], where: str) -> Canonical:
    """`{type: function, function: {...}}`, or the same without the wrapper, in our names."""
    if value.get("type") not in (None, "function"):
        refuse(
            where,
            f"a tool of type {shown(value['type'])} is run by the service. Expected a function; "
            "pass other tools in extra_body.",
        )
    if "function" not in value:
        return _rest(value, "type")
    function = checked_mapping(value["function"], f"{where}.function")
    return {**_rest(value, "type", "function"), **function}
