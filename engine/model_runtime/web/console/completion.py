"""What may stand at a place of a spec: keys and values, read from the JSON Schema of specs.

The place is found by indentation alone, so that a file that is being written, and cannot be
parsed, has completions too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from model_runtime._data import shipped

_LINE: Final = re.compile(
    r"^(?P<indent> *)(?P<dash>(?:- +)*)(?:(?P<key>[\w$.\"'-]+) *:(?P<rest>.*))?"
)
_MOST: Final = 60
_DEPTH: Final = 12

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """One thing that may stand here. `insert` replaces the word before the cursor."""

    label: str
    insert: str
    detail: str

    def to_dict(self) -> dict[str, str]:
        """Return JSON-ready data."""
        return {"label": self.label, "insert": self.insert, "detail": self.detail}


def complete(text: str, line: int, column: int) -> list[Completion]:
    """The completions at a place; line and column count from 0."""
    lines = text.split("\n")
    if not 0 <= line < len(lines):
        return []
    before = lines[line][:column]
    found = _LINE.match(before)
    assert found is not None, "every text fits a pattern that may be empty"
    indent = len(found["indent"])
    path = _path(lines, line, indent)
    if found["dash"]:
        path += ["-"] * found["dash"].count("-")
    if found["key"] is not None:
        return _values([*path, _plain(found["key"])], found["rest"].strip())
    stem = before[found.end("dash") :].strip()
    return _keys(path, stem, _siblings(lines, line, found.end("dash")))


def _path(lines: list[str], line: int, indent: int) -> list[str]:
    """The keys that lead to a line, the outermost first; items of lists count as "-"."""
    path: list[str] = []
    left = indent
    for number in range(line - 1, -1, -1):
        found = _LINE.match(lines[number])
        if found is None or not lines[number].strip() or lines[number].lstrip().startswith("#"):
            continue
        place = len(found["indent"])
        inner = place + len(found["dash"])
        if found["dash"] and inner <= left and place < left:
            path.insert(0, "-")
            left = inner
        if found["key"] is not None and inner < left:
            path.insert(0, _plain(found["key"]))
            left = inner
        if found["dash"] and place < left:
            left = place + 1
        if left <= 0:
            break
    return path


def _siblings(lines: list[str], line: int, indent: int) -> set[str]:
    """The keys that the same mapping has already."""
    found: set[str] = set()
    for numbers in (range(line - 1, -1, -1), range(line + 1, len(lines))):
        for number in numbers:
            match = _LINE.match(lines[number])
            if match is None or not lines[number].strip():
                continue
            inner = len(match["indent"]) + len(match["dash"])
            if inner < indent:
                break
            if inner == indent and match["key"] is not None:
                found.add(_plain(match["key"]))
    return found


def _keys(path: list[str], stem: str, taken: set[str]) -> list[Completion]:
    rows: dict[str, Completion] = {}
    for schema in _at(path):
        for name, inner in _properties(schema):
            if name.startswith(stem) and name not in taken:
                told = _text(inner)
                rows.setdefault(name, Completion(label=name, insert=f"{name}: ", detail=told))
    return list(rows.values())[:_MOST]


def _values(path: list[str], stem: str) -> list[Completion]:
    rows: dict[str, Completion] = {}
    for schema in _at(path):
        for value in _enumerated(schema):
            if value.startswith(stem):
                rows.setdefault(value, Completion(label=value, insert=value, detail=_text(schema)))
    return list(rows.values())[:_MOST]


def _at(path: list[str]) -> list[tuple[str, Schema]]:
    """The schemas that hold at a path, each with the file that its references are read in."""
    places: list[tuple[str, Schema]] = [_ROOT]
    for key in path:
        places = [inner for place in places for inner in _step(place, key)]
    return places


_ROOT: Final = ("provider.schema.json", {"$ref": "provider.schema.json"})
Place = tuple[str, Schema]


def _step(place: Place, key: str) -> Iterator[Place]:
    for file, schema in _parts(place):
        if key == "-":
            items = schema.get("items")
            if isinstance(items, Mapping):
                yield file, items
            continue
        own = schema.get("properties", {}).get(key)
        if own is not None:
            yield file, own
            continue
        for pattern, inner in schema.get("patternProperties", {}).items():
            if re.search(pattern, key):
                yield file, inner
        rest = schema.get("additionalProperties")
        if isinstance(rest, Mapping):
            yield file, rest


def _properties(place: Place) -> Iterator[tuple[str, Place]]:
    for file, schema in _parts(place):
        for name, inner in schema.get("properties", {}).items():
            yield name, (file, inner)


def _enumerated(place: Place) -> Iterator[str]:
    for _, schema in _parts(place):
        if schema.get("type") == "boolean":
            yield from ("true", "false")
        for value in [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]:
            yield value if isinstance(value, str) else json.dumps(value)


def _text(place: Place) -> str:
    return next((str(s["description"]) for _, s in _parts(place) if "description" in s), "")


def _parts(place: Place, depth: int = 0) -> Iterator[Place]:
    """A schema and all that it is put together from."""
    file, schema = place
    if depth > _DEPTH or not isinstance(schema, Mapping):
        return
    yield place
    if "$ref" in schema:
        yield from _parts(_referred(file, str(schema["$ref"])), depth + 1)
    for word in ("allOf", "anyOf", "oneOf"):
        for inner in schema.get(word, ()):
            yield from _parts((file, inner), depth + 1)
    for word in ("then", "else"):
        if word in schema:
            yield from _parts((file, schema[word]), depth + 1)


def _referred(file: str, reference: str) -> Place:
    name, _, pointer = reference.partition("#")
    name = name.rpartition("/")[2] or file
    schema: Any = _document(name)
    for step in pointer.strip("/").split("/"):
        if step:
            schema = schema.get(step, {})
    return name, schema


@cache
def _document(name: str) -> Schema:
    found: Schema = json.loads(shipped("json_schemas").joinpath(name).read_text(encoding="utf-8"))
    return found


def _plain(key: str) -> str:
    return key.strip("\"'")
