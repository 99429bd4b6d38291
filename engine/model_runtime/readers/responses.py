"""Reads bodies of `responses`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from model_runtime.messages import (
    normalize_messages,
    normalize_response_format,
    normalize_tool_choice,
    normalize_tools,
)
from model_runtime.messages.checks import refuse

from .arguments import (
    CallArguments,
    Json,
    finish,
    functions_only,
    json_text,
    objects,
    set_keys,
    start,
    take_parameters,
    unknown_part,
    without,
)

_PARAMETERS: Final = {
    "temperature": "temperature",
    "top_p": "top_p",
    "max_output_tokens": "max_tokens",
}


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a responses body."""
    left = set_keys(body)
    call = start(left)
    messages = _read_input(left.pop("input", []))
    if "instructions" in left:
        messages.insert(0, {"role": "system", "content": left.pop("instructions")})
    call.messages = normalize_messages(messages)
    tools = objects(left.pop("tools", None), "tools")
    call.tools = normalize_tools(functions_only(tools, _is_function, left))
    choice = left.get("tool_choice")
    if isinstance(choice, str) or (isinstance(choice, Mapping) and _is_function(choice)):
        call.tool_choice = normalize_tool_choice(left.pop("tool_choice"))
    text = set_keys(left.pop("text", {}), "text")
    call.response_format = normalize_response_format(text.pop("format", None))
    take_parameters(call, left, _PARAMETERS)
    if isinstance(left.get("user"), str):
        call.user = left.pop("user")
    return finish(call, left, text=text)


def _is_function(tool: Mapping[str, Any]) -> bool:
    return tool.get("type") == "function"


def _read_input(value: object) -> list[Json]:
    """Items to messages: neighbouring items of one role are one turn."""
    if isinstance(value, str):
        return [{"role": "user", "content": value}]
    out: list[Json] = []
    open_turn = False
    for index, item in enumerate(objects(value, "input")):
        where = f"input[{index}]"
        kind = str(item.get("type", "message"))
        if kind not in _ITEMS:
            refuse(where, f"an item of type {kind!r} has no canonical form. Remove it.")
        message = _ITEMS[kind](item, where)
        # Turns of the model and of tools come in pieces; those of people come whole.
        joins = message["role"] in ("assistant", "tool")
        if joins and open_turn and out[-1]["role"] == message["role"]:
            out[-1]["content"] += message["content"]
        else:
            out.append(message)
        open_turn = joins
    return out


def _message(item: Json, where: str) -> Json:
    role, content = item.get("role"), item.get("content", [])
    if isinstance(content, str):
        parts: list[Json] = [{"type": "text", "text": content}] if content else []
    else:
        parts = [_part(p, f"{where}.content") for p in objects(content, f"{where}.content")]
    if role == "assistant" and parts and "id" in item:
        state = {"item_id": item["id"]}
        parts[0] = {**parts[0], "provider_state": {**parts[0].get("provider_state", {}), **state}}
    return {"role": role, "content": parts}


def _part(part: Json, where: str) -> Json:
    kind = part.pop("type", None)
    if kind in ("input_text", "output_text", "text"):
        kept = {key: value for key, value in part.items() if value != []}
        return {**kept, "type": "text"}
    if kind == "refusal":
        return {"type": "text", "text": part.get("refusal")}
    if kind == "input_image":
        url = part.pop("image_url", None)
        return {**part, "type": "image", **({"url": url} if url else {})}
    if kind == "input_file":
        data, url = part.pop("file_data", None), part.pop("file_url", None)
        return {**part, "type": "document", "data": data, "url": url}
    if kind == "input_audio":
        return {**part, "type": "input_audio"}
    unknown_part(where, [str(kind)])


def _function_call(item: Json, where: str) -> Json:
    out = without(item, "type", "call_id", "id", "status")
    if "id" in item:
        out["provider_state"] = {"id": item["id"]}
    part = {**out, "type": "tool_call", "id": item.get("call_id")}
    return {"role": "assistant", "content": [part]}


def _function_output(item: Json, where: str) -> Json:
    output = item.get("output", "")
    content: object = output
    if isinstance(output, list):
        content = [_part(p, f"{where}.output") for p in objects(output, f"{where}.output")]
    elif not isinstance(output, str):
        content = json_text(output)
    part = {"type": "tool_result", "id": item.get("call_id"), "content": content}
    return {"role": "tool", "content": [part]}


def _reasoning(item: Json, where: str) -> Json:
    pieces = item.get("content") or item.get("summary") or []
    texts = [str(piece.get("text", "")) for piece in objects(pieces, f"{where}.summary")]
    state = without(item, "type", "status")
    part = {"type": "reasoning", "text": "\n\n".join(texts), "provider_state": state}
    return {"role": "assistant", "content": [part]}


_ITEMS: Final[dict[str, Callable[[Json, str], Json]]] = {
    "message": _message,
    "function_call": _function_call,
    "function_call_output": _function_output,
    "reasoning": _reasoning,
}
