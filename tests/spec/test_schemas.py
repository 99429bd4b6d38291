"""The JSON Schemas: valid themselves, complete, described, and exact about where a fault is."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from model_runtime.compile.scopes import SCOPES
from model_runtime.findings import Findings
from model_runtime.spec.yaml_source import read_yaml

SCHEMAS = Path(__file__).parents[2] / "json_schemas"
DOCUMENTS = Path(__file__).parent / "documents"
NAMES = ("common", "exchange", "models", "provider")
MODEL_TYPES = ("llm", "text-embedding", "rerank", "speech2text", "tts", "moderation")

# A fault as one change of a document: where, the wrong value, the path and keyword of the error.
Fault = tuple[str, tuple[str | int, ...], Any, str, str]
LLM = ("operations", "llm")
FAULTS: dict[str, Fault] = {
    "unknown top-level key": ("small", ("base_ulr",), "x", "$", "additionalProperties"),
    "unsupported version": ("small", ("spec_version",), 2, "$.spec_version", "enum"),
    "provider name with a slash": ("small", ("provider",), "a/b", "$.provider", "pattern"),
    "extends by a path": ("small", ("extends",), "../etc", "$.extends", "pattern"),
    "unknown auth kind": ("base", ("auth", "kind"), "baerer", "$.auth.kind", "enum"),
    "auth kind without its option": ("base", ("auth",), {"kind": "bearer"}, "$.auth", "required"),
    "option of another auth kind": (
        "base",
        ("auth", "headers"),
        {},
        "$.auth",
        "additionalProperties",
    ),
    "unknown key in an auth alternative": (
        "signed",
        ("auth", "any", "bearer", "tokne"),
        "x",
        "$.auth.any.bearer",
        "additionalProperties",
    ),
    "unknown framing": (
        "base",
        (*LLM, "stream", "framing"),
        "ssee",
        "$.operations.llm.stream.framing",
        "enum",
    ),
    "two readings of a stream": (
        "base",
        (*LLM, "stream", "events"),
        {},
        "$.operations.llm.stream",
        "not",
    ),
    "two bodies": ("base", (*LLM, "request", "form"), {}, "$.operations.llm.request", "not"),
    "path and url": ("base", (*LLM, "request", "url"), "x", "$.operations.llm.request", "not"),
    "request and job": ("base", (*LLM, "job"), {}, "$.operations.llm", "not"),
    "text where a map belongs": ("base", ("retry",), "twice", "$.retry", "type"),
    "map where a text belongs": ("base", ("provider",), {}, "$.provider", "type"),
    "duration without a unit": (
        "base",
        ("timeouts", "connect"),
        "10",
        "$.timeouts.connect",
        "pattern",
    ),
    "unknown size": (
        "speech",
        ("operations", "tts", "stream", "max_bytes"),
        "50 mega",
        "$.operations.tts.stream.max_bytes",
        "pattern",
    ),
    "unknown finish reason": (
        "base",
        (*LLM, "response", "finish", "map", "end"),
        "stopped",
        "$.operations.llm.response.finish.map.end",
        "enum",
    ),
    "unknown error kind": ("base", ("errors", "status", "401"), "login", "$.errors.status", "enum"),
    "status that is none": (
        "base",
        ("errors", "status", "4o4"),
        "auth",
        "$.errors.status",
        "additionalProperties",
    ),
    "unknown parameter key": (
        "base",
        ("parameters", "max_tokens", "maximum"),
        1,
        "$.parameters.max_tokens",
        "additionalProperties",
    ),
    "counted inside or outside": (
        "base",
        (*LLM, "response", "usage", "cached"),
        "within",
        "$.operations.llm.response.usage.cached",
        "enum",
    ),
    "unknown operation": (
        "base",
        ("operations", "chat"),
        {},
        "$.operations",
        "additionalProperties",
    ),
    "response of another operation": (
        "vectors",
        ("operations", "rerank", "response", "embeddings"),
        {},
        "$.operations.rerank.response",
        "additionalProperties",
    ),
    "braces-free directive that is no text": (
        "base",
        (*LLM, "request", "body", "tools", "$if"),
        True,
        "$.operations.llm.request.body.tools['$if']",
        "type",
    ),
    "replace that is not true": ("patches", ("auth", "$replace"), "yes", "$.auth", "const"),
    "job status": (
        "jobs",
        ("operations", "speech2text", "job", "poll", "status", "map", "queued"),
        "waiting",
        "$.operations.speech2text.job.poll.status.map.queued",
        "enum",
    ),
    "form field type": (
        "base",
        ("credentials", "api_key", "type"),
        "password",
        "$.credentials.api_key.type",
        "enum",
    ),
    "label without English": ("described", ("label",), {"zh_Hans": "x"}, "$.label", "required"),
    "model without an id": ("described", ("models", 0), {}, "$.models[0]", "required"),
    "key that no model rule may patch": (
        "patches",
        ("model_rules", "new", "extends"),
        "base",
        "$.model_rules.new",
        "additionalProperties",
    ),
    "fault in an inline test": (
        "vectors",
        ("operations", "rerank", "tests", 0, "giv"),
        {},
        "$.operations.rerank.tests[0]",
        "additionalProperties",
    ),
}


@cache
def schema(name: str) -> dict[str, Any]:
    text = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def registry() -> Registry[Any]:
    resources = [(f"{n}.schema.json", Resource.from_contents(schema(n))) for n in NAMES]
    return Registry().with_resources(resources)


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schema(name), registry=registry())


def target(name: str, reference: str) -> Any:
    """Return what a reference in a schema points to."""
    return registry().resolver(f"{name}.schema.json").lookup(reference).contents


def read(path: Path) -> Any:
    findings = Findings()
    tree = read_yaml(path.read_bytes(), path.name, findings)
    assert not findings.errors, findings.errors
    return tree


def documents(kind: str) -> list[Path]:
    return sorted((DOCUMENTS / kind).glob("*.yaml"))


def nodes(value: object, pointer: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Tell every map in a value with its JSON pointer."""
    if isinstance(value, dict):
        yield pointer, value
        for key, inner in value.items():
            yield from nodes(inner, f"{pointer}/{quote(key, safe='$')}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from nodes(inner, f"{pointer}/{number}")


def properties(value: object) -> Iterator[tuple[str, Any]]:
    """Tell every property that a schema declares; conditions only test what others declare."""
    if isinstance(value, dict):
        for name, inner in value.get("properties", {}).items():
            yield name, inner
        for key, inner in value.items():
            if key not in ("not", "examples", "defaultSnippets"):
                yield from properties(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from properties(inner)


@pytest.mark.parametrize("name", NAMES)
def test_schema_is_valid_draft_2020_12(name: str) -> None:
    """Each schema follows the draft that it names."""
    Draft202012Validator.check_schema(schema(name))


@pytest.mark.parametrize("name", NAMES)
def test_every_reference_leads_somewhere(name: str) -> None:
    """No $ref of a schema is broken, also where no document goes."""
    for _, node in nodes(schema(name)):
        if isinstance(reference := node.get("$ref"), str):
            assert target(name, reference), reference


@pytest.mark.parametrize("name", NAMES)
def test_every_property_has_a_description(name: str) -> None:
    """An editor shows a sentence for each key that an author can write."""
    bare = []
    for key, node in properties(schema(name)):
        if not isinstance(node, dict) or set(node) == {"const"} or "description" in node:
            continue
        if "description" not in target(name, node.get("$ref", "#/$defs")):
            bare.append(key)
    assert not bare


@pytest.mark.parametrize("name", NAMES)
def test_kinds_are_told_apart_by_a_key(name: str) -> None:
    """No schema uses oneOf, whose errors do not say which key is at fault."""
    assert not [pointer for pointer, node in nodes(schema(name)) if "oneOf" in node]


@pytest.mark.parametrize("name", NAMES)
def test_examples_fit_their_own_schema(name: str) -> None:
    """What an editor offers as an example is accepted."""
    wrong = []
    for pointer, node in nodes(schema(name)):
        examples = node.get("examples")
        check = Draft202012Validator({"$ref": f"{name}.schema.json#{pointer}"}, registry=registry())
        for example in examples if isinstance(examples, list) else ():
            wrong += [f"{pointer}: {error.message}" for error in check.iter_errors(example)]
    assert not wrong


@pytest.mark.parametrize(
    ("kind", "path"),
    [(kind, path) for kind in ("provider", "models", "exchange") for path in documents(kind)],
    ids=lambda value: value.stem if isinstance(value, Path) else value,
)
def test_document_is_accepted(kind: str, path: Path) -> None:
    """A document that follows the language has no error."""
    errors = [f"{e.json_path}: {e.message}" for e in validator(kind).iter_errors(read(path))]
    assert not errors


@pytest.mark.parametrize("kind", ["provider", "models", "exchange"])
def test_every_key_stands_in_a_document(kind: str) -> None:
    """The accepted documents use each key of the schema at least once."""
    written = {
        key
        for name in NAMES[1:]
        for path in documents(name)
        for _, node in nodes(read(path))
        for key in node
    }
    declared = {key for key, _ in properties(schema(kind))}
    missing = declared - written
    assert not missing


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_fault_is_told_at_its_place(fault: Fault) -> None:
    """One wrong value gives errors at its own path only, with the keyword that it breaks."""
    name, path, value, json_path, keyword = fault
    document = copy.deepcopy(json.loads(json.dumps(read(DOCUMENTS / f"provider/{name}.yaml"))))
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    errors = list(validator("provider").iter_errors(document))
    assert errors
    assert {error.validator for error in errors} == {keyword}
    assert all(error.json_path.startswith(json_path) for error in errors), errors


@pytest.mark.parametrize("missing", ["spec_version", "provider"])
def test_version_and_provider_are_required(missing: str) -> None:
    """Every spec of ours says its version and its provider, and nothing else is required."""
    document = {"spec_version": 1, "provider": "acme"}
    assert validator("provider").is_valid(document)
    del document[missing]
    (error,) = validator("provider").iter_errors(document)
    assert error.validator == "required"


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ({}, "required"),
        ({"given": {}, "gives": {}, "raises": {}}, "not"),
        ({"given": {}, "reply": {"json": 1, "text": "x"}}, "not"),
        ({"given": {}, "rounds": [{"reply": {}}], "reply": {}}, "not"),
        ({"given": {}, "raises": {"kind": "login"}}, "enum"),
        ({"given": {"messages": [{"role": "robot"}]}}, "enum"),
        ({"given": {}, "reply": {"file": "../secret"}}, "pattern"),
    ],
    ids=["nothing given", "two ends", "two bodies", "two forms", "kind", "role", "outside file"],
)
def test_broken_exchange_is_refused(case: dict[str, Any], expected: str) -> None:
    """A recorded exchange that says two things at once, or an unknown word, has one error."""
    (error,) = validator("exchange").iter_errors(case)
    assert error.validator == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ({"label": "No id"}, "required"),
        ({"model": "m", "features": ["tools"]}, "enum"),
        ({"model": "m", "model_properties": {"context_size": "8k"}}, "type"),
        ({"model": "m", "pricing": {"input": "cheap"}}, "pattern"),
        ({"model": "m", "pricing": {"rows": [{"price": 1}]}}, "required"),
        ({"model": "m", "parameter_rules": [{"name": "a", "use_template": "temp"}]}, "enum"),
    ],
    ids=["no id", "feature", "context size", "price", "row without count", "template"],
)
def test_broken_model_is_refused(model: dict[str, Any], expected: str) -> None:
    """A model with one fault has one error."""
    (error,) = validator("models").iter_errors([model])
    assert error.validator == expected


@pytest.mark.parametrize("operation", MODEL_TYPES)
@pytest.mark.parametrize("field", ["request", "steps", "job"])
def test_scopes_of_operations_equal_the_engines(operation: str, field: str) -> None:
    """The names that an editor may offer are those that the compiler accepts."""
    block = schema("provider")["$defs"]["operations"]["properties"][operation]["properties"]
    assert set(block[field]["x-scope"]) == set(SCOPES[field][operation])


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("base_url", ("properties", "base_url")),
        ("auth", ("$defs", "auth")),
        ("token_request", ("$defs", "auth", "properties", "request")),
        ("model_rule_when", ("$defs", "model_rule", "properties", "when")),
    ],
)
def test_scopes_of_other_fields_equal_the_engines(field: str, path: tuple[str, ...]) -> None:
    """Fields outside of operations tell the same names as the compiler."""
    node: Any = schema("provider")
    for key in path:
        node = node[key]
    assert set(node["x-scope"]) == set(SCOPES[field][""])
