"""One bad field of one file costs that field, never the list of providers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_runtime import ModelRuntime
from model_runtime.findings import Findings
from model_runtime.spec import SpecFolders, load

PROVIDER = """\
provider: acme
supported_model_types: [llm]
models:
- {model: a, model_type: llm}
provider_credential_schema:
  credential_form_schemas:
  - {variable: api_key, type: secret-input, required: true}
"""
SPEC = "spec_version: 1\nprovider: acme\nbase_url: https://acme.example\n"


def loaded(folder: Path, text: str) -> tuple[dict[str, Any], list[str]]:
    """The provider that a file gives to front ends, and what was found."""
    (folder / "acme.yaml").write_text(text)
    findings = Findings()
    load("acme", SpecFolders([folder]), findings)
    with ModelRuntime(specs=[folder], bundled=False, credentials={}) as runtime:
        (provider,) = runtime.providers()
        models = [entry.to_dict() for entry in runtime.models(provider="acme")]
        told = {**provider.to_dict(), "models": models}
    return told, [f"{item.severity} {item.code} {item.message}" for item in findings]


@pytest.mark.parametrize(
    ("line", "changed", "said"),
    [
        ("variable: api_key", "label: {en_US: Key}", "item 1 is not a map with `variable`"),
        ("type: secret-input", "options: 5", "`options` is not a list"),
        ("type: secret-input", "options: [{label: x}]", "item 1 is not a map with `value`"),
        ("type: secret-input", "max_length: many", "`max_length` is not a whole number"),
        ("type: secret-input", "show_on: [{variable: x}]", "not a map with `variable` and `value`"),
        ("[llm]", "llm", "`supported_model_types` is not a list"),
        ("model_type: llm}", "model_type: llm, features: 5}", "`features` is not a list"),
        ("model_type: llm}", "model_type: llm, model_properties: x}", "is not a map"),
        ("model_type: llm}", "model_type: llm, parameter_rules: [{}]}", "not a map with `name`"),
        ("model_type: llm}", "model_type: llm, pricing: [1]}", "`pricing` is not a map"),
    ],
)
def test_described_provider_keeps_all_but_the_bad_field(
    tmp_path: Path, line: str, changed: str, said: str
) -> None:
    """What is left out is a note with its place, and everything else is listed."""
    assert line in PROVIDER
    told, found = loaded(tmp_path, PROVIDER.replace(line, changed))
    assert told["provider"] == "acme" and len(told["models"]) == 1
    assert any(item.startswith("note S104") and said in item for item in found), found


@pytest.mark.parametrize(
    "line",
    [
        "credentials: 5",
        "credentials: {a: 5}",
        "credentials: {a: {options: 5}}",
        "model_credentials: {a: {show_on: 3}}",
        "models: [{model_type: llm}]",
        "models: [{model: m, features: 5}]",
    ],
)
def test_own_spec_with_a_fault_is_listed_and_told_once(tmp_path: Path, line: str) -> None:
    """The schema speaks of the fault; the list of providers still comes."""
    told, found = loaded(tmp_path, f"{SPEC}{line}\n")
    assert told["provider"] == "acme"
    assert any(item.startswith("error S10") for item in found)
    assert not any("left out" in item for item in found)


def test_sound_tree_is_not_copied(tmp_path: Path) -> None:
    """A file without faults brings no note."""
    told, found = loaded(tmp_path, PROVIDER)
    assert told["supported_model_types"] == ["llm"] and found == []
