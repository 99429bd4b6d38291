"""Reads bodies of `converse` and `converse-stream`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.messages import normalize_messages, normalize_tool_choice, normalize_tools
from model_runtime.messages.checks import refuse
from model_runtime.messages.media import type_of_format

from .arguments import (
    CallArguments,
    Json,
    by_turns,
    finish,
    json_text,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
    unknown_part,
)

_PARAMETERS: Final = {"temperature": "temperature", "topP": "top_p", "maxTokens": "max_tokens"}


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a converse body.

    Cache points become `cache_point` in the state of the part or tool before them.
    """
    left = set_keys(body)
    call = start(left)
    call.model = left.pop("modelId", call.model)
    found: list[Json] = []
    if left.get("system"):
        found.append({"role": "system", "content": _blocks(left["system"], "system")})
    left.pop("system", None)
    for index, message in enumerate(objects(left.pop("messages", None), "messages")):
        blocks = _blocks(message.get("content", []), f"messages[{index}].content")
        found += by_turns(str(message.get("role")), blocks)
    call.messages = normalize_messages(found)
    config = set_keys(left.pop("toolConfig", {}), "toolConfig")
    _read_tools(call, config)
    inference = set_keys(left.pop("inferenceConfig", {}), "inferenceConfig")
    take_parameters(call, inference, _PARAMETERS)
    take_stop(call, inference, "stopSequences")
    return finish(call, left, toolConfig=config, inferenceConfig=inference)


def _blocks(value: object, where: str) -> list[Json]:
    out: list[Json] = []
    for index, block in enumerate(objects(value, where)):
        if "cachePoint" in block:
            _mark(out, block["cachePoint"], f"{where}[{index}]")
        else:
            out.append(_block(block, f"{where}[{index}]"))
    return out


def _mark(before: list[Json], point: object, where: str) -> None:
    if not before:
        refuse(where, "a cache point with nothing before it. Put it behind what it marks.")
    last = before[-1]
    last["provider_state"] = {**last.get("provider_state", {}), "cache_point": point}


def _block(block: Json, where: str) -> Json:
    if isinstance(block.get("text"), str):
        return {"type": "text", "text": block["text"]}
    for kind in ("image", "document", "video", "audio"):
        if kind in block:
            return _media(kind, set_keys(block[kind], f"{where}.{kind}"), where)
    if "toolUse" in block:
        use = set_keys(block["toolUse"], f"{where}.toolUse")
        out = {"type": "tool_call", "id": use.get("toolUseId"), "name": use.get("name")}
        return {**out, "arguments": use.get("input", {})}
    if "toolResult" in block:
        return _result(set_keys(block["toolResult"], f"{where}.toolResult"), where)
    if "reasoningContent" in block:
        return _reasoning(set_keys(block["reasoningContent"], f"{where}.reasoningContent"))
    unknown_part(where, block)


def _media(kind: str, media: Json, where: str) -> Json:
    source = set_keys(media.pop("source", None), f"{where}.{kind}.source")
    name = media.pop("format", None)
    out: Json = {"type": kind, "filename": media.pop("name", None)}
    if name is not None:
        out["media_type"] = type_of_format(str(name), kind)
    if "bytes" in source:
        return {**out, **media, "data": source["bytes"]}
    location = source.get("s3Location")
    if isinstance(location, Mapping) and set(location) == {"uri"}:
        return {**out, **media, "url": location["uri"]}
    return {**out, **media, "provider_state": {"source": source}}


def _result(result: Json, where: str) -> Json:
    out: Json = {"type": "tool_result", "id": result.get("toolUseId")}
    blocks = objects(result.get("content"), f"{where}.toolResult.content")
    plain = [{"text": json_text(b["json"])} if "json" in b else b for b in blocks]
    parts = _blocks(plain, f"{where}.toolResult.content")
    is_text = len(parts) == 1 and set(parts[0]) == {"type", "text"} and parts[0]["type"] == "text"
    out["content"] = parts[0]["text"] if is_text else parts
    return {**out, "is_error": True} if result.get("status") == "error" else out


def _reasoning(content: Json) -> Json:
    inner = content.get("reasoningText")
    text = set_keys(inner, "reasoningText") if inner is not None else {}
    out: Json = {"type": "reasoning", "text": text.pop("text", "")}
    if "redactedContent" in content:
        text["redacted"] = content["redactedContent"]
    return {**out, "provider_state": text} if text else out


def _read_tools(call: CallArguments, config: Json) -> None:
    found: list[Json] = []
    for index, tool in enumerate(objects(config.pop("tools", None), "toolConfig.tools")):
        where = f"toolConfig.tools[{index}]"
        if "cachePoint" in tool:
            _mark(found, tool["cachePoint"], where)
        elif "toolSpec" in tool:
            spec = set_keys(tool["toolSpec"], f"{where}.toolSpec")
            schema = set_keys(spec.pop("inputSchema", {}), f"{where}.inputSchema").get("json")
            found.append({**spec, "parameters": schema})
        else:
            refuse(where, "a tool that the service runs has no canonical form. Remove it.")
    call.tools = normalize_tools(found)
    choice = config.pop("toolChoice", None)
    if isinstance(choice, Mapping) and choice:
        named = choice.get("tool")
        name = named.get("name") if isinstance(named, Mapping) else None
        word = "auto" if "auto" in choice else "required" if "any" in choice else name
        call.tool_choice = normalize_tool_choice(word)
