"""Facts about models: a service's words become the fields of our own lists."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.compile.model_facts import compile_facts, spec_of
from model_runtime.findings import Findings


def facts(row: Any, **response: Any) -> dict[str, Any]:
    findings = Findings()
    readers = compile_facts(response, findings)
    assert findings.errors == []
    return {name: read(row) for name, read in readers.items()}


TYPES = {"path": "kind", "map": {"chat": "llm", "embed": "text-embedding"}}


@pytest.mark.parametrize(
    ("row", "types"),
    [
        ({"kind": "chat"}, ["llm"]),
        ({"kind": "rerank"}, ["rerank"]),
        ({"kind": ["embed", "chat", "classify"]}, ["llm", "text-embedding"]),
        ({"kind": "image"}, []),
        ({"kind": ["image"]}, []),
        ({"kind": None}, None),
        ({"kind": []}, None),
        ({}, None),
    ],
    ids=["word", "own word", "several", "none of ours", "list", "null", "empty", "missing"],
)
def test_types_are_translated_and_others_left_out(row: Any, types: object) -> None:
    """An empty list says that the model is none of ours, None that the service is silent."""
    assert facts(row, model_type=TYPES)["model_type"] == types


def test_feature_is_told_by_anything_but_false_or_nothing() -> None:
    """In the order of the spec. A service that says nothing of any of them is silent."""
    spec = {"vision": "can.see", "tool-call": "can[?@ == 'tools']", "audio": "can.hear"}
    assert facts({"can": {"see": True, "hear": False}}, features=spec)["features"] == ["vision"]
    assert facts({"can": ["tools"]}, features=spec)["features"] == ["tool-call"]
    assert facts({"can": []}, features=spec)["features"] == []
    assert facts({}, features=spec)["features"] is None


@pytest.mark.parametrize(
    ("told", "read"),
    [(4096, 4096), ("4096", 4096), (4096.0, 4096), (0, None), (-1, None), (True, None)]
    + [(None, None), ("many", None), ([], None), ({}, None)],
)
def test_count_is_a_whole_number_or_unknown(told: object, read: object) -> None:
    """What is no count is not told, and breaks no list."""
    assert facts({"n": told}, context_size="n")["context_size"] == read


PRICES = {"input": "in", "output": "out", "cache_read": "cached"}


@pytest.mark.parametrize(
    ("unit", "told", "price"),
    [
        ("1", "0.00000125", "1.25"),
        ("1", 3e-06, "3"),
        ("0.000001", 0.18, "0.18"),
        ("0.001", "2", "2000"),
        ("1", "0", "0"),
        ("1", "1e-7", "0.1"),
    ],
)
def test_price_is_told_per_million_tokens(unit: str, told: object, price: str) -> None:
    """Whatever the service counts in, exactly."""
    made = facts({"in": told}, pricing={**PRICES, "unit": unit})["pricing"]
    assert made == {"input": price, "unit": "0.000001", "currency": "USD"}


@pytest.mark.parametrize("told", [None, "-1", "free", True, {"usd": 1}, "NaN", "Infinity"])
def test_price_that_is_none_is_not_told(told: object) -> None:
    """A negative one stands for a price that varies."""
    assert facts({"in": told}, pricing=PRICES)["pricing"] is None


def test_prices_of_cached_tokens_are_rows() -> None:
    """As our own lists have them."""
    made = facts({"in": 2, "out": 6, "cached": 0.5}, pricing={**PRICES, "currency": "EUR"})
    assert made["pricing"] == {
        "input": "2",
        "output": "6",
        "unit": "0.000001",
        "currency": "EUR",
        "rows": [{"of": "cache_read_tokens", "price": "0.5"}],
    }


def test_facts_are_arranged_as_a_model_of_our_lists() -> None:
    """What is not told is left out; that there are no features is told."""
    told = {"label": "A", "features": [], "context_size": 8, "max_chunks": None, "owner": ""}
    assert spec_of({**told, "id": "a", "deprecated": False, "max_output_tokens": 4}) == {
        "label": "A",
        "features": [],
        "max_output_tokens": 4,
        "model_properties": {"context_size": 8},
    }
    assert spec_of({"deprecated": "2026-01-01"}) == {"deprecated": True}
