"""Reads bodies of `chat/completions`."""

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
    finish,
    functions_only,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
)

# max_completion_tokens first: where both are sent, it is the one that counts.
_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_completion_tokens": "max_tokens",
    "max_tokens": "max_tokens",
    "seed": "seed",
    "frequency_penalty": "frequency_penalty",
    "presence_penalty": "presence_penalty",
}
_FORMATS: Final = ("text", "json_object", "json_schema")


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a chat completions body."""
    left = set_keys(body)
    call = start(left)
    # Whether usage is told at the end is the engine's own business.
    left.pop("stream_options", None)
    call.messages = normalize_messages(left.pop("messages", []))
    call.tools = read_tools(left)
    read_choice(call, left)
    wanted = left.get("response_format")
    if isinstance(wanted, Mapping) and wanted.get("type") in _FORMATS:
        call.response_format = normalize_response_format(left.pop("response_format"))
    take_parameters(call, left, _PARAMETERS)
    take_stop(call, left, "stop")
    if isinstance(left.get("user"), str):
        call.user = left.pop("user")
    return finish(call, left)


def read_tools(left: Json) -> list[Json]:
    """Take the functions out of a body, in the newer or the older spelling."""
    tools = objects(left.pop("tools", None), "tools")
    own = functions_only(tools, lambda tool: "function" in tool, left)
    older = objects(left.pop("functions", None), "functions")
    return normalize_tools([*own, *older])


def read_choice(call: CallArguments, left: Json) -> None:
    """Take the tool choice out of a body; forms without a canonical word stay in it."""
    key = "tool_choice" if "tool_choice" in left else "function_call"
    choice = left.get(key)
    is_plain = isinstance(choice, str) or (
        isinstance(choice, Mapping) and ("function" in choice or key == "function_call")
    )
    if choice is not None and is_plain:
        # Some services of this dialect say `any` for `required`.
        left.pop(key)
        call.tool_choice = normalize_tool_choice("required" if choice == "any" else choice)
