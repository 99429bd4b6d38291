"""Reads bodies of `generateContent` and `streamGenerateContent`."""

from __future__ import annotations

from collections.abc import Mapping
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
    by_turns,
    finish,
    json_text,
    listed,
    objects,
    set_keys,
    start,
    take_parameters,
    take_stop,
    unknown_part,
)
from .media_parts import media_part

_PARAMETERS: Final = {
    "temperature": "temperature",
    "topP": "top_p",
    "topK": "top_k",
    "maxOutputTokens": "max_tokens",
    "seed": "seed",
    "frequencyPenalty": "frequency_penalty",
    "presencePenalty": "presence_penalty",
}
# Objects of the wire itself; everything else, such as arguments and schemas, keeps its keys.
_WIRE_OBJECTS: Final = frozenset(
    {
        "contents",
        "parts",
        "systemInstruction",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
        "functionDeclarations",
        "functionCallingConfig",
        "generationConfig",
        "thinkingConfig",
        "safetySettings",
        "toolConfig",
        "tools",
    }
)
# How services' clients wrap a result that is no object, since this wire takes objects only.
_WRAPPERS: Final = frozenset({"result", "output", "content", "return_value", "error"})


def read_request(body: Mapping[str, Any]) -> CallArguments:
    """Return the canonical arguments of a generateContent body.

    Keys may be in camelCase or snake_case, as in every JSON form of a protobuf message.
    """
    left = set_keys(_camel(body))
    call = start(left)
    found: list[Json] = []
    if "systemInstruction" in left:
        system = _content(left.pop("systemInstruction"), "systemInstruction")
        found.append({"role": "system", "content": system})
    contents = listed(left.pop("contents", []))
    for index, message in enumerate(objects(contents, "contents")):
        parts = _content(message, f"contents[{index}]")
        found += by_turns(_role(message.get("role"), f"contents[{index}].role"), parts)
    call.messages = normalize_messages(found)
    _read_tools(call, left)
    _read_choice(call, left)
    config = set_keys(left.pop("generationConfig", {}), "generationConfig")
    _read_format(call, config)
    take_parameters(call, config, _PARAMETERS)
    take_stop(call, config, "stopSequences")
    return finish(call, left, generationConfig=config)


def _camel(value: Any) -> Any:
    """Put the keys of the wire's own objects into camelCase."""
    if isinstance(value, list):
        return [_camel(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    out: Json = {}
    for key, item in value.items():
        name = camel_key(str(key))
        out[name] = _camel(item) if name in _WIRE_OBJECTS else item
    return out


def camel_key(key: str) -> str:
    """`inline_data` as `inlineData`; a key without underscores stays."""
    first, *rest = key.split("_")
    return first + "".join(word[:1].upper() + word[1:] for word in rest) if first else key


def _role(role: object, where: str) -> str:
    if role == "model":
        return "assistant"
    if role in (None, "user", "function"):
        return "user"
    refuse(where, f"unknown role {role!r}. Expected 'user' or 'model'.")


def _content(value: object, where: str) -> list[Json]:
    if isinstance(value, str):
        return [{"type": "text", "text": value}]
    pieces = listed(set_keys(value, where).get("parts", []))
    texts = [{"text": piece} if isinstance(piece, str) else piece for piece in pieces]
    return [_part(part, f"{where}.parts[{i}]") for i, part in enumerate(objects(texts, where))]


def _part(part: Json, where: str) -> Json:
    state = {}
    if "thoughtSignature" in part:
        state["thought_signature"] = part.pop("thoughtSignature")
    if "videoMetadata" in part:
        state["video_metadata"] = part.pop("videoMetadata")
    out = _bare_part(part, where)
    return {**out, "provider_state": state} if state else out


def _bare_part(part: Json, where: str) -> Json:
    if part.get("thought") or not part:
        return {"type": "reasoning", "text": part.get("text", "")}
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    if "inlineData" in part:
        inner = set_keys(part["inlineData"], f"{where}.inlineData")
        return media_part(inner.get("mimeType"), data=inner.get("data"))
    if "fileData" in part:
        inner = set_keys(part["fileData"], f"{where}.fileData")
        return media_part(inner.get("mimeType"), url=inner.get("fileUri"))
    if "functionCall" in part:
        call = set_keys(part["functionCall"], f"{where}.functionCall")
        fields = {"id": call.get("id"), "name": call.get("name")}
        return {"type": "tool_call", **fields, "arguments": call.get("args", {})}
    if "functionResponse" in part:
        return _function_response(set_keys(part["functionResponse"], where), where)
    unknown_part(where, part)


def _function_response(result: Json, where: str) -> Json:
    out: Json = {"type": "tool_result", "id": result.get("id"), "name": result.get("name")}
    out["content"] = json_text(_unwrapped(result.get("response", {})))
    media = _content({"parts": result.get("parts", [])}, where)
    if media:
        out["content"] = [{"type": "text", "text": out["content"]}, *media]
    return out


def _unwrapped(response: object) -> object:
    if isinstance(response, Mapping) and len(response) == 1:
        key, value = next(iter(response.items()))
        return value if key in _WRAPPERS else response
    return response


def _read_tools(call: CallArguments, left: Json) -> None:
    tools = [set_keys(tool, "tools") for tool in listed(left.pop("tools", []))]
    others = [tool for tool in tools if "functionDeclarations" not in tool]
    own = [tool for tool in tools if "functionDeclarations" in tool]
    if (own and others) or any(len(tool) > 1 for tool in own):
        refuse("tools", "functions are mixed with tools that the service runs. Pass one sort.")
    if others:
        left["tools"] = others
    for tool in own:
        declared = objects(listed(tool["functionDeclarations"]), "tools.functionDeclarations")
        call.tools += normalize_tools([_declaration(one) for one in declared])


def _declaration(declared: Json) -> Json:
    fields = {camel_key(key): value for key, value in declared.items()}
    schema = fields.pop("parametersJsonSchema", None) or fields.pop("parameters", None)
    return {**fields, "parameters": schema}


def _read_choice(call: CallArguments, left: Json) -> None:
    config = left.get("toolConfig")
    if not isinstance(config, Mapping) or "functionCallingConfig" not in config:
        return
    calling = set_keys(config["functionCallingConfig"], "toolConfig.functionCallingConfig")
    mode = str(calling.get("mode", "")).upper()
    names = calling.get("allowedFunctionNames") or []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        refuse("toolConfig.functionCallingConfig.allowedFunctionNames", "expected a list of texts.")
    if mode in ("AUTO", "NONE") and not names:
        word = mode.lower()
    elif mode == "ANY" and (not names or sorted(names) == sorted(t["name"] for t in call.tools)):
        # One tool, and that one demanded, is the same as any tool demanded.
        word = "required" if len(names) != 1 else names[0]
    elif mode == "ANY" and len(names) == 1:
        word = names[0]
    else:
        return
    call.tool_choice = normalize_tool_choice(word)
    rest = {key: value for key, value in config.items() if key != "functionCallingConfig"}
    left.pop("toolConfig")
    if rest:
        left["toolConfig"] = rest


def _read_format(call: CallArguments, config: Json) -> None:
    for snake in [key for key in config if "_" in key]:
        config[camel_key(snake)] = config.pop(snake)
    schema = config.pop("responseJsonSchema", None) or config.pop("responseSchema", None)
    if schema:
        config.pop("responseMimeType", None)
        call.response_format = normalize_response_format({"type": "json_schema", "schema": schema})
    elif config.get("responseMimeType") in ("application/json", "text/plain"):
        is_json = config.pop("responseMimeType") == "application/json"
        call.response_format = normalize_response_format("json" if is_json else None)
