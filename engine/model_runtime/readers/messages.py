"""Reads bodies of `messages`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.messages import (
    normalize_messages,
    normalize_response_format,
    normalize_tool_choice,
    normalize_tools,
)

from .arguments import (
    CallArguments,
    Json,
    by_turns,
    finish,
    functions_only,
    listed,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
    unknown_part,
    without,
)

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "max_tokens": "max_tokens",
}


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a messages body."""
    left = set_keys(body)
    call = start(left)
    found: list[Json] = []
    if left.get("system"):
        found.append({"role": "system", "content": _content(left["system"], "system")})
    left.pop("system", None)
    for index, message in enumerate(objects(left.pop("messages", None), "messages")):
        parts = _content(message.get("content", []), f"messages[{index}].content")
        found += by_turns(str(message.get("role")), parts)
    call.messages = normalize_messages(found)
    tools = objects(left.pop("tools", None), "tools")
    own = functions_only(tools, lambda t: t.get("type") in (None, "custom"), left)
    call.tools = normalize_tools([_tool(tool) for tool in own])
    _read_choice(call, left)
    _read_format(call, left)
    take_parameters(call, left, _PARAMETERS)
    take_stop(call, left, "stop_sequences")
    metadata = left.get("metadata")
    if isinstance(metadata, Mapping) and set(metadata) == {"user_id"}:
        call.user = left.pop("metadata")["user_id"]
    return finish(call, left)


def _content(value: object, where: str) -> list[Json]:
    if isinstance(value, str):
        return [{"type": "text", "text": value}] if value else []
    items = [{"type": "text", "text": v} if isinstance(v, str) else v for v in listed(value)]
    return [_part(part, f"{where}[{i}]") for i, part in enumerate(objects(items, where))]


def _part(part: Json, where: str) -> Json:
    kind = part.get("type")
    if kind == "text":
        return part
    if kind in ("image", "document"):
        return _media(part, where)
    if kind == "thinking":
        return {**without(part, "thinking"), "type": "reasoning", "text": part.get("thinking")}
    if kind == "redacted_thinking":
        return {**part, "type": "reasoning", "text": ""}
    if kind == "tool_use":
        return {**without(part, "input"), "type": "tool_call", "arguments": part.get("input", {})}
    if kind == "tool_result":
        content = _content(part.get("content", ""), f"{where}.content")
        plain = isinstance(part.get("content"), str)
        result = {**without(part, "tool_use_id", "content"), "id": part.get("tool_use_id")}
        return {**result, "content": part["content"] if plain else content}
    unknown_part(where, [str(kind)])


def _media(part: Json, where: str) -> Json:
    source = set_keys(part.get("source"), f"{where}.source")
    out = without(part, "source")
    if source.get("type") == "base64":
        return {**out, "data": source.get("data"), "media_type": source.get("media_type")}
    if source.get("type") == "url":
        return {**out, "url": source.get("url")}
    if source.get("type") == "text":
        data = str(source.get("data", "")).encode("utf-8", "surrogatepass")
        return {**out, "data": data, "media_type": "text/plain"}
    return {**out, "provider_state": {"source": source}}


def _tool(tool: Json) -> Json:
    out = without(tool, "type", "input_schema")
    return {**out, "parameters": tool["input_schema"]} if "input_schema" in tool else out


def _read_choice(call: CallArguments, left: Json) -> None:
    choice = set_keys(left.get("tool_choice", {}), "tool_choice")
    kind = choice.pop("type", None)
    if kind not in ("auto", "none", "any", "tool"):
        return
    name = choice.pop("name", None)
    word = {"any": "required", "tool": name}.get(kind, kind)
    call.tool_choice = normalize_tool_choice(word)
    # What else it says, such as no parallel use, is merged beside the choice.
    left.pop("tool_choice")
    if choice:
        left["tool_choice"] = choice


def _read_format(call: CallArguments, left: Json) -> None:
    config = set_keys(left.pop("output_config", {}), "output_config")
    wanted = config.pop("format", None) or left.pop("output_format", None)
    call.response_format = normalize_response_format(wanted)
    if config:
        left["output_config"] = config
