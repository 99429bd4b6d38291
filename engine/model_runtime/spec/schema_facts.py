"""What a schema says of the value at a path: its description, its examples, and its keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from model_runtime._data import shipped

_BRANCHES: Final = ("then", "else")
_DEEPEST: Final = 8
_Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a value. `keys` are those that it may have, when it is a map."""

    description: str = ""
    example: object = None
    keys: tuple[str, ...] = ()


@lru_cache(maxsize=1)
def schemas() -> dict[str, Any]:
    """The shipped schemas by name, `provider.schema.json` say."""
    return {
        entry.name: json.loads(entry.read_text(encoding="utf-8"))
        for entry in shipped("json_schemas").iterdir()
        if entry.name.endswith(".schema.json")
    }


def facts_of(schema: Mapping[str, Any], path: Sequence[str | int]) -> Facts:
    """What a schema says of the value at a path; the nearest statement to the value counts."""
    nodes = list(_parts(schema, schema))
    for step in path:
        nodes = [part for root, node in nodes for part in _below(root, node, step)]
    told = [node for _, node in nodes if isinstance(node.get("description"), str)]
    shown = [node for _, node in nodes if node.get("examples")]
    keys = {key for _, node in nodes for key in node.get("properties", ())}
    return Facts(
        description=told[0]["description"] if told else "",
        example=shown[0]["examples"][0] if shown else None,
        keys=tuple(sorted(key for key in keys if not key.startswith("$"))),
    )


def _below(root: _Schema, node: _Schema, step: str | int) -> Iterator[tuple[_Schema, _Schema]]:
    if isinstance(step, int):
        yield from _parts(root, node.get("items"))
        return
    properties = node.get("properties", {})
    if step in properties:
        yield from _parts(root, properties[step])
        return
    for pattern, schema in node.get("patternProperties", {}).items():
        if re.search(pattern, step):
            yield from _parts(root, schema)
    yield from _parts(root, node.get("additionalProperties"))


def _parts(root: _Schema, node: object, depth: int = 0) -> Iterator[tuple[_Schema, _Schema]]:
    """A schema and those that it is made of, each in its file; what it says itself comes first."""
    if not isinstance(node, Mapping) or depth > _DEEPEST:
        return
    yield root, node
    if isinstance(reference := node.get("$ref"), str):
        file, _, pointer = reference.partition("#/")
        home = schemas().get(file, {}) if file else root
        yield from _parts(home, _at(home, pointer), depth + 1)
    for part in node.get("allOf", ()):
        yield from _parts(root, part, depth + 1)
    for name in _BRANCHES:
        yield from _parts(root, node.get(name), depth + 1)


def _at(schema: Any, pointer: str) -> object:
    for key in pointer.split("/"):
        schema = schema.get(key) if isinstance(schema, Mapping) else None
    return schema
