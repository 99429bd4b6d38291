"""What a request body asks for, in canonical words, and the small steps all readers share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from model_runtime.absent import Absent, AbsentType
from model_runtime.messages.checks import refuse

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class CallArguments:
    """The arguments of one call of a language model, read from a wire request.

    Messages, tools, tool choice and response format are canonical. What has no canonical name
    stands in `extra_body` under its wire key. `stream` is None where the body does not say it.
    """

    model: str | None = None
    messages: list[Json] = field(default_factory=list)
    tools: list[Json] = field(default_factory=list)
    tool_choice: Json | AbsentType = Absent
    response_format: Json | AbsentType = Absent
    parameters: Json = field(default_factory=dict)
    stop: list[str] | None = None
    user: str | None = None
    extra_body: Json = field(default_factory=dict)
    stream: bool | None = None


Reader = Callable[[Mapping[str, Any]], CallArguments]


def set_keys(body: object, where: str = "body") -> Json:
    """A copy of a JSON object without its nulls: on every wire they mean "not set"."""
    if not isinstance(body, Mapping):
        refuse(where, f"a {type(body).__name__} was given. Expected a JSON object.")
    return {str(key): value for key, value in body.items() if value is not None}


def objects(value: object, where: str) -> list[Json]:
    """The JSON objects of a list, without their nulls; nothing gives []."""
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        refuse(where, f"a {type(value).__name__} was given. Expected a list.")
    return [set_keys(item, f"{where}[{i}]") for i, item in enumerate(value)]


def listed(value: object) -> list[Any]:
    """The items of a list; anything else stands for a list of one."""
    return value if isinstance(value, list) else [value]


def without(value: Json, *keys: str) -> Json:
    """A copy of an object without some of its keys."""
    return {key: item for key, item in value.items() if key not in keys}


def start(body: Json) -> CallArguments:
    """Take model and stream out of a body, which every dialect may carry."""
    model, stream = body.pop("model", None), body.pop("stream", None)
    return CallArguments(
        model=model if isinstance(model, str) else None,
        stream=stream if isinstance(stream, bool) else None,
    )


def take_parameters(call: CallArguments, body: Json, table: Mapping[str, str]) -> None:
    """Move parameters from their wire keys to canonical names."""
    for wire, name in table.items():
        if wire in body and name not in call.parameters:
            call.parameters[name] = body.pop(wire)


def take_stop(call: CallArguments, body: Json, key: str) -> None:
    """Move the stop texts; one text stands for a list of one."""
    stop = body.pop(key, None)
    if stop is not None:
        texts = [stop] if isinstance(stop, str) else stop
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            refuse(key, "expected a text or a list of texts.")
        call.stop = list(texts) or None


def finish(call: CallArguments, body: Json, **leftovers: Json) -> CallArguments:
    """Leave what is left of the body, and of the objects that were opened, in `extra_body`."""
    call.extra_body = {**body, **{key: left for key, left in leftovers.items() if left}}
    return call


def functions_only(
    tools: list[Json], is_function: Callable[[Json], bool], body: Json
) -> list[Json]:
    """Return the tools if all are functions. If none is, they go to the wire as they are."""
    own = [tool for tool in tools if is_function(tool)]
    if own and len(own) < len(tools):
        refuse("tools", "functions are mixed with tools that the service runs. Pass one sort.")
    if tools and not own:
        body["tools"] = tools
    return own


def unknown_part(where: str, keys: Iterable[str]) -> NoReturn:
    """Refuse a piece of content that has no canonical form."""
    refuse(where, f"content with {', '.join(sorted(keys))} has no canonical form. Remove it.")


def json_text(value: object) -> str:
    """A value as text: texts as they are, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


_RESULT: Final = "tool_result"


def by_turns(role: str, parts: list[Json]) -> list[Json]:
    """Cut one wire message into messages: its tool results under role `tool`, the rest apart."""
    out: list[Json] = []
    for part in parts:
        turn = "tool" if part.get("type") == _RESULT else role
        if not out or out[-1]["role"] != turn:
            out.append({"role": turn, "content": []})
        out[-1]["content"].append(part)
    return out or [{"role": role, "content": []}]
