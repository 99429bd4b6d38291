"""Reads bodies of `api/chat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.messages import normalize_messages, normalize_response_format
from model_runtime.messages.checks import refuse

from .arguments import (
    CallArguments,
    Json,
    finish,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
)
from .chat import read_tools

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "num_predict": "max_tokens",
    "seed": "seed",
}


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of an api/chat body.

    Tool calls have no ids on this wire: results find their call by name, in order.
    """
    left = set_keys(body)
    call = start(left)
    found: list[Json] = []
    waiting: list[str] = []
    for message in objects(left.pop("messages", None), "messages"):
        found.append(_message(message, waiting))
        for entry in objects(message.get("tool_calls"), "messages.tool_calls"):
            function = set_keys(entry.get("function"), "messages.tool_calls.function")
            waiting.append(str(function.get("name")))
    call.messages = normalize_messages(found)
    call.tools = read_tools(left)
    options = set_keys(left.pop("options", {}), "options")
    take_parameters(call, options, _PARAMETERS)
    take_stop(call, options, "stop")
    wanted = left.pop("format", None)
    call.response_format = normalize_response_format(wanted or None)
    return finish(call, left, options=options)


def _message(message: Json, waiting: list[str]) -> Json:
    """A message in our names; `waiting` holds the names of the calls that are still open."""
    out = {key: value for key, value in message.items() if key not in ("images", "thinking")}
    if message.get("thinking"):
        out["reasoning_content"] = message["thinking"]
    images = message.get("images") or []
    if not isinstance(images, list):
        refuse("messages.images", "expected a list of base64 texts.")
    if images:
        text = [{"type": "text", "text": message["content"]}] if message.get("content") else []
        out["content"] = [*text, *({"type": "image", "data": image} for image in images)]
    if message.get("role") == "tool" and not (message.get("tool_name") or message.get("name")):
        # Older clients name no tool: results come in the order of the calls.
        out["tool_name"] = waiting.pop(0) if waiting else None
    elif message.get("role") == "tool" and message.get("tool_name") in waiting:
        waiting.remove(message["tool_name"])
    return out
