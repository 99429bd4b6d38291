"""One provider as people and front ends see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.catalog.provider import ProviderDescription, read_provider


def described(
    models: list[dict[str, Any]] | None = None, operations: tuple[str, ...] = (), **tree: Any
) -> ProviderDescription:
    return read_provider("acme-ai", tree, models or [], is_callable=True, own_operations=operations)


def test_name_alone_makes_a_description() -> None:
    """Label, types and methods follow from the rest."""
    found = described()
    assert found.label_texts == {"en_US": "Acme Ai"}
    assert found.supported_model_types == ("llm",)
    assert found.configurate_methods == ("predefined-model",)


@pytest.mark.parametrize(
    ("models", "operations", "tree", "types"),
    [
        ([{"model": "a", "model_type": "tts"}], (), {}, ("tts",)),
        ([{"model": "a"}], ("rerank",), {}, ("llm", "rerank")),
        ([], ("moderation", "text-embedding"), {}, ("text-embedding", "moderation")),
        ([{"model": "a"}], (), {"supported_model_types": ["rerank"]}, ("rerank",)),
    ],
    ids=["models", "models and operations", "operations in our order", "declared"],
)
def test_types_are_declared_or_follow(
    models: list[dict[str, Any]],
    operations: tuple[str, ...],
    tree: dict[str, Any],
    types: tuple[str, ...],
) -> None:
    """From the models of the spec and its own operations."""
    assert described(models, operations, **tree).supported_model_types == types


def test_form_of_a_model_makes_models_customizable() -> None:
    """Unless the spec says otherwise."""
    with_form = described(model_credentials={"endpoint": {"type": "text-input"}})
    assert with_form.configurate_methods == ("predefined-model", "customizable-model")
    declared = described(configurate_methods=["customizable-model"])
    assert declared.configurate_methods == ("customizable-model",)


def test_dict_is_json_in_the_schema_s_field_names() -> None:
    """Texts are maps, or texts in one language; the short form of credentials is written out."""
    found = described(
        label={"en_US": "Acme", "de_DE": "Akme"},
        description="Models",
        background="#fff",
        help={"title": {"en_US": "Keys", "de_DE": "Tasten"}, "url": {"en_US": "https://a.example"}},
        credentials={"api_key": {}},
        model_credentials={"endpoint": {"type": "text-input"}},
        model_credential_schema={"model": {"label": "Name"}},
    )
    told = found.to_dict("de_DE")
    assert json.loads(json.dumps(told)) == told
    assert (told["provider"], told["label"], told["description"]) == ("acme-ai", "Akme", "Models")
    assert told["help"] == {"title": "Tasten", "url": "https://a.example"}
    (row,) = told["provider_credential_schema"]["credential_form_schemas"]
    assert (row["variable"], row["type"], row["required"]) == ("api_key", "secret-input", True)
    assert told["model_credential_schema"]["model"] == {"label": "Name"}
    assert found.to_dict()["label"] == {"en_US": "Acme", "de_DE": "Akme"}
