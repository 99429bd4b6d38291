"""Described-only providers: positions, notes, and real files without loss."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model_runtime.findings import Findings
from model_runtime.spec import SpecFolders, YamlMap, load, plain

MODEL = "label: {en_US: M}\nmodel_type: llm\n"
PROVIDER = """\
provider: acme
label: {en_US: Acme}
models:
  llm:
    predefined: [models/llm/*.yaml, models/llm/**/*.yaml]
    position: models/llm/_position.yaml
"""


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def models(root: Path, name: str = "acme") -> tuple[list[object], list[str]]:
    """Load a described-only provider: its model names and its findings."""
    findings = Findings()
    spec = load(name, SpecFolders([root]), findings)
    assert spec.described and not findings.errors
    return [model["model"] for model in spec.models], [item.message for item in findings]


def test_listed_models_come_first_in_plugin_layout(tmp_path: Path) -> None:
    """A position file names models in order; unlisted ones follow in the order of the files."""
    write(
        tmp_path,
        {
            "acme/provider/acme.yaml": PROVIDER,
            "acme/models/llm/_position.yaml": "- z\n- 3.5\n- gone\n- y\n",
            "acme/models/llm/a.yaml": "model: a\n" + MODEL,
            "acme/models/llm/b.yaml": "model: y\n" + MODEL,
            "acme/models/llm/c.yaml": "model: 3.5\n" + MODEL,
            "acme/models/llm/z.yaml": "model: stem\n" + MODEL,
            "acme/models/llm/more/d.yaml": "model: d\n" + MODEL,
        },
    )
    assert models(tmp_path) == (["stem", "3.5", "y", "a", "d"], [])


def test_flat_layout_lists_models_by_type_folder(tmp_path: Path) -> None:
    """In the flat layout each type has a folder with its own position file."""
    write(
        tmp_path,
        {
            "acme/acme.yaml": "provider: acme\n",
            "acme/llm/b.yaml": "model: b\n" + MODEL,
            "acme/llm/a.yaml": "model: a\n" + MODEL,
            "acme/llm/_position.yaml": "- b\n",
            "acme/text_embedding/e.yaml": "model: e\nmodel_type: text-embedding\n",
        },
    )
    assert models(tmp_path)[0] == ["b", "a", "e"]


def test_model_type_follows_from_the_folder(tmp_path: Path) -> None:
    """A model file without a type has the type of the folder it stands in."""
    write(
        tmp_path,
        {"acme/acme.yaml": "provider: acme\n", "acme/text_embedding/e.yaml": "model: e\n"},
    )
    spec = load("acme", SpecFolders([tmp_path]), Findings())
    assert [model["model_type"] for model in spec.models] == ["text-embedding"]


def test_what_nobody_reads_is_a_note(tmp_path: Path) -> None:
    """Unknown keys, unnamed files and files without a model are notes, never errors."""
    write(
        tmp_path,
        {
            "acme/provider/acme.yaml": PROVIDER.replace(", models/llm/**/*.yaml", "")
            + "author: x\n",
            "acme/models/llm/_position.yaml": "[]\n",
            "acme/models/llm/a.yaml": "model: a\nicon: i\nicon: j\n" + MODEL,
            "acme/models/llm/b.yaml": "label: {en_US: B}\n",
            "acme/models/llm/other/c.yaml": "model: c\n" + MODEL,
        },
    )
    names, notes = models(tmp_path)
    assert names == ["a"]
    assert [note.split(";")[0].split(",")[0] for note in notes] == [
        "unknown key 'author' of a provider",
        "the key 'icon' stands in this map twice",
        "unknown key 'icon' of a model",
        "the file names no model.",
        "no glob of the provider names this file",
    ]


def test_broken_model_file_leaves_the_others(tmp_path: Path) -> None:
    """A model file that is no YAML is told of, and the other models are listed."""
    write(
        tmp_path,
        {
            "acme/provider/acme.yaml": PROVIDER,
            "acme/models/llm/_position.yaml": "- a\n",
            "acme/models/llm/a.yaml": "model: a\n" + MODEL,
            "acme/models/llm/b.yaml": "model: [",
        },
    )
    findings = Findings()
    spec = load("acme", SpecFolders([tmp_path]), findings)
    assert [model["model"] for model in spec.models] == ["a"]
    assert [item.code for item in findings.errors] == ["Y001"]


@pytest.mark.parametrize("glob", [".", "./", ""])
def test_glob_that_names_no_file_finds_none(tmp_path: Path, glob: str) -> None:
    """A glob of the folder itself is no fault that would stop the load."""
    provider = f"provider: acme\nmodels: {{llm: {{predefined: ['{glob}']}}}}\n"
    write(tmp_path, {"acme/provider/acme.yaml": provider})
    assert load("acme", SpecFolders([tmp_path]), Findings()).models == ()


@pytest.mark.parametrize("path", ["../../secret.yaml", "/etc/secret.yaml", "a\\..\\b.yaml"])
def test_path_outside_the_folder_is_not_read(tmp_path: Path, path: str) -> None:
    """Globs and positions stay below the provider's folder."""
    write(tmp_path, {"secret.yaml": "model: s\n" + MODEL})
    provider = f"provider: acme\nmodels: {{llm: {{predefined: ['{path}'], position: '{path}'}}}}\n"
    write(tmp_path / "specs", {"acme/provider/acme.yaml": provider})
    findings = Findings()
    spec = load("acme", SpecFolders([tmp_path / "specs"]), findings)
    assert spec.models == ()
    assert ["outside the folder" in item.message for item in findings.errors] == [True]


def test_inline_models_of_a_lone_file_are_listed(tmp_path: Path) -> None:
    """A described-only file without a folder may hold its models itself."""
    text = "provider: acme\nmodels: [{model: m, model_type: llm}, {label: x}]\n"
    write(tmp_path, {"acme.yaml": text})
    assert models(tmp_path) == (["m"], ["the file names no model."])


def recorded_yaml() -> Path:
    """Return the folder of real provider files, or skip."""
    checkout = Path(__file__).resolve().parents[2]
    root = Path(os.environ.get("MODEL_RUNTIME_RECORDINGS", checkout.parent / "shared"))
    folder = root / "data" / "dify_yaml"
    if not folder.is_dir():
        pytest.skip("no real provider files: set MODEL_RUNTIME_RECORDINGS to the folder of data/")
    return folder


def literal(path: Path) -> object:
    """Read a real file with a loader of other people, every scalar as its text."""
    import yaml

    return yaml.load(path.read_text(encoding="utf-8-sig"), yaml.BaseLoader)


def losses(wanted: object, found: object, path: str) -> list[str]:
    """Return the paths of all values of a real file that a tree lacks or changes."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            return [path]
        return [
            loss
            for key, value in wanted.items()
            for loss in losses(value, found.get(key), f"{path}.{key}")
        ]
    if isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            return [path]
        pairs = zip(wanted, found, strict=True)
        return [loss for i, pair in enumerate(pairs) for loss in losses(*pair, f"{path}[{i}]")]
    return [] if _is_same(str(wanted), found) else [f"{path}: {wanted!r} became {found!r}"]


def _is_same(text: str, found: object) -> bool:
    if found is None:
        return text in ("", "~", "null")
    if isinstance(found, bool):
        return text.lower() == str(found).lower()
    if isinstance(found, int | float):
        return float(text) == float(found)
    return text == found


def test_real_provider_files_load_without_loss() -> None:
    """Every provider and model file written for the schema loads, each value as it was written."""
    folder = recorded_yaml()
    folders = SpecFolders([folder])
    files = sorted(folder.glob("*/provider/*.yaml"))
    assert len(folders.names()) == len(files)
    faults: list[str] = []
    count = 0
    for path in files:
        wanted = literal(path)
        assert isinstance(wanted, dict)
        findings = Findings()
        spec = load(wanted["provider"], folders, findings)
        faults += [str(item) for item in findings.errors]
        faults += losses(wanted, plain(spec.tree), path.parent.parent.name)
        found = {(model["model_type"], model["model"]): model for model in spec.models}
        for group in (wanted.get("models") or {}).values():
            for model_path in _named(path.parent.parent, group["predefined"]):
                count += 1
                faults += _model_losses(model_path, found)
    assert not faults
    assert count > 500


def _named(folder: Path, patterns: list[str]) -> list[Path]:
    found = {path for pattern in patterns for path in folder.glob(pattern)}
    return sorted(path for path in found if not path.name.startswith("_"))


def _model_losses(path: Path, found: dict[tuple[object, object], YamlMap]) -> list[str]:
    """Compare one model file; a model that stands in two files may be the other one."""
    wanted = literal(path)
    assert isinstance(wanted, dict)
    model = found.get((wanted["model_type"], wanted["model"]))
    if model is None:
        return [f"{path}: not listed"]
    if model.place is not None and not model.place.file.endswith(path.name):
        return []
    return losses(wanted, plain(model), path.name)
