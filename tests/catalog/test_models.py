"""One model as people and front ends see it."""

from __future__ import annotations

import json
from typing import Any

from model_runtime.catalog.models import ModelEntry, read_model


def entry(**spec: Any) -> ModelEntry:
    return read_model("acme", {"model": "large", **spec}, "active")


def test_name_alone_makes_a_model() -> None:
    """Everything else has a default that follows from it."""
    found = entry()
    assert (found.model, found.model_type, found.label) == ("large", "llm", "large")
    assert (found.fetch_from, found.deprecated, found.features) == ("predefined-model", False, ())
    assert read_model("acme", {"model": 5}, "active", "tts").model_type == "tts"


def test_templates_lie_under_parameter_rules() -> None:
    """A front end gets whole rules; what the rule says itself wins."""
    found = entry(parameter_rules=[{"name": "t", "use_template": "temperature", "max": 2.0}])
    (rule,) = found.parameter_rules
    assert (rule["type"], rule["min"], rule["max"], rule["name"]) == ("float", 0.0, 2.0, "t")
    assert found.rules[0].canonical == "temperature"


def test_dict_is_json_in_the_schema_s_field_names() -> None:
    """With one language a label is a text, else the map; keys that we do not know stay."""
    found = entry(
        label={"en_US": "Large", "zh_Hans": "Da"},
        model_properties={"context_size": 4},
        pricing={"input": "1"},
        knowledge_cutoff="2024-01",
    )
    told = found.to_dict("zh_Hans")
    assert json.loads(json.dumps(told)) == told
    assert told["label"] == "Da"
    assert found.to_dict()["label"] == {"en_US": "Large", "zh_Hans": "Da"}
    assert (told["knowledge_cutoff"], told["status"]) == ("2024-01", "active")
    assert told["model_properties"] == {"context_size": 4}
