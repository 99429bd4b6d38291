"""The difference between a spec's list and its service's."""

from __future__ import annotations

from typing import Any

from model_runtime.catalog.changes import compare
from model_runtime.catalog.models import ModelEntry, read_model


def entry(model: str, **spec: Any) -> ModelEntry:
    return read_model("acme", {"model": model, **spec}, "active")


def test_models_are_new_changed_the_same_or_gone() -> None:
    """In the service's order, those that are gone last."""
    listed = [
        entry("gone"),
        entry("same", model_properties={"context_size": 8}),
        entry("changed", model_properties={"context_size": 8}, max_output_tokens=4),
    ]
    remote = [
        entry("changed", model_properties={"context_size": 16}, max_output_tokens=4),
        entry("new"),
        entry("same", model_properties={"context_size": 8}),
    ]
    changes = compare(listed, remote)
    assert [(change.kind, change.entry.model) for change in changes] == [
        ("changed", "changed"),
        ("new", "new"),
        ("same", "same"),
        ("gone", "gone"),
    ]
    assert changes[0].fields == {"context_size": (8, 16)}


def test_types_are_models_of_their_own() -> None:
    """The same name with another type is another model."""
    changes = compare([entry("a")], [entry("a", model_type="rerank")])
    assert [change.kind for change in changes] == ["new", "gone"]


def test_what_one_side_does_not_tell_is_no_change() -> None:
    """A service that lists ids alone changes nothing."""
    full = entry("a", features=["vision"], pricing={"input": "1", "output": "2"})
    assert [change.kind for change in compare([full], [entry("a")])] == ["same"]


def test_prices_are_compared_per_token() -> None:
    """Whatever unit each list counts in."""
    listed = entry("a", pricing={"input": "0.001", "output": "2", "unit": "0.001"})
    same = entry("a", pricing={"input": "1.0", "output": "2000", "unit": "0.000001"})
    dear = entry("a", pricing={"input": "3", "output": "2000", "unit": "0.000001"})
    assert compare([listed], [same])[0].kind == "same"
    assert compare([listed], [dear])[0].fields == {"pricing.input": ("1", "3")}


def test_retired_and_reordered_features() -> None:
    """That a model is deprecated is told; the order of features is not."""
    listed = entry("a", features=["vision", "tool-call"])
    remote = entry("a", features=["tool-call", "vision"], deprecated=True)
    assert compare([listed], [remote])[0].fields == {"deprecated": (False, True)}


def test_change_tells_both_values_as_data() -> None:
    """For machines: the entry, `change` and `changes`."""
    listed = entry("a", max_output_tokens=1)
    data = compare([listed], [entry("a", max_output_tokens=2)])[0].to_dict()
    assert (data["model"], data["change"]) == ("a", "changed")
    assert data["changes"] == {"max_output_tokens": {"listed": 1, "remote": 2}}
