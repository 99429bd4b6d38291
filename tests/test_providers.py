"""The provider layer: what one provider tells without any call."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_runtime import ModelRuntime

SPEC = """\
spec_version: 1
provider: acme
extends: openai_compatible
label: {en_US: Acme, zh_Hans: A}
base_url: https://acme.example/v1
credentials: {api_key: {required: true, label: Key}}
model_credentials: {endpoint: {type: text-input}}
models: [{model: large, model_type: llm}, {model: voice, model_type: tts}]
"""


@pytest.fixture
def runtime(tmp_path: Path) -> ModelRuntime:
    (tmp_path / "acme.yaml").write_text(SPEC, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(
        "spec_version: 1\nprovider: bad\nextends: nobody\n", encoding="utf-8"
    )
    return ModelRuntime([tmp_path])


def test_provider_tells_its_label_in_a_language(runtime: ModelRuntime) -> None:
    """English unless another is asked for."""
    acme = runtime.provider("acme")
    assert (acme.label(), acme.label("zh_Hans"), acme.label("fr_FR")) == ("Acme", "A", "Acme")


def test_provider_lists_its_types_and_models(runtime: ModelRuntime) -> None:
    """Of one type or all."""
    acme = runtime.provider("acme")
    assert acme.supported_model_types == ("llm", "tts")
    assert [model.model for model in acme.models()] == ["large", "voice"]
    assert [model.model for model in acme.models("tts")] == ["voice"]


def test_forms_are_those_of_the_provider_and_of_its_models(runtime: ModelRuntime) -> None:
    """In the schema's own field names."""
    acme = runtime.provider("acme")
    assert [row["variable"] for row in acme.credential_form()] == ["api_key"]
    assert [row["variable"] for row in acme.credential_form("llm")] == ["endpoint"]


def test_dict_is_json(runtime: ModelRuntime) -> None:
    """A front end can be fed directly."""
    told = runtime.provider("acme").to_dict("en_US")
    assert json.loads(json.dumps(told)) == told
    assert (told["provider"], told["label"]) == ("acme", "Acme")


def test_broken_provider_is_listed_and_not_callable(runtime: ModelRuntime) -> None:
    """Its findings tell why."""
    bad = next(provider for provider in runtime.providers() if provider.name == "bad")
    assert not bad.is_callable
    assert "I201" in [finding.code for finding in bad.findings]
    acme = runtime.provider("acme")
    assert acme.is_callable
    assert acme.findings == ()


def test_models_are_made_by_their_own_name(runtime: ModelRuntime) -> None:
    """The provider's name stands before it."""
    handle = runtime.provider("acme").llm("org/large", credentials={"api_key": "k"})
    assert repr(handle) == "LanguageModel('acme/org/large')"
    assert repr(runtime.provider("acme")) == "Provider('acme')"
