"""Finding specs in folders, and loading one with its parents, models and description."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from model_runtime.errors import SpecError, UnknownProvider
from model_runtime.findings import Findings
from model_runtime.spec import LoadedSpec, SpecFolders, load, plain

BASE = """\
spec_version: 1
provider: base
abstract: true
credentials: {api_key: {type: secret-input, required: false}}
parameters: {top_p: top_p, seed: seed}
operations:
  llm: {request: {method: POST, path: /chat}, response: {text: text}}
"""
CHILD = """\
spec_version: 1
provider: acme
extends: base
label: Acme
base_url: https://api.example.com
parameters: {seed: $unset}
"""
DESCRIBED = """\
provider: acme
label: {en_US: Described}
supported_model_types: [llm]
configurate_methods: [predefined-model]
provider_credential_schema: {credential_form_schemas: [{variable: key, label: {en_US: K}}]}
"""


def write(root: Path, files: dict[str, str]) -> Path:
    """Write files below a folder and return it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def loaded(name: str, *roots: Path) -> tuple[LoadedSpec, list[str]]:
    """Load a provider and return it with the codes of its findings."""
    findings = Findings()
    spec = load(name, SpecFolders(roots), findings)
    return spec, [item.code for item in findings]


@pytest.mark.parametrize(
    ("root", "name"),
    [
        (".", "acme"),
        ("one.yaml", "one"),
        ("acme", "acme"),
        ("acme/provider.yaml", "acme"),
        ("flat", "flat"),
        ("flat/flat.yaml", "flat"),
        ("plugin", "inside"),
        ("plugin/provider/other.yaml", "inside"),
    ],
)
def test_root_is_a_file_or_a_folder_or_a_folder_of_them(
    tmp_path: Path, root: str, name: str
) -> None:
    """Each spelling of a root finds the provider under its name."""
    write(
        tmp_path,
        {
            "one.yaml": "spec_version: 1\nprovider: one\n",
            "_position.yaml": "- one\n",
            "acme/provider.yaml": CHILD,
            "flat/flat.yaml": "provider: flat\n",
            "plugin/manifest.yaml": "type: plugin\n",
            "plugin/provider/other.yaml": '\ufeffprovider: "inside"\n',
            "notes/readme.txt": "x",
        },
    )
    folders = SpecFolders([tmp_path / root])
    assert name in folders.names()
    if root == ".":
        assert folders.names() == ["acme", "flat", "inside", "one"]
        assert folders.positions() == ["one"]


def test_relative_root_is_named_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name a file as its author does, and `.` is the folder's own name."""
    write(tmp_path, {"acme/provider.yaml": "spec_version: 1\nprovider: acne\n"})
    monkeypatch.chdir(tmp_path)
    findings = Findings()
    load("acme", SpecFolders([str(tmp_path)]), findings)
    assert str(findings.errors[0].place) == os.path.join("acme", "provider.yaml") + ":2:11"
    monkeypatch.chdir(tmp_path / "acme")
    assert SpecFolders(["."]).names() == ["acme"]


def test_root_that_is_nowhere_is_told() -> None:
    """A misspelt entry of `specs` is an error that names it."""
    with pytest.raises(SpecError, match="there is no such file or folder"):
        SpecFolders(["./nowhere"]).names()


def test_unknown_provider_offers_a_close_match(tmp_path: Path) -> None:
    """The error for a misspelt provider names the near one."""
    write(tmp_path, {"acme.yaml": CHILD})
    with pytest.raises(
        UnknownProvider, match="'acmee' is not among the specs. Did you mean 'acme'"
    ):
        load("acmee", SpecFolders([tmp_path]), Findings())


def test_close_match_is_spelled_as_it_is(tmp_path: Path) -> None:
    """The sentence around a name never changes the name."""
    write(tmp_path, {"candid.yaml": CHILD})
    with pytest.raises(UnknownProvider, match="Did you mean 'candid'?"):
        load("candib", SpecFolders([tmp_path]), Findings())


def test_spec_is_merged_over_its_parent(tmp_path: Path) -> None:
    """A loaded spec is whole: inherited parts, own parts, short spellings written out."""
    write(tmp_path, {"base/provider.yaml": BASE, "acme.yaml": CHILD})
    spec, codes = loaded("acme", tmp_path)
    assert codes == []
    assert plain(spec.tree) == {
        "spec_version": 1,
        "provider": "acme",
        "extends": "base",
        "label": {"en_US": "Acme"},
        "base_url": "https://api.example.com",
        "credentials": {"api_key": {"type": "secret-input", "required": False}},
        "parameters": {"top_p": "top_p"},
        "operations": {
            "llm": {"request": {"method": "POST", "path": "/chat"}, "response": {"text": "text"}}
        },
    }
    assert not spec.described
    assert spec.own_operations == frozenset()
    assert [Path(file).name for file in spec.files] == ["acme.yaml", "provider.yaml"]


def test_later_root_wins_and_may_extend_the_earlier_spec_of_its_name(tmp_path: Path) -> None:
    """A user's spec replaces a bundled one of its name, or extends it."""
    bundled = write(tmp_path / "bundled", {"base.yaml": BASE, "acme.yaml": CHILD})
    own = write(
        tmp_path / "own",
        {"acme.yaml": "spec_version: 1\nprovider: acme\nextends: acme\noperations: {tts: {}}\n"},
    )
    spec, codes = loaded("acme", bundled, own)
    assert codes == []
    assert spec.tree["base_url"] == "https://api.example.com"
    assert spec.own_operations == {"tts"}
    assert spec.root == 1
    alone, codes = loaded("acme", own)
    assert "I201" in codes


def test_models_stand_in_files_by_type_and_inline(tmp_path: Path) -> None:
    """Inline models come first, then each `models/<type>.yaml`, in the order written."""
    inline = "models: [{model: z, label: Z, model_type: llm}]\n"
    write(
        tmp_path,
        {
            "base.yaml": BASE,
            "acme/provider.yaml": CHILD + inline,
            "acme/models/llm.yaml": "- {model: b, label: B}\n- {model: a, label: A}\n",
            "acme/models/tts.yaml": "- {model: t, label: T}\n",
        },
    )
    spec, _ = loaded("acme", tmp_path)
    assert [(model["model"], model["model_type"]) for model in spec.models] == [
        ("z", "llm"),
        ("b", "llm"),
        ("a", "llm"),
        ("t", "tts"),
    ]
    assert plain(spec.models[1]["label"]) == {"en_US": "B"}
    assert spec.folder is not None and spec.folder.name == "acme"


@pytest.mark.parametrize("described_first", [True, False], ids=["described first", "wire first"])
def test_description_and_wire_of_one_name_are_joined(tmp_path: Path, described_first: bool) -> None:
    """A described-only provider describes the wire spec of its name, in whichever root it is."""
    described = write(
        tmp_path / "described",
        {
            "acme/acme.yaml": DESCRIBED,
            "acme/llm/m.yaml": "model: m\nlabel: {en_US: M}\nmodel_type: llm\n",
        },
    )
    wire = write(
        tmp_path / "wire",
        {
            "base.yaml": BASE,
            "acme/provider.yaml": CHILD,
            "acme/models/llm.yaml": "- {model: m, max_output_tokens: 5}\n- {model: n}\n",
        },
    )
    roots = (described, wire) if described_first else (wire, described)
    spec, codes = loaded("acme", *roots)
    assert codes == []
    assert not spec.described
    assert spec.tree["base_url"] == "https://api.example.com"
    assert plain(spec.tree["label"]) == {"en_US": "Described"}
    assert "provider_credential_schema" in spec.tree
    assert [plain(model) for model in spec.models] == [
        {"model": "m", "model_type": "llm", "max_output_tokens": 5, "label": {"en_US": "M"}}
    ]
    assert [folder.parent.name for folder in spec.icon_folders if isinstance(folder, Path)] == [
        "described",
        "wire",
    ]


def test_broken_spec_stops_nobody_else(tmp_path: Path) -> None:
    """A file that is no YAML is listed with its finding, and its neighbours load."""
    write(tmp_path, {"base.yaml": BASE, "acme.yaml": CHILD, "broken.yaml": "a: [", "void.yaml": ""})
    spec, codes = loaded("broken", tmp_path)
    assert codes == ["Y001"] and plain(spec.tree) == {"provider": "broken"}
    assert loaded("void", tmp_path)[1] == ["S104"]
    assert loaded("acme", tmp_path)[1] == []


def test_broken_parent_is_told_once(tmp_path: Path) -> None:
    """A child of a broken file tells the parent's fault, not what is missing because of it."""
    write(tmp_path, {"base.yaml": "a: [", "acme.yaml": CHILD})
    assert loaded("acme", tmp_path)[1] == ["Y001"]


def test_name_differs_from_its_file(tmp_path: Path) -> None:
    """A spec of ours is found under its file's name and must bear it."""
    write(tmp_path, {"base.yaml": BASE, "other.yaml": CHILD})
    assert loaded("other", tmp_path)[1] == ["S106"]


def test_files_extending_each_other_are_told(tmp_path: Path) -> None:
    """A cycle of `extends` ends with a finding."""
    head = "spec_version: 1\nbase_url: https://a.example\noperations: {llm: {}}\n"
    write(
        tmp_path,
        {
            "a.yaml": head + "provider: a\nextends: b\n",
            "b.yaml": head + "provider: b\nextends: a\n",
        },
    )
    assert "I201" in loaded("a", tmp_path)[1]


@pytest.mark.parametrize(
    ("text", "described"),
    [
        ("{spec_version: 1, provider: p}", False),
        ('"base_url": x\nprovider: p\n', False),
        ("provider: p\nlabel:\n  en_US: |\n    auth: x\nextra: 1\n", True),
        ("provider: p\ndescription: >-\n  a\nunknown: 1\n", True),
        ('provider: p\ndescription: {en_US: "a\nheaders: b"}\n', True),
    ],
    ids=["flow style", "quoted key", "block text", "unknown key", "key inside a text"],
)
def test_any_key_of_the_wire_makes_a_file_ours(tmp_path: Path, text: str, described: bool) -> None:
    """What a file is follows from its keys, however they are written."""
    write(tmp_path, {"p.yaml": text})
    findings = Findings()
    file = SpecFolders([tmp_path]).find("p")[0]
    assert SpecFolders([tmp_path]).read(file).is_ours is not described
    assert load("p", SpecFolders([tmp_path]), findings).described is (described)


def test_specs_load_from_a_zip(tmp_path: Path) -> None:
    """A zipped installation works: specs are read through the resource interface."""
    with zipfile.ZipFile(tmp_path / "specs.zip", "w") as archive:
        archive.writestr("specs/base/provider.yaml", BASE)
        archive.writestr("specs/acme/provider.yaml", CHILD)
        archive.writestr("specs/acme/models/llm.yaml", "- {model: m}\n")
    root = zipfile.Path(tmp_path / "specs.zip", "specs/")
    findings = Findings()
    spec = load("acme", SpecFolders([root]), findings)
    assert not findings.errors
    assert [model["model"] for model in spec.models] == ["m"]


def test_unchecked_root_passes_no_schema_check(tmp_path: Path) -> None:
    """Files checked elsewhere are loaded without the cost of a second check."""
    write(tmp_path, {"base.yaml": BASE, "acme.yaml": CHILD + "unknown_key: 1\n"})
    findings = Findings()
    load("acme", SpecFolders([tmp_path], unchecked_roots=frozenset({0})), findings)
    assert not list(findings)
    assert loaded("acme", tmp_path)[1] == ["S102"]


def test_specs_may_speak_like_each_other(tmp_path: Path) -> None:
    """Each takes the other's chat and nothing of its rules, so that nothing turns in a circle."""
    rule = "model_rules: {other: {match: 'x-*', speaks: %s}}\n"
    other = BASE.replace("provider: base\nabstract: true", "provider: other").replace("/chat", "/o")
    files = {
        "base.yaml": BASE,
        "acme.yaml": CHILD + rule % "other",
        "other.yaml": other + rule % "acme" + "base_url: https://other.example\n",
    }
    spec, codes = loaded("acme", write(tmp_path, files))
    assert codes == []
    rules = plain(spec.tree["model_rules"])
    assert rules["other"]["operations"]["llm"]["request"] == {"method": "POST", "path": "/o"}  # type: ignore[index]
    assert [Path(file).name for file in spec.files] == ["acme.yaml", "base.yaml", "other.yaml"]
    back, codes = loaded("other", tmp_path)
    assert codes == []
    assert plain(back.tree["model_rules"])["other"]["parameters"]["top_p"] == "top_p"  # type: ignore[index]
