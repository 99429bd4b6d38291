"""Files of the schema that ours is a superset of: every value is in an entity or in a note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from recordings_folder import MISSING, recordings

from model_runtime import ModelEntry, ModelRuntime, Provider

# What a provider's file says of its other files; it is followed, and is no part of an entity.
STRUCTURE = ("models", "extra", "position")

PLUGIN = {
    "provider/acme.yaml": """
provider: acme
label: {en_US: Acme, zh_Hans: 艾克米}
author: nobody
supported_model_types: [llm, text-embedding]
configurate_methods: [predefined-model]
provider_credential_schema:
  credential_form_schemas:
    - {variable: key, label: {en_US: Key}, type: secret-input, required: true, help: {en_US: Where}}
models:
  llm: {predefined: [models/llm/*.yaml], position: models/llm/_position.yaml}
  text_embedding: {predefined: [models/text_embedding/*.yaml]}
extra: {python: {provider_source: provider/acme.py}}
""",
    "models/llm/_position.yaml": "- second\n- first\n",
    "models/llm/a.yaml": """
model: first
label: {en_US: First}
model_type: llm
features: [tool-call, vision]
model_properties: {mode: chat, context_size: 8192}
parameter_rules:
  - {name: temperature, use_template: temperature, max: 2.0}
  - {name: seed, type: int, label: {en_US: Seed}}
pricing: {input: "0.0010", output: "2", unit: "0.000001", currency: USD}
visible: true
""",
    "models/llm/b.yaml": "model: second\nlabel: {en_US: S}\nmodel_type: llm\ndeprecated: true\n",
    "models/llm/c.yaml": "model: second\nlabel: {en_US: Twice}\nmodel_type: llm\n",
    "models/text_embedding/e.yaml": (
        "model: 3.5\nmodel_type: text-embedding\nmodel_properties: {max_chunks: 4}\n"
    ),
    "models/text_embedding/old/f.yaml": "model: f\nmodel_type: text-embedding\n",
}
FLAT = {
    "acme.yaml": PLUGIN["provider/acme.yaml"].partition("models:")[0],
    "llm/_position.yaml": PLUGIN["models/llm/_position.yaml"],
    "llm/a.yaml": PLUGIN["models/llm/a.yaml"],
    "llm/b.yaml": PLUGIN["models/llm/b.yaml"],
    "text_embedding/e.yaml": PLUGIN["models/text_embedding/e.yaml"],
}


def write(root: Path, files: Mapping[str, str]) -> Path:
    """Write a provider's folder and return the folder around it."""
    for name, text in files.items():
        path = root / "acme" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def literal(path: Path) -> Any:
    """What a file says, each scalar as its text, by a loader of other people."""
    return yaml.load(path.read_text(encoding="utf-8-sig"), yaml.BaseLoader)


def same(text: str, found: object) -> bool:
    """Whether a value is what a scalar's text says; numbers are compared as decimals."""
    if found is None:
        return text in ("", "~", "null")
    if isinstance(found, bool):
        return text.lower() == str(found).lower()
    if text == str(found):
        return True
    try:
        return Decimal(text) == Decimal(str(found))
    except InvalidOperation:
        return False


def losses(wanted: Any, found: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all values that an entity lacks or has changed."""
    if isinstance(wanted, dict):
        known = found if isinstance(found, dict) else {}
        for key, value in wanted.items():
            if key in known or value not in ("", "null", [], {}):
                yield from losses(value, known.get(key), (*path, key))
    elif isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            yield path
            return
        for index, (one, other) in enumerate(zip(wanted, found, strict=True)):
            yield from losses(one, other, (*path, str(index)))
    elif not same(wanted, found):
        yield path


class Folder:
    """One provider's folder: its files, its entities, and the notes on it."""

    def __init__(self, folder: Path, provider: Provider, models: tuple[ModelEntry, ...]) -> None:
        self.folder = folder
        self.provider = provider
        self.models = models
        [file] = [*folder.glob("provider/*.yaml"), *folder.glob("*.yaml")][:1]
        self.file = file
        self.wanted = literal(file)
        self.notes: dict[str, list[str]] = {}
        for finding in provider.findings:
            assert finding.place is not None
            self.notes.setdefault(finding.place.file, []).append(finding.message)

    def notes_on(self, path: Path) -> list[str]:
        """The notes on a file."""
        end = path.relative_to(self.folder).as_posix()
        return [note for file, notes in self.notes.items() if file.endswith(end) for note in notes]

    def unaccounted(self, path: Path, wanted: Any, found: Any) -> list[str]:
        """The values of a file that neither the entity nor a note has."""
        notes = self.notes_on(path)
        return [
            f"{path}: {'.'.join(lost)}"
            for lost in losses(wanted, found)
            if not any(f"unknown key {key[:60]!r}" in note for key in lost for note in notes)
        ]

    def model_files(self) -> list[Path]:
        """Every file below the folders of models that holds more than an order."""
        files = [*self.folder.glob("models/**/*.yaml"), *self.folder.glob("*/*.yaml")]
        kept = (f for f in files if not f.name.startswith("_") and f.parent.name != "provider")
        return sorted(dict.fromkeys(kept))

    def faults(self) -> list[str]:
        """Every value of every file that was lost on the way to the entities."""
        told = {key: v for key, v in self.wanted.items() if key not in STRUCTURE}
        found = self.unaccounted(self.file, told, self.provider.to_dict())
        entries = {(m.model_type, m.model): m.to_dict() for m in self.models}
        for path in self.model_files():
            if any(
                "not listed" in n or "names no model" in n or "is used" in n
                for n in self.notes_on(path)
            ):
                continue
            wanted = literal(path)
            entry = entries.get((wanted["model_type"], wanted["model"]))
            found += self.unaccounted(path, wanted, entry) if entry else [f"{path}: not listed"]
        return found


def folders(root: Path) -> list[Folder]:
    """Load every provider below a folder through the public API."""
    runtime = ModelRuntime(specs=[root], bundled=False, credentials={})
    paths = {
        literal(file)["provider"]: folder
        for folder in sorted(root.iterdir())
        for file in [*folder.glob("provider/*.yaml"), *folder.glob("*.yaml")][:1]
    }
    assert {provider.name for provider in runtime.providers()} == set(paths)
    return [
        Folder(path, runtime.provider(name), runtime.models(None, name, include_deprecated=True))
        for name, path in paths.items()
    ]


@pytest.mark.parametrize("files", [PLUGIN, FLAT], ids=["plugin layout", "flat layout"])
def test_both_layouts_give_the_same_entities(tmp_path: Path, files: Mapping[str, str]) -> None:
    """Nothing of any file is lost; what nobody reads is a note, and no note is an error."""
    [found] = folders(write(tmp_path, files))
    assert found.faults() == []
    assert [model.model for model in found.models] == ["second", "first", "3.5"]
    assert {finding.severity for finding in found.provider.findings} == {"note"}
    notes = [note for notes in found.notes.values() for note in notes]
    for key in ("author", "help", "visible"):
        assert any(f"unknown key {key!r}" in note for note in notes), key


def test_entities_have_the_schema_s_own_fields(tmp_path: Path) -> None:
    """Templates add to a rule and change nothing; prices keep their digits."""
    [found] = folders(write(tmp_path, PLUGIN))
    told = next(model for model in found.models if model.model == "first").to_dict()
    assert told["pricing"] == {
        "input": "0.0010",
        "output": "2",
        "unit": "0.000001",
        "currency": "USD",
    }
    temperature, seed = told["parameter_rules"]
    assert (temperature["max"], temperature["min"], temperature["precision"]) == (2.0, 0.0, 2)
    assert (seed["name"], seed["type"], told["visible"]) == ("seed", "int", True)
    assert found.provider.to_dict("zh_Hans")["label"] == "艾克米"


def test_file_that_is_not_used_is_told(tmp_path: Path) -> None:
    """One that no glob names, and one whose model stands in a later file too."""
    [found] = folders(write(tmp_path, PLUGIN))
    unused = found.notes_on(found.folder / "models/text_embedding/old/f.yaml")
    assert ["is not listed" in note for note in unused] == [True]
    double = found.notes_on(found.folder / "models/llm/b.yaml")
    assert ["c.yaml is used" in note for note in double] == [True]


# ---- real files


@cache
def real() -> list[Folder]:
    """The provider folders beside the recordings, or a skip."""
    root = recordings()
    if root is None or not (root / "data" / "dify_yaml").is_dir():
        pytest.skip(MISSING)
    return folders(root / "data" / "dify_yaml")


def test_no_value_of_a_real_file_is_lost() -> None:
    """Each is in the entity, or a note tells of its key or its file."""
    assert [fault for folder in real() for fault in folder.faults()] == []


def test_real_files_have_notes_and_no_errors() -> None:
    """They load unchanged."""
    findings = [f for folder in real() for f in folder.provider.findings]
    assert {finding.severity for finding in findings} == {"note"}


def counted(provider: Any, models: list[Any]) -> Counter[str]:
    """How many models, rules, options, prices, voices and form fields there are."""
    count: Counter[str] = Counter(providers=1, models=len(models))
    for name in ("provider_credential_schema", "model_credential_schema"):
        count["fields"] += len((provider.get(name) or {}).get("credential_form_schemas") or ())
    for model in models:
        rules = model.get("parameter_rules") or ()
        count["rules"] += len(rules)
        count["features"] += len(model.get("features") or ())
        count["prices"] += bool(model.get("pricing"))
        count["voices"] += len((model.get("model_properties") or {}).get("voices") or ())
        count["deprecated"] += str(model.get("deprecated")).lower() == "true"
    return count


def test_real_files_and_entities_count_the_same() -> None:
    """Providers, models, rules, features, prices, voices and form fields."""
    files: Counter[str] = Counter()
    entities: Counter[str] = Counter()
    for folder in real():
        used = {}
        for path in folder.model_files():
            if not any("not listed" in n or "is used" in n for n in folder.notes_on(path)):
                model = literal(path)
                used[model["model_type"], model["model"]] = model
        files += counted(folder.wanted, list(used.values()))
        entities += counted(folder.provider.to_dict(), [m.to_dict() for m in folder.models])
    assert entities == files
    assert (files["providers"], files["models"]) >= (50, 700)
    assert min(files[name] for name in ("rules", "prices", "fields", "voices")) > 100


def test_real_models_stand_in_the_order_of_their_position_files() -> None:
    """As far as these name them."""
    seen = 0
    for folder in real():
        for kind, group in (folder.wanted.get("models") or {}).items():
            position = folder.folder / str(group.get("position"))
            if not position.is_file():
                continue
            order = [str(name) for name in literal(position) or []]
            wanted_type = kind.replace("_", "-")
            listed = [m.model for m in folder.models if m.model_type == wanted_type]
            names = list(dict.fromkeys(name for name in order if name in listed))
            assert [name for name in listed if name in names] == names, position
            seen += len(names)
    assert seen > 300
