"""Tools, tool choice and the wanted form of the answer, in every accepted spelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.absent import Absent, AbsentType

from . import chat_spelling
from .call_ids import ALPHANUMERIC
from .checks import Canonical, checked_mapping, checked_object, checked_text, known, refuse, shown
from .parts import read_state

MODES: Final = ("auto", "none", "required")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that the model may ask to be called.

    `parameters` is a JSON Schema of an object. `strict` asks services that can to hold the
    arguments to the schema; None leaves it to them.
    """

    name: str
    description: str | None = None
    parameters: Mapping[str, Any] | None = None
    strict: bool | None = None
    provider_state: Mapping[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """The tool as JSON-ready data in our names."""
        return normalize_tools([self])[0]

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Tool:
        """Make the tool from a mapping in our names or in the chat spelling."""
        return cls(**normalize_tools([value])[0])


def normalize_tools(tools: object) -> list[Canonical]:
    """Return the canonical dicts of a list of Tool objects and mappings; None gives []."""
    if tools is None or tools is Absent:
        return []
    if not isinstance(tools, Sequence) or isinstance(tools, str | bytes):
        refuse("tools", f"{shown(tools)} was given. Expected a list of tools.")
    return [_tool(tool, f"tools[{i}]") for i, tool in enumerate(tools)]


def _tool(value: object, where: str) -> Canonical:
    if isinstance(value, Tool):
        fields = ("name", "description", "parameters", "strict", "provider_state")
        value = {name: getattr(value, name) for name in fields}
    tool = chat_spelling.tool(checked_mapping(value, where), where)
    out: Canonical = {"name": checked_text(tool.get("name"), f"{where}.name")}
    if not out["name"]:
        refuse(f"{where}.name", "the name is empty. Every tool needs a name.")
    if tool.get("description") is not None:
        out["description"] = checked_text(tool["description"], f"{where}.description")
    if tool.get("parameters") is not None:
        out["parameters"] = checked_object(tool["parameters"], f"{where}.parameters")
    out |= _strict(tool, where)
    return out | read_state(tool, where, "name", "description", "parameters", "strict")


def _strict(value: Mapping[str, Any], where: str) -> Canonical:
    strict = value.get("strict")
    if strict is None:
        return {}
    if not isinstance(strict, bool):
        refuse(f"{where}.strict", f"{shown(strict)} was given. Expected true or false.")
    return {"strict": strict}


def normalize_tool_choice(
    choice: object, tools: Sequence[Canonical] | None = None
) -> Canonical | AbsentType:
    """Return `{mode, name?}`, or Absent when nothing was chosen.

    Taken are `auto`, `none`, `required`, a tool's name, and the mappings in our names or in
    the chat spelling. With `tools` (canonical), a name that none of them has is refused.
    """
    if choice is None or choice is Absent:
        return Absent
    chosen = _choice(choice)
    name = chosen.get("name")
    if name is not None and tools is not None and all(tool["name"] != name for tool in tools):
        names = tuple(str(tool["name"]) for tool in tools)
        refuse("tool_choice", f"no tool is named {name!r}. {known(name, (*MODES, *names))}")
    return chosen


def _choice(choice: object) -> Canonical:
    if isinstance(choice, str):
        word = checked_text(choice, "tool_choice")
        return {"mode": word} if word in MODES else {"mode": "tool", "name": word}
    value = checked_mapping(choice, "tool_choice")
    mode = value.get("mode", value.get("type"))
    if mode in MODES:
        return {"mode": mode}
    function = value.get("function", value)
    if mode in (None, "function", "tool") and isinstance(function, Mapping):
        name = checked_text(function.get("name"), "tool_choice.name")
        return {"mode": "tool", "name": name}
    refuse(
        "tool_choice",
        f"a choice of type {shown(mode)}. Expected 'auto', 'none', 'required' or a tool's name; "
        "pass other forms in extra_body.",
    )


def normalize_response_format(wanted: object) -> Canonical | AbsentType:
    """Return `{type: json}`, `{type: json_schema, name, schema, strict?}`, or Absent.

    Taken are None, `json`, a JSON Schema, and the mappings in our names or in the chat spelling.
    """
    if wanted is None or wanted is Absent or wanted == "text":
        return Absent
    if isinstance(wanted, str):
        if wanted in ("json", "json_object"):
            return {"type": "json"}
        refuse("response_format", f"{shown(wanted)}. Expected 'json' or a JSON Schema mapping.")
    value = checked_mapping(wanted, "response_format")
    kind = value.get("type")
    if kind == "text":
        return Absent
    if kind == "json_schema":
        inner = value.get("json_schema", value)
        return _schema_format(checked_mapping(inner, "response_format.json_schema"))
    if kind in ("json", "json_object"):
        return _schema_format(value) if value.get("schema") else {"type": "json"}
    return _schema_format({"schema": value})


def _schema_format(value: Mapping[str, Any]) -> Canonical:
    schema = checked_object(value.get("schema"), "response_format.schema")
    name = value.get("name") or safe_name(schema.get("title"))
    out: Canonical = {
        "type": "json_schema",
        "name": checked_text(name, "response_format.name"),
        "schema": schema,
    }
    return out | _strict(value, "response_format")


def safe_name(title: object) -> str:
    """Make a schema's title fit the name of an answer: letters, digits, `_` and `-`."""
    if not isinstance(title, str):
        return "answer"
    allowed = f"{ALPHANUMERIC}_-"
    name = "".join(c if c in allowed else "_" for c in title[:64]).strip("_")
    return name or "answer"
