"""What an author sees in an editor: the real language server on specs with our schemas."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from editor.language_server import Editor, language_server, missing

from model_runtime.cli.main import run

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing())

ROOT = Path(__file__).resolve().parents[2]
SCHEMAS = sorted((ROOT / "json_schemas").glob("*.schema.json"))
MODELINE = "# yaml-language-server: $schema=../../json_schemas/{}.schema.json\n"
# Line 1 is the modeline.
BROKEN = """\
spec_version: 1
provider: acme
extends: openai_compatible
base_ulr: https://api.acme.example/v1
operations:
  llm:
    stream: {framing: sss}
    response:
      text: [a, list]
errors:
  status: {429: slow_down}
"""
HEAD = """\
spec_version: 1
provider: acme
label: Acme
extends: openai_compatible
base_url: https://api.acme.example/v1
"""
# Keys whose map has names of the author's own, and those that hold the wire's own structure.
NAMED_BY_AUTHORS = ("credentials", "parameters", "headers", "rules", "parts", "events", "map")
WIRE = ("fragments", "body")
# A spec with a mark where each snippet is taken.
PLACES = {
    "OpenAI-compatible provider": "@",
    "Provider with a dialect of its own": "@",
    "llm operation": HEAD + "operations:\n  @",
    "text-embedding operation": HEAD + "operations:\n  @",
    "rerank operation": HEAD + "operations:\n  @",
    "list_models operation": HEAD + "operations:\n  @",
    "stream by delta": HEAD + "operations:\n  llm:\n    stream:\n      @",
    "stream by events": HEAD + "operations:\n  llm:\n    stream:\n      $replace: true\n      @",
    "stream of whole replies": HEAD + "operations:\n  llm:\n    stream:\n      $replace: true\n"
    "      @",
    "errors": HEAD + "errors:\n  @",
    "error rule": HEAD + "errors:\n  rules:\n    long:\n      @",
    "model rule": HEAD + "model_rules:\n  thinkers:\n    @",
    "bearer": HEAD + "auth:\n  $replace: true\n  @",
    "header": HEAD + "auth:\n  $replace: true\n  @",
    "token exchange": HEAD + "credentials: {client_id: {type: text-input}, client_secret: {}}\n"
    "auth:\n  $replace: true\n  @",
    "batch": HEAD + "operations:\n  text-embedding:\n    batch:\n      @",
    "retry": HEAD + "retry:\n  @",
    "api_key": HEAD + "credentials:\n  @",
    "$each": HEAD + "operations:\n  llm:\n    request:\n      body:\n        turns:\n          @",
    "$if": HEAD + "fragments:\n  piece:\n    @",
    "$switch": HEAD + "fragments:\n  piece:\n    @",
    "job": HEAD + "operations:\n  speech2text:\n    request: $unset\n    job:\n      @",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the schemas, with a folder for specs beside it, far from any other file."""
    root = tmp_path_factory.mktemp("editor")
    shutil.copytree(ROOT / "json_schemas", root / "json_schemas")
    path = root / "provider_specs" / "acme"
    path.mkdir(parents=True)
    return path


@pytest.fixture(scope="module")
def editor(folder: Path) -> Iterator[Editor]:
    """An editor on that folder."""
    with language_server(folder.parents[1]) as found:
        yield found


def labels(items: list[dict[str, Any]]) -> set[str]:
    """What a list of completions offers."""
    return {item["label"] for item in items}


def expanded(snippet: str) -> str:
    """What stands in the file when an author takes a snippet as it is."""
    filled = re.sub(r"\$\{\d+(?::((?:\\.|[^}\\])*))?\}|(?<!\\)\$\d+", lambda m: m[1] or "", snippet)
    return re.sub(r"\\([$}\\])", r"\1", filled)


def test_faults_are_told_at_their_lines(editor: Editor, folder: Path) -> None:
    """A key that is not known, a wrong word and a wrong type, each where it stands."""
    path = folder / "provider.yaml"
    editor.show(path, MODELINE.format("provider") + BROKEN)
    told = {fault["range"]["start"]["line"]: fault["message"] for fault in editor.faults(path)}
    assert sorted(told) == [4, 7, 9, 11]
    assert told[4] == "Property base_ulr is not allowed."
    assert told[7].startswith("Value is not accepted. Valid values: ") and '"sse"' in told[7]
    assert told[9].startswith("Incorrect type.")
    assert '"rate_limit"' in told[11]


def test_keys_of_an_operation_are_completed(editor: Editor, folder: Path) -> None:
    """Each key comes with its sentence, and a colon behind it."""
    path = folder / "provider.yaml"
    text = MODELINE.format("provider") + HEAD + "operations:\n  llm:\n    request:\n      \n"
    editor.show(path, text)
    items = editor.complete(path, 9, 6)
    assert {"method", "path", "query", "headers", "body", "multipart", "raw"} <= labels(items)
    (path_item,) = [item for item in items if item["label"] == "path"]
    assert path_item["documentation"].startswith("The path after `base_url`.")
    assert path_item["insertText"].startswith("path: ")
    bare = [item["label"] for item in items if ":" not in item["insertText"]]
    assert not bare


@pytest.mark.parametrize(
    ("text", "word", "sentence"),
    [
        ("auth:\n  kind: @", "token_exchange", "Buys a token with the credentials"),
        ("operations:\n  llm:\n    stream:\n      framing: @", "ndjson", "A JSON value in each"),
        ("errors:\n  rules:\n    a:\n      kind: @", "context_length", "The messages are longer"),
        ("supported_model_types:\n  - @", "rerank", "Documents in the order"),
    ],
    ids=["auth kind", "framing", "error kind", "model type"],
)
def test_words_of_a_table_are_completed(
    editor: Editor, folder: Path, text: str, word: str, sentence: str
) -> None:
    """Each kind is offered with what it does."""
    path = folder / "provider.yaml"
    shown = MODELINE.format("provider") + HEAD + text
    before = shown.partition("@")[0]
    editor.show(path, before)
    items = editor.complete(path, before.count("\n"), len(before) - before.rindex("\n") - 1)
    (item,) = [item for item in items if item["label"] == word]
    assert item["documentation"].startswith(sentence)


def test_every_key_of_a_spec_is_explained(editor: Editor, folder: Path) -> None:
    """On each key of the language stands its own sentence of the schema, not one about its form."""
    path = folder / "provider.yaml"
    text = (ROOT / "examples" / "specs" / "quill.yaml").read_text(encoding="utf-8")
    editor.show(path, text)
    known = sentences()
    keys = list(keys_of(yaml.compose(text)))
    assert len(keys) > 60
    wrong = {}
    for key in keys:
        shown = editor.hover(path, key.start_mark.line, key.start_mark.column)
        if not any(sentence in shown for sentence in known[key.value]):
            wrong[f"{key.start_mark.line + 1}: {key.value}"] = shown
    assert not wrong


def sentences() -> dict[str, set[str]]:
    """The descriptions of each key of the language, by its name, in plain text."""
    found: dict[str, set[str]] = {}

    for node in nodes([json.loads(path.read_text("utf-8")) for path in SCHEMAS]):
        properties = node.get("properties")
        for name, inner in properties.items() if isinstance(properties, dict) else ():
            inner = inner if isinstance(inner, dict) else {}
            words = {inner.get("description"), inner.get("markdownDescription")}
            found.setdefault(name, set()).update(words - {None})
    return found


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every map inside a value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value:
        if isinstance(inner, dict | list):
            yield from nodes(inner)


def keys_of(node: yaml.Node | None, name: str = "") -> Iterator[yaml.ScalarNode]:
    """Every key of a spec that the language names; below some, the author does."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if name not in NAMED_BY_AUTHORS:
            yield key
        if key.value not in WIRE:
            yield from keys_of(value, key.value)


@pytest.mark.parametrize("label", PLACES)
def test_snippet_gives_a_spec_that_is_right(
    editor: Editor, folder: Path, label: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What an author gets by taking a snippet as it is passes `check` without a finding."""
    path = folder / "acme.yaml"
    text = MODELINE.format("provider") + PLACES[label]
    before, _, after = text.partition("@")
    column = len(before) - before.rindex("\n") - 1
    editor.show(path, before + after)
    items = editor.complete(path, before.count("\n"), column)
    (item, *_) = [item for item in items if item["label"] == label]
    written = expanded(item["textEdit"]["newText"]).replace("\n", "\n" + " " * column)
    path.write_text(before + written + after + "\n", encoding="utf-8")
    assert run(["check", str(path)]) == 0, capsys.readouterr()


def test_every_snippet_of_a_spec_is_tried() -> None:
    """A new snippet gets a place in the table above."""
    offered = {
        snippet["label"]
        for path in SCHEMAS
        if path.name.startswith(("provider", "common"))
        for node in nodes(json.loads(path.read_text(encoding="utf-8")))
        for snippet in node.get("defaultSnippets", ())
    }
    assert offered == set(PLACES)


def test_models_and_exchanges_have_schemas_of_their_own(editor: Editor, folder: Path) -> None:
    """Their files are completed and checked like a spec."""
    path = folder / "models" / "llm.yaml"
    editor.show(path, MODELINE.format("models").replace("../../", "../../../") + "- \n")
    assert {"model", "features", "pricing"} <= labels(editor.complete(path, 1, 2))
    path = folder / "plain.yaml"
    editor.show(path, MODELINE.format("exchange") + "given: {modle: small}\n")
    (fault,) = editor.faults(path)
    assert fault["message"] == "Property modle is not allowed."


def test_bundled_specs_have_no_fault_in_an_editor(editor: Editor) -> None:
    """The editor and `check` agree on what is right."""
    specs = sorted((ROOT / "provider_specs").glob("*/provider.yaml"))
    for path in specs:
        editor.show(path, path.read_text(encoding="utf-8"))
    told = {path.parent.name: editor.faults(path) for path in specs}
    assert {name: faults for name, faults in told.items() if faults} == {}
