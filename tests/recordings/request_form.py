"""The normal form of request bodies: two bodies that ask the same of a service become equal.

For most wires it is the one of the recordings' own reading. Added here: the functions and
function_call of older chat bodies are tools, and the form of Responses bodies. There, texts are
lists of one part, and each part stands for itself. Ids, states, empty texts and the reasoning of
the history are left out. Instructions and system messages are one text up to white space. `user`
is the older name of safety_identifier. A schema is compared without its name. What the library
always says of storing is not compared.
"""

from __future__ import annotations

import copy
from typing import Any

from recordings_folder import reading

Json = dict[str, Any]
_SYSTEM = ("system", "developer")
_LIBRARY = {"store": False, "include": ["reasoning.encrypted_content"], "truncation": "disabled"}


def differences(dialect: str, recorded: Json, sent: Json) -> list[str]:
    """Where two bodies differ in their normal forms."""
    found: list[str] = reading("rebuild").body_diff(
        normal(dialect, recorded), normal(dialect, sent)
    )
    return found


def normal(dialect: str, body: Json) -> Json:
    """The normal form of a body."""
    rebuild = reading("rebuild")
    body = copy.deepcopy(body)
    if dialect == "openai_responses":
        return dict(rebuild.tidy(normal_responses(body)))
    if body.get("functions"):
        body["tools"] = [{"type": "function", "function": tool} for tool in body.pop("functions")]
        choice = body.pop("function_call", None)
        body["tool_choice"] = {"function": choice} if isinstance(choice, dict) else choice
    return dict(rebuild.normal(dialect, body))


def normal_responses(body: Json) -> Json:
    """The normal form of a Responses body."""
    rebuild = reading("rebuild")
    for key in rebuild.NOISE:
        body.pop(key, None)
    for key, value in _LIBRARY.items():
        if body.get(key) == value:
            del body[key]
    body["safety_identifier"] = body.get("safety_identifier") or body.pop("user", None)
    given = body.pop("input", None)
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given or []
    pieces = [piece for item in items for piece in pieces_of(item)]
    system = [piece["text"] for piece in pieces if piece.get("role") in _SYSTEM]
    body["instructions"] = rebuild.squash("".join([body.get("instructions") or "", *system]))
    body["input"] = [piece for piece in pieces if piece.get("role") not in _SYSTEM]
    body["tools"] = [normal_tool(tool) for tool in body.get("tools") or []]
    if body.get("tool_choice") == "auto":
        del body["tool_choice"]
    body["text"] = normal_text(body.get("text") or {})
    return body


def pieces_of(item: Json) -> list[Json]:
    """An item of the conversation as pieces, one for each part of a message."""
    rebuild = reading("rebuild")
    kind = item.get("type", "message")
    if kind == "function_call":
        arguments = rebuild.loose(item.get("arguments") or "{}")
        return [{"call": item.get("call_id"), "name": item.get("name"), "arguments": arguments}]
    if kind == "function_call_output":
        return [{"result_of": item.get("call_id"), "output": rebuild.loose(item.get("output"))}]
    if kind != "message":
        return [] if kind == "reasoning" else [item]
    content = item.get("content") or []
    parts = [{"text": content}] if isinstance(content, str) else content
    return [{"role": item["role"], **normal_part(part)} for part in parts if part.get("text") != ""]


def normal_part(part: Json) -> Json:
    """A part without what changes nothing."""
    if "text" in part:
        return {"text": part["text"]}
    return {key: value for key, value in part.items() if (key, value) != ("detail", "auto")}


def normal_tool(tool: Json) -> Json:
    """A function with its schema in normal form."""
    if tool.get("type") == "function":
        tool["parameters"] = reading("rebuild").schema_form(tool.get("parameters"))
        tool["strict"] = tool.get("strict") or None
    return tool


def normal_text(text: Json) -> Json:
    """The form of the answer; plain text is none."""
    wanted = text.pop("format", None) or {}
    if wanted.get("type") == "json_schema":
        text["schema"] = reading("rebuild").schema_form(wanted.get("schema"))
    elif wanted.get("type") != "text":
        text["format"] = wanted
    return text
