"""Guards of the JSON Schemas: every list of kinds equals its table, every key is described."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

# `"x-kinds": NAME` beside an enum says which table it repeats.
TABLES: dict[str, tuple[str, str]] = {
    "auth_kinds": ("model_runtime.auth", "AUTH_KINDS"),
    "error_kinds": ("model_runtime.vocabulary", "ERROR_KINDS"),
    "finish_reasons": ("model_runtime.vocabulary", "FINISH_REASONS"),
    "framings": ("model_runtime.framing", "FRAMINGS"),
    "model_types": ("model_runtime.vocabulary", "MODEL_TYPES"),
    "part_types": ("model_runtime.vocabulary", "PART_TYPES"),
    "job_statuses": ("model_runtime.vocabulary", "JOB_STATUSES"),
}
SCHEMA_KEYWORDS_OF_NAMED_SCHEMAS = ("properties", "$defs", "patternProperties")
CONDITIONS = ("if", "not", "dependentSchemas")

# What may stand beside `$ref`: words for people.
ANNOTATIONS = {
    "$ref",
    "$comment",
    "title",
    "description",
    "markdownDescription",
    "examples",
    "default",
}
PLACES_OF_SPECS = ("provider_specs/", "examples/", "engine/")

Node = dict[str, object]


@pytest.fixture(scope="module")
def schemas(root: Path) -> dict[str, Node]:
    """Every shipped schema by file name."""
    paths = sorted((root / "json_schemas").glob("*.schema.json"))
    assert paths, "json_schemas holds no *.schema.json"
    return {path.name: json.loads(path.read_text(encoding="utf-8")) for path in paths}


def nodes(value: object, path: str) -> Iterator[tuple[str, Node]]:
    """Tell every mapping of a schema with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, inner in value.items():
            yield from nodes(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nodes(inner, f"{path}/{number}")


def table(name: str) -> Iterable[str]:
    """Return the words of one table of the engine."""
    module, attribute = TABLES[name]
    words: Iterable[str] = getattr(importlib.import_module(module), attribute)
    return words


def test_enums_of_kinds_equal_the_tables(schemas: dict[str, Node]) -> None:
    """A kind that is added to a table is added to the schema, and the other way round."""
    faults = []
    for file, schema in schemas.items():
        for path, node in nodes(schema, file):
            name = node.get("x-kinds")
            if not isinstance(name, str):
                continue
            if name not in TABLES:
                faults.append(f"{path}: x-kinds {name!r} is no table; known: {sorted(TABLES)}")
                continue
            enum = node.get("enum")
            if not isinstance(enum, list) or set(enum) != set(table(name)):
                faults.append(f"{path}: enum {enum} differs from {name}: {sorted(table(name))}")
    assert not faults, "\n".join(faults)


def test_every_word_of_a_table_is_described(schemas: dict[str, Node]) -> None:
    """An editor tells what each kind does while it is chosen."""
    faults = [
        path
        for file, schema in schemas.items()
        for path, node in nodes(schema, file)
        if isinstance(node.get("x-kinds"), str) and not is_each_word_described(node)
    ]
    assert not faults, "as many enumDescriptions as words are needed:\n" + "\n".join(faults)


def is_each_word_described(node: Node) -> bool:
    """Say whether a list of words has a sentence for each."""
    words, told = node.get("enum"), node.get("enumDescriptions")
    return isinstance(words, list) and isinstance(told, list) and len(words) == len(told)


def test_every_table_stands_in_a_schema(schemas: dict[str, Node]) -> None:
    """Each table of kinds is offered to editors by some schema."""
    marked = {
        node.get("x-kinds") for file, schema in schemas.items() for _, node in nodes(schema, file)
    }
    missing = sorted(name for name in TABLES if name not in marked)
    assert not missing, f"no enum carries x-kinds for {missing}"


def test_every_property_is_described(schemas: dict[str, Node]) -> None:
    """An editor shows a sentence for each key an author can write."""
    faults = [
        path
        for file, schema in schemas.items()
        for path, node in declared_properties(schema, file)
        if not is_described(node, file, schemas)
    ]
    assert not faults, "no description:\n" + "\n".join(faults)


def test_no_keyword_stands_beside_a_reference(schemas: dict[str, Node]) -> None:
    """Editors put `$ref` and its neighbours under `allOf`, and complete the key without a colon.

    `"allOf": [{"$ref": ...}]` says the same, and leaves the other keywords where editors look.
    """
    faults = [
        f"{path}: {sorted(set(node) - ANNOTATIONS)}"
        for file, schema in schemas.items()
        for path, node in nodes(schema, file)
        if isinstance(node.get("$ref"), str) and set(node) - ANNOTATIONS
    ]
    assert not faults, "write allOf:\n" + "\n".join(faults)


def test_definitions_under_all_of_leave_the_word_to_the_key(schemas: dict[str, Node]) -> None:
    """On hovering, editors show the innermost description: a helper has `$comment` instead."""
    faults = [
        path
        for file, schema in schemas.items()
        for path, node in nodes(schema, file)
        if node.get("description") and isinstance(node.get("allOf"), list)
        for part in as_list(node["allOf"])
        if isinstance(part, dict) and "$ref" in part and is_described(part, file, schemas)
    ]
    assert not faults, "a description hides that of these keys:\n" + "\n".join(faults)


def as_list(value: object) -> list[object]:
    """A value that is known to be a list."""
    assert isinstance(value, list)
    return value


def test_no_key_of_a_schema_stands_twice(root: Path) -> None:
    """JSON takes the last of two keys in silence."""
    for path in (root / "json_schemas").glob("*.schema.json"):
        json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=without_repetition)


def without_repetition(pairs: list[tuple[str, object]]) -> Node:
    """Make an object of pairs whose keys all differ."""
    found = dict(pairs)
    assert len(found) == len(pairs), [key for key, _ in pairs]
    return found


def declared_properties(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Tell every property that a schema declares; conditions only test what others declare."""
    if isinstance(value, list):
        for number, inner in enumerate(value):
            yield from declared_properties(inner, f"{path}/{number}")
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        if key in CONDITIONS or key in ("enum", "const", "examples", "default"):
            continue
        if key in SCHEMA_KEYWORDS_OF_NAMED_SCHEMAS and isinstance(inner, dict):
            for name, schema in inner.items():
                if key == "properties":
                    yield f"{path}/{key}/{name}", schema
                yield from declared_properties(schema, f"{path}/{key}/{name}")
        else:
            yield from declared_properties(inner, f"{path}/{key}")


def is_described(node: object, file: str, schemas: dict[str, Node]) -> bool:
    """Say whether a property, or the definition that it refers to, has a description.

    A property that is only forbidden (`false`, or nothing but `not`) is declared elsewhere.
    """
    if not isinstance(node, dict) or set(node) == {"not"} or node.get("description"):
        return True
    reference = node.get("$ref")
    if not isinstance(reference, str):
        return False
    other, _, pointer = reference.partition("#")
    target: object = schemas.get(other or file)
    for key in pointer.strip("/").split("/"):
        target = target.get(key) if isinstance(target, dict) else None
    return isinstance(target, dict) and is_described(target, other or file, schemas)


def test_every_spec_names_its_schema(root: Path, kept_files: tuple[str, ...]) -> None:
    """The first line of a spec, template or example leads an editor to the schema."""
    lost = []
    for name in kept_files:
        path = root / name
        is_spec = name.startswith(PLACES_OF_SPECS) and path.suffix == ".yaml"
        # A file whose name begins with a mark is no spec: the display order, another tool's file.
        if not is_spec or path.name.startswith(("_", ".")):
            continue
        line = path.read_text(encoding="utf-8").partition("\n")[0]
        schema = line.removeprefix("# yaml-language-server: $schema=")
        # A copy of the example gets its schemas by the second command of its README.
        schema = schema.replace(".schemas/", "../../json_schemas/")
        if line == schema or not (path.parent / schema).is_file():
            lost.append(name)
    assert not lost
