"""Dialects of JSON Schema: filters that rewrite a tool's or an answer's schema for a service.

They walk a schema by its keywords, so a property that is named like a keyword is never touched,
nor is what stands in `enum`, `const`, `default` and `examples`. Nothing given is changed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final
from urllib.parse import unquote

from .checks import MAX_DEPTH, Canonical, checked_mapping, refuse, shown

_NAMED: Final = frozenset(
    {"properties", "patternProperties", "$defs", "definitions", "dependentSchemas"}
)
_LISTED: Final = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_SINGLE: Final = frozenset(
    {
        "items",
        "additionalProperties",
        "additionalItems",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contains",
        "contentSchema",
        "propertyNames",
        "not",
        "if",
        "then",
        "else",
    }
)
MAX_NODES: Final = 20_000

Visit = Callable[[Canonical], Canonical]


def walk(schema: object, visit: Visit, depth: int = 0) -> Any:
    """Rebuild a schema from the leaves up; `visit` gets each schema with its children done."""
    if not isinstance(schema, dict):
        return schema
    if depth > MAX_DEPTH:
        refuse("schema", f"nested deeper than {MAX_DEPTH} levels. Flatten it.")
    return visit(_children(schema, lambda child: walk(child, visit, depth + 1)))


def _children(schema: Canonical, change: Callable[[object], Any]) -> Canonical:
    """A copy of a schema in which every direct subschema went through `change`."""
    out: Canonical = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            out[key] = {name: change(child) for name, child in value.items()}
        elif key in _LISTED and isinstance(value, list):
            out[key] = [change(child) for child in value]
        elif key in _SINGLE and isinstance(value, dict):
            out[key] = change(value)
        else:
            out[key] = value
    return out


def _root(schema: object, name: str) -> Canonical:
    return dict(checked_mapping(schema, f"filter {name}"))


def drop_schema_keys(schema: object, keys: Iterable[str]) -> Canonical:
    """Leave out some keywords, such as `$schema` or `title`, at every level."""
    gone = frozenset([keys] if isinstance(keys, str) else keys)
    return _walk_root(schema, "drop_schema_keys", lambda s: _without(s, gone))


def _walk_root(schema: object, name: str, visit: Visit) -> Canonical:
    return {**walk(_root(schema, name), visit)}


def _without(schema: Canonical, keys: Iterable[str]) -> Canonical:
    return {key: value for key, value in schema.items() if key not in keys}


def nullable_types(schema: object) -> Canonical:
    """Write `null` among the types or choices as `nullable: true`, and other lists of types as
    `anyOf`."""
    return _walk_root(schema, "nullable_types", lambda s: _nullable_choice(_nullable_list(s)))


def _nullable_list(schema: Canonical) -> Canonical:
    types = schema.get("type")
    if not isinstance(types, list):
        return schema
    rest = [item for item in types if item != "null"]
    out = _without(schema, {"type"})
    if len(rest) == 1:
        out["type"] = rest[0]
    elif rest and "anyOf" not in schema:
        out["anyOf"] = [{"type": item} for item in rest]
    if len(rest) < len(types):
        out["nullable"] = True
    return out


def _nullable_choice(schema: Canonical) -> Canonical:
    choices = schema.get("anyOf")
    if not isinstance(choices, list):
        return schema
    rest = [choice for choice in choices if choice != {"type": "null"}]
    if len(rest) == len(choices):
        return schema
    out = {**_without(schema, {"anyOf"}), "nullable": True}
    if len(rest) == 1 and isinstance(rest[0], dict):
        return {**rest[0], **out}
    return {**out, "anyOf": rest} if rest else out


def const_to_enum(schema: object) -> Canonical:
    """Write `const` as an `enum` of one value."""
    return _walk_root(schema, "const_to_enum", _const_to_enum)


def _const_to_enum(schema: Canonical) -> Canonical:
    if "const" not in schema:
        return schema
    return {**_without(schema, {"const"}), "enum": [schema["const"]]}


def one_of_to_any_of(schema: object) -> Canonical:
    """Write `oneOf` as `anyOf`."""
    return _walk_root(schema, "one_of_to_any_of", _one_of_to_any_of)


def _one_of_to_any_of(schema: Canonical) -> Canonical:
    if "oneOf" not in schema:
        return schema
    out = _without(schema, {"oneOf"})
    if "anyOf" not in schema:
        return {**out, "anyOf": schema["oneOf"]}
    return {**out, "allOf": [*out.get("allOf", []), {"anyOf": schema["oneOf"]}]}


def enum_to_string(schema: object) -> Canonical:
    """Write the values of every `enum` as texts, for services that know no others."""
    return _walk_root(schema, "enum_to_string", _enum_to_string)


def _enum_to_string(schema: Canonical) -> Canonical:
    values = schema.get("enum")
    if not isinstance(values, list) or all(isinstance(value, str) for value in values):
        return schema
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return {**schema, "type": "string", "enum": texts}


def uppercase_types(schema: object) -> Canonical:
    """Write the names of types in capitals."""
    return _walk_root(schema, "uppercase_types", _uppercase_types)


def _uppercase_types(schema: Canonical) -> Canonical:
    types = schema.get("type")
    if isinstance(types, str):
        return {**schema, "type": types.upper()}
    if isinstance(types, list):
        return {**schema, "type": [str(item).upper() for item in types]}
    return schema


def close_objects(schema: object, all_required: bool = True) -> Canonical:
    """Forbid unnamed properties of every object, as strict services demand.

    With `all_required`, every property is required as well, and one that was optional may be
    null instead of missing. A map, whose `additionalProperties` is a schema, stays as it is.
    """
    return _walk_root(schema, "close_objects", lambda s: _close(s, all_required))


def _close(schema: Canonical, all_required: bool) -> Canonical:
    types = schema.get("type")
    is_object = types == "object" or (isinstance(types, list) and "object" in types)
    if not (is_object or "properties" in schema):
        return schema
    if isinstance(schema.get("additionalProperties"), dict):
        return schema
    out = {**schema, "additionalProperties": False}
    properties = schema.get("properties")
    if all_required and isinstance(properties, dict):
        was = frozenset(schema.get("required") or ())
        out["required"] = list(properties)
        out["properties"] = {n: p if n in was else _or_null(p) for n, p in properties.items()}
    return out


def _or_null(schema: object) -> object:
    """The schema, or null."""
    if not isinstance(schema, dict):
        return schema
    types = schema.get("type")
    if isinstance(types, list):
        return schema if "null" in types else {**schema, "type": [*types, "null"]}
    if isinstance(types, str) and "enum" not in schema and "const" not in schema:
        return schema if types == "null" else {**schema, "type": [types, "null"]}
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        null: Canonical = {"type": "null"}
        return schema if null in choices else {**schema, "anyOf": [*choices, null]}
    return {"anyOf": [schema, {"type": "null"}]}


def open_objects(schema: object) -> Canonical:
    """Leave out `additionalProperties: false`, for services that refuse the keyword."""
    return _walk_root(schema, "open_objects", _open)


def _open(schema: Canonical) -> Canonical:
    closed = schema.get("additionalProperties") is False
    return _without(schema, {"additionalProperties"}) if closed else schema


def tuples_to_prefix_items(schema: object) -> Canonical:
    """Write a list of `items`, as older drafts have it, as `prefixItems`."""
    return _walk_root(schema, "tuples_to_prefix_items", _tuples_to_prefix_items)


def _tuples_to_prefix_items(schema: Canonical) -> Canonical:
    items = schema.get("items")
    if not isinstance(items, list):
        return schema
    out = {**_without(schema, {"items", "additionalItems"}), "prefixItems": items}
    return {**out, "items": schema["additionalItems"]} if "additionalItems" in schema else out


def types_into_any_of(schema: object) -> Canonical:
    """Write a `type` beside `anyOf` into those of its choices that have none."""
    return _walk_root(schema, "types_into_any_of", _types_into_any_of)


def _types_into_any_of(schema: Canonical) -> Canonical:
    choices = schema.get("anyOf")
    if "type" not in schema or not isinstance(choices, list):
        return schema
    own = {"type": schema["type"]}
    typed = [{**own, **choice} if isinstance(choice, dict) else choice for choice in choices]
    return {**_without(schema, {"type"}), "anyOf": typed}


def object_root(schema: object) -> Canonical:
    """Say of the whole that it is an object, where it says nothing; another type is refused."""
    root = _root(schema, "object_root")
    if root.get("type", "object") != "object":
        refuse("schema", f"the whole is of type {shown(root['type'])}. Expected an object.")
    return {"type": "object", "properties": {}, **root}


def inline_refs(schema: object) -> Canonical:
    """Put the target in place of every `$ref`, and leave out the definitions.

    Only references into the schema itself are followed. A schema that contains itself, or that
    grows over 20,000 nodes, is refused.
    """
    root = _root(schema, "inline_refs")
    inlined = _Inliner(root).inline(_without(root, {"$defs", "definitions"}), ())
    return {**inlined}


class _Inliner:
    """Follows references and counts nodes, so that a small schema cannot grow without end."""

    def __init__(self, root: Canonical) -> None:
        self.root = root
        self.nodes = 0

    def inline(self, schema: object, open_refs: tuple[str, ...]) -> Any:
        if not isinstance(schema, dict):
            return schema
        self.nodes += 1
        if self.nodes > MAX_NODES:
            refuse("schema", f"more than {MAX_NODES} nodes without $ref. Make it smaller.")
        if len(open_refs) > MAX_DEPTH:
            refuse("schema", f"nested deeper than {MAX_DEPTH} levels. Flatten it.")
        ref = schema.get("$ref")
        if isinstance(ref, str):
            return self._target(ref, schema, open_refs)
        rest = _without(schema, {"$defs", "definitions"})
        return _children(rest, lambda child: self.inline(child, (*open_refs, "")))

    def _target(self, ref: str, schema: Canonical, open_refs: tuple[str, ...]) -> Any:
        if ref in open_refs:
            refuse("schema", f"{ref!r} contains itself, and this service takes no references.")
        # Keywords beside the reference win: they describe this place.
        merged = {**self._resolve(ref), **_without(schema, {"$ref"})}
        return self.inline(merged, (*open_refs, ref))

    def _resolve(self, ref: str) -> Canonical:
        node: Any = self.root
        if not ref.startswith("#"):
            refuse("schema", f"$ref {shown(ref)} leads outside. Expected a path such as #/$defs/x.")
        for step in ref[1:].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                refuse("schema", f"$ref {shown(ref)} leads nowhere. Define it under $defs.")
        return dict(checked_mapping(node, f"schema: $ref {shown(ref)}"))
