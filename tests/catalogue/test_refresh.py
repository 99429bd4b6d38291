"""The script that writes the lists: what it makes of a catalogue's rows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import prices
import pytest
import sources
import writing
from prices import Row
from sources import Fact

from model_runtime.findings import Findings
from model_runtime.spec.yaml_source import read_yaml

DAY = date(2026, 11, 22)


def test_tiers_batches_and_lifetimes_become_conditions() -> None:
    """The endings of a price's key are the conditions of its row."""
    rows = prices.from_litellm(
        {
            "input_cost_per_token": 2e-06,
            "output_cost_per_token": 8e-06,
            "input_cost_per_token_batches": 1e-06,
            "input_cost_per_token_above_200k_tokens": 4e-06,
            "cache_creation_input_token_cost_above_1hr": 3e-06,
            "input_cost_per_token_priority": 9e-06,
        },
        "llm",
    )
    assert prices.pricing(rows) == {
        "input": "2",
        "output": "8",
        "unit": "0.000001",
        "currency": "USD",
        "rows": [
            {"of": "cache_write_tokens", "price": "3", "kept_for": "1h"},
            {"of": "input_tokens", "price": "4", "min_input_tokens": 200_001},
            {"of": "input_tokens", "price": "1", "batch": True},
        ],
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (
            {"input_cost_per_second": 0.0001, "output_cost_per_second": 0.0001},
            ("seconds", "0.006"),
        ),
        ({"input_cost_per_character": 1.5e-05}, ("characters", "15")),
        ({"input_cost_per_query": 0.002, "input_cost_per_token": 0.0}, ("search_units", "0.002")),
    ],
    ids=["seconds-once", "characters", "searches"],
)
def test_measures_are_priced_once(row: dict[str, float], expected: tuple[str, str]) -> None:
    """One price of a second, character or search is taken where tokens have none."""
    found = prices.pricing(prices.from_litellm(row, "rerank"))
    assert found is not None
    assert [(made["of"], made["price"]) for made in found["rows"]] == [expected]


@pytest.mark.parametrize(
    ("second", "price", "span"),
    [
        (3.083e-05, "0.111", 3600),
        (7.167e-05, "0.0043", 60),
        (6.11e-05, "0.22", 3600),
        (0.0001, "0.006", 60),
        (0.00012345, "0.00012345", 1),
    ],
    ids=["rounded-hour", "rounded-minute", "coarse-hour", "whole-minute", "second"],
)
def test_price_of_audio_is_the_one_that_was_divided(second: float, price: str, span: int) -> None:
    """A second's rounded price becomes that of the minute or hour that it was made from."""
    found = prices.pricing(prices.from_litellm({"input_cost_per_second": second}, "speech2text"))
    assert found is not None
    (made,) = found["rows"]
    assert made["price"] == price
    of_the_span = Decimal(made["price"]) * Decimal(made["unit"]) * span
    assert round(of_the_span, 12) == Decimal(price)


def test_zero_is_no_price() -> None:
    """Catalogues write zero for "unknown", so nothing is said."""
    row = {"input_cost_per_token": 0, "output_cost_per_token": 0}
    assert prices.pricing(prices.from_litellm(row, "llm")) is None


def test_price_of_plain_words_and_of_parts_is_not_repeated() -> None:
    """Audio at the price of text needs no row."""
    row = {"input_cost_per_token": 1e-06, "input_cost_per_audio_token": 1e-06}
    assert "rows" not in (prices.pricing(prices.from_litellm(row, "llm")) or {})


def test_source_is_read_and_not_run() -> None:
    """Prices written as Python are taken as data: a call is a map, and nothing is called."""
    import ast

    text = "Model(id='a', prices=Price(input_mtok=Decimal('1.5')), on=datetime.date(2026, 1, 2))"
    found = sources._literal(ast.parse(text, mode="eval").body)
    assert found == {
        "_": "Model",
        "id": "a",
        "prices": {"_": "Price", "input_mtok": Decimal("1.5")},
        "on": date(2026, 1, 2),
    }


@pytest.mark.parametrize(
    ("clause", "model", "expected"),
    [
        ({"_": "ClauseEquals", "equals": "a-1"}, "A-1", True),
        ({"_": "ClauseStartsWith", "starts_with": "a-"}, "a-2", True),
        ({"_": "ClauseRegex", "regex": r"^a-\d{8}$"}, "a-2", False),
        ({"_": "ClauseOr", "or_": [{"_": "ClauseContains", "contains": "b"}]}, "abc", True),
        ({"_": "ClauseAnd", "and_": [{"_": "ClauseEndsWith", "ends_with": "b"}]}, "abc", False),
    ],
)
def test_clause_matches_names(clause: dict[str, object], model: str, expected: bool) -> None:
    """A price is for the models that its clause says."""
    assert sources.matches(clause, model) is expected


def test_larger_limit_of_two_sources_stands() -> None:
    """A rule must refuse nothing that the service takes, so the larger limit is believed."""
    import refresh

    both = refresh.merged(
        Fact(model="a", output=4_096, features={"vision"}),
        Fact(model="a", output=8_192, context=100_000, features={"tool-call"}),
    )
    assert (both.output, both.context, both.features) == (8_192, 100_000, {"vision", "tool-call"})
    entry = refresh.entry_of(both, {"temperature": 2}, ["temperature", "max_tokens"])
    assert entry["parameter_rules"][-1]["max"] == 8_192


def test_hand_kept_facts_lie_over_the_others() -> None:
    """Null leaves a model out, properties are joined, and a new model comes last."""
    import refresh

    found = refresh.override(
        [{"model": "a", "model_properties": {"context_size": 5}}, {"model": "b"}],
        {"a": {"model_properties": {"max_chunks": 2}}, "b": None, "c": {"features": ["vision"]}},
    )
    assert found == [
        {"model": "a", "model_properties": {"context_size": 5, "max_chunks": 2}},
        {"model": "c", "features": ["vision"]},
    ]


def test_written_list_reads_back(tmp_path: Path) -> None:
    """What is written is the same when it is read, whatever its names look like."""
    entries = [
        {"model": "on", "label": "A: b", "pricing": {"input": "0.10", "rows": [{"of": "seconds"}]}},
        {
            "model": "@cf/a:b",
            "knowledge_cutoff": "2025-03",
            "features": ["vision"],
            "deprecated": True,
        },
        {"model": "1e3", "parameter_rules": [{"name": "n" * 60, "max": 1.5}] * 3},
    ]
    path = tmp_path / "models" / "llm.yaml"
    writing.write(path, entries, ["here"], DAY)
    assert read_yaml(path.read_text("utf-8"), "llm.yaml", Findings()) == entries


def test_unchanged_list_keeps_its_date(tmp_path: Path) -> None:
    """A file is touched only when its facts change, and goes when there are none."""
    path = tmp_path / "llm.yaml"
    writing.write(path, [{"model": "a"}], ["here"], DAY)
    first = path.read_text("utf-8")
    writing.write(path, [{"model": "a"}], ["here"], date(2027, 1, 1))
    assert path.read_text("utf-8") == first
    writing.write(path, [{"model": "b"}], ["here"], date(2027, 1, 1))
    assert "2027-01-01" in path.read_text("utf-8")
    writing.write(path, [], ["here"], DAY)
    assert not path.exists()


def test_cheap_row_is_kept_whole() -> None:
    """Small prices are written out in plain digits."""
    assert prices.written(Decimal("1E-7") * prices.MILLION) == "0.1"
    assert prices.pricing([Row(of="input_tokens", price=Decimal("2E-9"))]) == {
        "input": "0.002",
        "unit": "0.000001",
        "currency": "USD",
    }
