"""Reads bodies of `v2/chat`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.messages import (
    normalize_messages,
    normalize_response_format,
    normalize_tool_choice,
)

from .arguments import (
    CallArguments,
    Json,
    finish,
    json_text,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
)
from .chat import read_tools

_PARAMETERS: Final = {
    "temperature": "temperature",
    "p": "top_p",
    "k": "top_k",
    "max_tokens": "max_tokens",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a v2/chat body."""
    left = set_keys(body)
    call = start(left)
    messages = objects(left.pop("messages", None), "messages")
    call.messages = normalize_messages(
        [_message(m, f"messages[{i}]") for i, m in enumerate(messages)]
    )
    call.tools = read_tools(left)
    choice = left.pop("tool_choice", None)
    call.tool_choice = normalize_tool_choice(choice.lower() if isinstance(choice, str) else choice)
    wanted = set_keys(left.pop("response_format", {}), "response_format")
    if wanted.get("type") == "json_object":
        schema = wanted.get("json_schema") or wanted.get("schema")
        call.response_format = normalize_response_format(
            {"type": "json_schema", "schema": schema} if schema else "json"
        )
    take_parameters(call, left, _PARAMETERS)
    take_stop(call, left, "stop_sequences")
    return finish(call, left)


def _message(message: Json, where: str) -> Json:
    content = message.get("content")
    if not isinstance(content, list):
        return message
    parts = [_part(part) for part in objects(content, f"{where}.content")]
    return {**message, "content": parts}


def _part(part: Json) -> Json:
    """Documents of tool results are text to the model; their ids are kept for citations."""
    document = part.get("document")
    if part.get("type") != "document" or not isinstance(document, Mapping):
        return part
    out: Json = {"type": "text", "text": json_text(document.get("data", ""))}
    return {**out, "document_id": document["id"]} if document.get("id") else out
