"""The short spellings of the describing half."""

from __future__ import annotations

from model_runtime.findings import Findings
from model_runtime.spec.brevity import expand, expand_model
from model_runtime.spec.tree import YamlMap, plain
from model_runtime.spec.yaml_source import read_yaml


def tree(text: str) -> YamlMap:
    """Read a map."""
    found = read_yaml(text, "a.yaml", Findings())
    assert isinstance(found, YamlMap)
    return found


def test_plain_texts_become_maps_of_languages() -> None:
    """Labels, icons and help texts of a provider are written out under en_US."""
    found = expand(
        tree(
            "{label: Acme, icon_small: a.svg, description: {zh_Hans: x}, help: {title: T, url: U},"
            " operations: {voices: {response: {label: name}}}, credentials: {k: {label: K}}}"
        )
    )
    assert plain(found) == {
        "label": {"en_US": "Acme"},
        "icon_small": {"en_US": "a.svg"},
        "description": {"zh_Hans": "x"},
        "help": {"title": {"en_US": "T"}, "url": {"en_US": "U"}},
        "operations": {"voices": {"response": {"label": "name"}}},
        "credentials": {"k": {"label": "K"}},
    }


def test_forms_and_models_are_written_out() -> None:
    """Texts of form fields, options, models and rules are written out."""
    field = "{variable: v, label: L, options: [{value: a, label: A}]}"
    model = "{model: m, label: M, parameter_rules: [{name: r, label: R, help: H}]}"
    found = expand(
        tree(
            f"{{model_credential_schema: {{model: {{label: N}},"
            f" credential_form_schemas: [{field}]}}, models: [{model}]}}"
        )
    )
    rule = {"name": "r", "label": {"en_US": "R"}, "help": {"en_US": "H"}}
    option = {"value": "a", "label": {"en_US": "A"}}
    assert plain(found) == {
        "model_credential_schema": {
            "model": {"label": {"en_US": "N"}},
            "credential_form_schemas": [
                {"variable": "v", "label": {"en_US": "L"}, "options": [option]}
            ],
        },
        "models": [{"model": "m", "label": {"en_US": "M"}, "parameter_rules": [rule]}],
    }


def test_unset_is_not_a_text() -> None:
    """`$unset` stays what it is, and the text keeps the place of what was written."""
    assert plain(expand(tree("{label: $unset}"))) == {"label": "$unset"}
    label = expand_model(tree("{model: m, label: M}"))["label"]
    assert isinstance(label, YamlMap) and str(label.place) == "a.yaml:1:19"
