"""What both runtimes share: descriptions with and without a wire, statuses, unknown names."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from model_runtime import ModelRuntime, SpecError, UnknownModel
from model_runtime.errors import InvalidParameter
from model_runtime.vocabulary import MODEL_STATUSES

DESCRIBED = """
provider: acme
label: {en_US: Acme, zh_Hans: 艾克米}
supported_model_types: [llm]
configurate_methods: [predefined-model, customizable-model]
provider_credential_schema:
  credential_form_schemas:
    - {variable: acme_key, label: {en_US: Key}, type: secret-input, required: true}
    - {variable: region, label: {en_US: Region}, type: text-input, required: false, default: eu}
models:
  - model: large
    model_type: llm
    label: {en_US: Large}
    parameter_rules: [{name: max_new_tokens, use_template: max_tokens, max: 100}]
"""
WIRE = """
spec_version: 1
provider: acme
base_url: https://api.example.com
credentials: {acme_key: {env: ACME}}
auth: {kind: bearer, token: "{{ credentials.acme_key }}"}
operations:
  llm:
    request:
      path: "/{{ credentials.region }}/chat"
      body: {model: "{{ model }}", text: "{{ messages[0] | text }}", $merge: [wire_parameters]}
    response: {text: answer}
"""
KEY = "sk-0123456789abcdef"


def runtime(folder: Path, *texts: str, **options: Any) -> ModelRuntime:
    """A runtime over spec files, each in a folder of its own."""
    specs = []
    for index, text in enumerate(texts):
        file = folder / str(index) / "acme.yaml"
        file.parent.mkdir()
        file.write_text(text, encoding="utf-8")
        specs.append(file)
    given = {"credentials": {"acme": {"acme_key": KEY}}, "bundled": False, "retries": 0}
    return ModelRuntime(specs=specs, **{**given, **options})


@pytest.mark.parametrize("texts", [(DESCRIBED, WIRE), (WIRE, DESCRIBED)], ids=["first", "last"])
def test_described_provider_is_called_by_a_wire_spec_of_its_name(
    tmp_path: Path, loopback: Any, texts: tuple[str, str]
) -> None:
    """Its own form, rules and models hold; an unlisted model is called without rules."""
    loopback.always(loopback.reply(b'{"answer": "hi"}'))
    with runtime(tmp_path, *texts, base_urls={"acme": loopback.url}) as found:
        provider = found.provider("acme")
        assert (provider.label("zh_Hans"), provider.is_callable) == ("艾克米", True)
        form = provider.to_dict()["provider_credential_schema"]["credential_form_schemas"]
        assert [row["variable"] for row in form] == ["acme_key", "region"]
        assert [model.model for model in provider.models()] == ["large"]
        assert provider.llm("large").invoke("Hello", parameters={"max_tokens": 7}).text == "hi"
        with pytest.raises(InvalidParameter, match="1 to 100"):
            provider.llm("large").invoke("Hello", parameters={"max_tokens": 101})
        assert provider.llm("org/unlisted").invoke("Hello").text == "hi"
    first, second = loopback.requests
    assert (first.target, first.headers["authorization"]) == ("/eu/chat", f"Bearer {KEY}")
    assert b'"max_new_tokens":7' in first.body
    assert b'"model":"org/unlisted"' in second.body


def test_described_provider_alone_is_listed_and_says_what_it_lacks(tmp_path: Path) -> None:
    """A front end can show it and check its form."""
    found = runtime(tmp_path, DESCRIBED)
    provider = found.provider("acme")
    assert not provider.is_callable
    assert [model.status for model in found.models()] == ["active"]
    with pytest.raises(SpecError, match="only described"):
        provider.llm("large")


@pytest.mark.parametrize("status", MODEL_STATUSES)
def test_host_may_set_every_status(tmp_path: Path, status: str) -> None:
    """Models show it in lists, alone and as data."""
    found = runtime(tmp_path, DESCRIBED, status=lambda _entry: status)
    [entry] = found.models()
    assert entry.status == status == found.model("acme/large", "llm").status
    assert entry.to_dict()["status"] == status


def test_status_that_is_none_is_refused(tmp_path: Path) -> None:
    """A misspelt one would reach a front end."""
    found = runtime(tmp_path, DESCRIBED, status=lambda _entry: "off")
    with pytest.raises(InvalidParameter, match="status gave 'off' for acme/large"):
        found.models()


def test_unknown_model_offers_a_close_match(tmp_path: Path) -> None:
    """Of the same type."""
    found = runtime(tmp_path, DESCRIBED)
    with pytest.raises(UnknownModel, match="Did you mean 'large'"):
        found.model("acme/larg", "llm")
    with pytest.raises(UnknownModel) as caught:
        found.model("acme/larg", "tts")
    assert "Did you mean" not in str(caught.value)


def test_dict_of_a_model_has_the_schema_s_names_in_one_language(tmp_path: Path) -> None:
    """Templates are filled in, so that a front end can draw its form."""
    told = runtime(tmp_path, DESCRIBED).model("acme/large", "llm").to_dict("zh_Hans")
    assert (told["label"], told["model_type"], told["fetch_from"]) == (
        "Large",
        "llm",
        "predefined-model",
    )
    [rule] = told["parameter_rules"]
    assert (rule["name"], rule["use_template"], rule["type"]) == (
        "max_new_tokens",
        "max_tokens",
        "int",
    )
    assert (rule["min"], rule["max"], rule["default"]) == (1, 100, 64)
