"""Structured output where the service has no JSON Schema answers: the ladder of ways to ask."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from model_runtime.absent import Absent

if TYPE_CHECKING:
    from .operation import LLMCall

ANSWER_TOOL = "answer"


def fit_response_format(call: LLMCall, ladder: Sequence[str]) -> LLMCall:
    """Return the call with its response format in the first way that the spec's ladder names.

    `json_schema` sends it as it is, `json_object` asks for JSON and puts the schema into a system
    message, `tool` forces a call of a tool whose parameters are the schema.
    """
    wanted = call.response_format
    if not ladder or not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return call
    if ladder[0] == "json_object":
        return _as_json_object(call, wanted)
    if ladder[0] == "tool":
        return _as_tool(call, wanted)
    return call


def _as_json_object(call: LLMCall, wanted: dict[str, Any]) -> LLMCall:
    schema = json.dumps(wanted.get("schema"), ensure_ascii=False)
    text = f"Answer with one JSON object that fits this JSON Schema, and nothing else:\n{schema}"
    asked: dict[str, Any] = {"role": "system", "parts": [{"type": "text", "text": text}]}
    return replace(call, messages=[asked, *call.messages], response_format={"type": "json"})


def _as_tool(call: LLMCall, wanted: dict[str, Any]) -> LLMCall:
    tool = {
        "name": str(wanted.get("name") or ANSWER_TOOL),
        "description": "Give the answer.",
        "parameters": wanted.get("schema") or {"type": "object"},
    }
    return replace(
        call,
        tools=[*call.tools, tool],
        tool_choice={"mode": "tool", "name": tool["name"]},
        response_format=Absent,
    )
