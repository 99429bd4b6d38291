"""Values read from replies: a JMESPath, or a map that says what else to do with what it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from model_runtime.branches import watched_table
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.json_text import decode_json
from model_runtime.location import Place
from model_runtime.messages import new_call_id
from model_runtime.spec.tree import key_place_of
from model_runtime.spec.tree import place_of as place_in

from .extractors import compile_path, shape_of
from .jmespath_functions import to_json

__all__ = [
    "HeaderReader",
    "Reader",
    "compile_envelope",
    "compile_header_value",
    "compile_value",
    "place_in",
    "read_text",
]

_PLAIN_PATH = re.compile(r"\w+(?:\.\w+|\[\d+\])*")
_STEP = re.compile(r"\.?\w+|\[\d+\]")

Reader = Callable[[Any], Any]
HeaderReader = Callable[[Any, Mapping[str, str]], Any]

# A colon begins the header of a frame.
_HEADER: Final = re.compile(r":?[\w!#$%&'*+.^|~-]+")


def compile_value(
    spec: object, findings: Findings, place: Place | None, *, is_branch: bool = True
) -> Reader:
    """Compile `path` or `{path, or, default, map, parse, required}` to a function of the JSON.

    `is_branch`: whether coverage asks that the path finds something.
    """
    if not isinstance(spec, Mapping):
        return compile_path(str(spec), findings, place, is_branch=is_branch)
    path = str(spec.get("path", "@"))
    read = compile_path(path, findings, place_in(spec, "path") or place, is_branch=is_branch)
    if spec.get("parse") == "json":
        read = _parsing(read)
    if isinstance(table := spec.get("map"), Mapping):
        places = partial(key_place_of, table)
        read = _mapping(read, watched_table(dict(table), findings.branches, "value", places))
    if spec.get("or") == "new_id":
        read = _with_new_id(read)
    if "default" in spec:
        read = _with_default(read, spec["default"])
    if spec.get("required") is True:
        read = _required(read, path, place)
    return read


def compile_header_value(spec: object, findings: Findings, place: Place | None) -> HeaderReader:
    """Compile a value that may also be `header:NAME`, to a function of JSON and headers."""
    if isinstance(spec, str) and spec.startswith("header:"):
        name = spec.removeprefix("header:").lower()
        if not _HEADER.fullmatch(name):
            findings.add(
                "R401",
                f"{name!r} is no name of a header",
                place.within(len("header:")) if place else None,
                help="Write letters, digits and dashes: `header:retry-after`.",
                length=len(name),
            )
        return lambda _value, headers: headers.get(name)
    read = compile_value(spec, findings, place)
    return lambda value, _headers: read(value)


def compile_envelope(spec: Mapping[str, Any], findings: Findings) -> Reader | None:
    """Compile the `envelope` of a `response:` block to what takes a reply out of it.

    What does not stand in the envelope, such as a reply without one, is read as it is.
    """
    if "envelope" not in spec:
        return None
    inside = compile_value(spec["envelope"], findings, place_in(spec, "envelope"))

    def open_envelope(value: Any) -> Any:
        found = inside(value)
        return value if found is None else found

    return open_envelope


def read_text(value: object) -> str:
    """The text of a value: a text as it is, a list of texts or text parts joined, null as ''.

    Services that answer with a list of parts where a text is usual are read the same way.
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list):
        return "".join(_part_text(part) for part in value)
    return str(value)


def _part_text(part: object) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Mapping) and part.get("type") in (None, "text", "output_text"):
        text = part.get("text")
        return text if isinstance(text, str) else ""
    return ""


def _parsing(read: Reader) -> Reader:
    def parsed(value: Any) -> Any:
        found = read(value)
        if not isinstance(found, str):
            return found
        try:
            return decode_json(found)
        except ValueError:
            return found

    return parsed


def _mapping(read: Reader, table: dict[str, Any]) -> Reader:
    def mapped(value: Any) -> Any:
        found = read(value)
        if found is None:
            return table.get("null")
        key = found if isinstance(found, str) else to_json(found)
        return table[key] if key in table else table.get("*", found)

    return mapped


def _with_new_id(read: Reader) -> Reader:
    return lambda value: read(value) or new_call_id()


def _with_default(read: Reader, default: object) -> Reader:
    def defaulted(value: Any) -> Any:
        found = read(value)
        return default if found is None else found

    return defaulted


def _required(read: Reader, path: str, place: Place | None) -> Reader:
    def required(value: Any) -> Any:
        found = read(value)
        if found is None:
            where = f" ({place})" if place else ""
            raise ReplyError(
                f"The reply has nothing at `{path}`{where}, which is required"
                f"{_missing_step(path, value)}; it has the shape {shape_of(value)}."
            )
        return found

    return required


def _missing_step(path: str, value: Any) -> str:
    """Which step of a plain path is the first that leads to nothing."""
    if _PLAIN_PATH.fullmatch(path):
        for step in _STEP.finditer(path):
            if compile_path(path[: step.end()], Findings(), None)(value) is None:
                return f" (the first step that is missing is `{step[0].lstrip('.')}`)"
    return ""
