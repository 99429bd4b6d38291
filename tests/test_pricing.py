"""Prices: sums worked out by hand for price lists of every form, and what always holds.

The lists of the services themselves are held in tests/catalogue/test_published_prices.py."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime.pricing import price_of
from model_runtime.results.usage import Price, Usage

MILLIONTH = {"unit": "0.000001", "currency": "USD"}

# Cached reads and writes, writes by their lifetime, and batches.
CACHING: dict[str, Any] = {
    "input": "5",
    "output": "25",
    **MILLIONTH,
    "rows": [
        {"of": "cache_read_tokens", "price": "0.50"},
        {"of": "cache_write_tokens", "price": "6.25"},
        {"of": "cache_write_tokens", "price": "10", "kept_for": "1h"},
        {"of": "input_tokens", "price": "2.50", "batch": True},
        {"of": "output_tokens", "price": "12.50", "batch": True},
    ],
}
# Cached reads alone, plain input alone, seconds, characters, searches.
CACHED: dict[str, Any] = {
    "input": "2",
    "output": "8",
    **MILLIONTH,
    "rows": [{"of": "cache_read_tokens", "price": "0.5"}],
}
INPUT_ALONE = {"input": "0.02", **MILLIONTH}
BY_SECOND = {"currency": "USD", "rows": [{"of": "seconds", "price": "0.0001", "unit": "1"}]}
BY_CHARACTER = {**MILLIONTH, "rows": [{"of": "characters", "price": "15"}]}
# Dearer above 200,000 tokens.
TIERED: dict[str, Any] = {
    "input": "1.25",
    "output": "10",
    **MILLIONTH,
    "rows": [
        {"of": "input_tokens", "price": "2.50", "min_input_tokens": 200_001},
        {"of": "output_tokens", "price": "15", "min_input_tokens": 200_001},
        {"of": "cache_read_tokens", "price": "0.125"},
        {"of": "cache_read_tokens", "price": "0.25", "min_input_tokens": 200_001},
    ],
}
BY_PAGE: dict[str, Any] = {
    "rows": [
        {"of": "pages", "price": "10", "unit": "0.001"},
        {"of": "requests", "price": "0.002", "unit": "1"},
    ]
}
BY_SEARCH = {"currency": "USD", "rows": [{"of": "search_units", "price": "0.002", "unit": "1"}]}


def usage(**counts: Any) -> Usage:
    """A usage; counts that are no tokens go into `other`."""
    other = {name: Decimal(str(v)) for name, v in counts.pop("other", {}).items()}
    return Usage(**counts, other=other)


def total(found: Price | None) -> Decimal:
    """The total of a price that must be known."""
    assert found is not None
    return found.total


@pytest.mark.parametrize(
    ("pricing", "counts", "expected"),
    [
        pytest.param(CACHING, {"input_tokens": 2_000, "output_tokens": 500}, "0.0225", id="plain"),
        pytest.param(
            CACHING,
            {"input_tokens": 10_000, "output_tokens": 100, "cache_read_tokens": 8_000},
            "0.0165",
            id="cached",
        ),
        pytest.param(
            CACHING,
            {"input_tokens": 10_000, "output_tokens": 100, "cache_write_tokens": 8_000},
            "0.0625",
            id="cache-write",
        ),
        pytest.param(
            CACHED, {"input_tokens": 1_000, "output_tokens": 1_000}, "0.01", id="thousands"
        ),
        pytest.param(
            CACHED,
            {"input_tokens": 2_006, "output_tokens": 300, "cache_read_tokens": 1_920},
            "0.003532",
            id="cached-of-odd-amounts",
        ),
        pytest.param(
            CACHED,
            {"input_tokens": 100, "output_tokens": 900, "reasoning_tokens": 800},
            "0.0074",
            id="reasoning-is-output",
        ),
        pytest.param(INPUT_ALONE, {"input_tokens": 8}, "0.0000002", id="rounded-up"),
        pytest.param(BY_SECOND, {"other": {"seconds": 60}}, "0.006", id="seconds"),
        pytest.param(BY_CHARACTER, {"other": {"characters": 1_000}}, "0.015", id="characters"),
        pytest.param(TIERED, {"input_tokens": 200_000, "output_tokens": 1_000}, "0.26", id="short"),
        pytest.param(
            TIERED, {"input_tokens": 200_001, "output_tokens": 1_000}, "0.5150025", id="long"
        ),
        pytest.param(
            TIERED,
            {"input_tokens": 11_500, "output_tokens": 11_000, "cache_read_tokens": 10_000},
            "0.113125",
            id="tier-of-cached",
        ),
        pytest.param(BY_SEARCH, {"other": {"search_units": 3}}, "0.006", id="searches"),
        pytest.param(
            {**BY_PAGE, **CACHED, "rows": [*CACHED["rows"], *BY_PAGE["rows"]]},
            {"input_tokens": 1_000, "output_tokens": 0, "other": {"pages": 4, "requests": 2}},
            "0.046",
            id="pages-and-requests",
        ),
    ],
)
def test_price_list_of_any_form_is_charged(
    pricing: dict[str, Any], counts: dict[str, Any], expected: str
) -> None:
    """Tokens, parts of them, tiers and measures cost what their rows say."""
    assert total(price_of(usage(**counts), pricing)) == Decimal(expected)


def test_cached_tokens_are_not_charged_twice() -> None:
    """Cached tokens have a part of their own and leave that of the input."""
    found = price_of(usage(input_tokens=1_000, output_tokens=0, cache_read_tokens=400), CACHING)
    assert found is not None
    assert found.parts["input_tokens"] == Decimal("0.003")
    assert found.parts["cache_read_tokens"] == Decimal("0.0002")
    assert found.input == found.total == Decimal("0.0032")


def test_batch_takes_its_own_rows() -> None:
    """A row for batches holds for batches alone."""
    counts = usage(input_tokens=1_000_000, output_tokens=1_000_000)
    assert total(price_of(counts, CACHING)) == 30
    assert total(price_of(counts, CACHING, batch=True)) == 15


@pytest.mark.parametrize(("kept_for", "expected"), [(None, 5), ("5m", 5), ("1h", 10), ("60m", 10)])
def test_cache_write_is_priced_by_its_lifetime(kept_for: str | None, expected: int) -> None:
    """The row of an hour holds for writes kept an hour, however the hour is written."""
    pricing = {
        **MILLIONTH,
        "rows": [
            {"of": "cache_write_tokens", "price": "5"},
            {"of": "cache_write_tokens", "price": "10", "kept_for": "1h"},
        ],
    }
    counts = usage(input_tokens=1_000_000, cache_write_tokens=1_000_000)
    assert total(price_of(counts, pricing, kept_for=kept_for)) == expected


def test_cache_writes_of_two_lifetimes_have_their_own_prices() -> None:
    """The service tells how many are kept for an hour; the others are kept as usual."""
    counts = usage(
        input_tokens=1_000_000,
        output_tokens=0,
        cache_write_tokens=900_000,
        other={"cache_write_tokens_1h": 400_000},
    )
    found = price_of(counts, CACHING)
    assert found is not None
    assert {name: str(part.normalize()) for name, part in found.parts.items()} == {
        "input_tokens": "0.5",
        "cache_write_tokens": "3.125",
        "cache_write_tokens_1h": "4",
        "output_tokens": "0",
    }


def test_lifetime_without_a_price_of_its_own_costs_as_usual() -> None:
    """It is not free, and not unknown."""
    rows = [{"of": "cache_write_tokens", "price": "5"}]
    counts = usage(
        input_tokens=10, cache_write_tokens=10, other={"cache_write_tokens_1h": 4, "seconds": 3}
    )
    assert total(price_of(counts, {"unit": "1", "rows": rows})) == 50


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2026, 1, 31), 1), (date(2026, 2, 1), 2), (date(2026, 12, 31), 2), (date(2027, 1, 1), 1)],
)
def test_price_holds_on_its_days(day: date, expected: int) -> None:
    """`from: 2026-02` begins with that month and `until: 2026` ends with that year."""
    row = {"of": "input_tokens", "price": "2", "from": "2026-02", "until": "2026"}
    pricing = {"input": "1", **MILLIONTH, "rows": [row]}
    assert total(price_of(usage(input_tokens=1_000_000), pricing, day=day)) == expected


def test_price_of_one_request_needs_no_count() -> None:
    """A call is one request."""
    rows = [{"of": "requests", "price": "0.005", "unit": "1"}]
    assert total(price_of(Usage(), {"rows": rows})) == Decimal("0.005")


def test_own_cost_of_the_service_comes_first() -> None:
    """What the service says it charged is the price, with or without a price list."""
    counts = usage(input_tokens=10, output_tokens=10, other={"cost": "0.0123"})
    for pricing in (CACHED, None):
        found = price_of(counts, pricing)
        assert found is not None and found.is_reported
        assert found.total == Decimal("0.0123")
        assert found.currency == "USD"


@pytest.mark.parametrize(
    ("counts", "pricing"),
    [
        pytest.param({"input_tokens": 5, "output_tokens": 5}, None, id="no-prices"),
        pytest.param({"input_tokens": 5, "output_tokens": 5}, {}, id="empty-prices"),
        pytest.param({}, CACHED, id="nothing-counted"),
        pytest.param({"input_tokens": 5}, CACHED, id="output-not-counted"),
        pytest.param({"input_tokens": 5, "output_tokens": 5}, BY_SECOND, id="no-seconds"),
        pytest.param(
            {"input_tokens": 5, "output_tokens": 5}, {"input": "1", "unit": "0"}, id="unit-of-zero"
        ),
        pytest.param(
            {"input_tokens": 5, "output_tokens": 5}, {"input": "a lot"}, id="price-is-no-number"
        ),
    ],
)
def test_unknown_price_is_none(counts: dict[str, int], pricing: dict[str, Any] | None) -> None:
    """None is told, never zero, when the price or the counts are not known."""
    assert price_of(Usage(**counts), pricing) is None


def test_free_model_costs_zero() -> None:
    """A price of zero is a price."""
    found = price_of(usage(input_tokens=5, output_tokens=5), {"input": "0", "output": "0"})
    assert total(found) == 0


def test_price_becomes_json_without_loss() -> None:
    """Amounts are texts, since a float would not be the amount; a usage tells its price too."""
    counts = usage(input_tokens=1_000, output_tokens=0, cache_read_tokens=400)
    found = price_of(counts, CACHING)
    assert found is not None
    told = json.loads(json.dumps(replace(counts, price=found).to_dict()))["price"]
    assert told == {
        "input": "0.0032000",
        "output": "0.0000000",
        "total": "0.0032000",
        "currency": "USD",
        "parts": {
            "input_tokens": "0.0030000",
            "cache_read_tokens": "0.0002000",
            "output_tokens": "0.0000000",
        },
        "is_reported": False,
    }


prices = st.decimals(min_value=0, max_value=1_000, places=4).map(str)
counts = st.integers(min_value=0, max_value=10**9)


@given(prices, prices, prices, counts, counts, counts)
def test_parts_add_up_and_nothing_is_negative(
    one: str, two: str, cached: str, inputs: int, outputs: int, reads: int
) -> None:
    """Whatever is counted, the parts are the sums and the sums the total."""
    pricing = {
        "input": one,
        "output": two,
        **MILLIONTH,
        "rows": [{"of": "cache_read_tokens", "price": cached}],
    }
    found = price_of(
        usage(input_tokens=inputs, output_tokens=outputs, cache_read_tokens=reads), pricing
    )
    assert found is not None
    assert found.total == found.input + found.output == sum(found.parts.values())
    assert all(part >= 0 for part in found.parts.values())
    assert all(part == round(part, 7) for part in found.parts.values())


@given(prices, counts)
def test_price_is_unit_price_times_tokens_times_unit(price: str, tokens: int) -> None:
    """Plain input costs exactly that product, rounded half up to seven decimals."""
    product = Decimal(price) * tokens * Decimal("0.000001")
    expected = product.quantize(Decimal("0.0000001"), rounding=ROUND_HALF_UP)
    assert total(price_of(usage(input_tokens=tokens), {"input": price, **MILLIONTH})) == expected


@given(counts, counts, st.integers(min_value=1, max_value=10**9))
def test_more_tokens_never_cost_less(few: int, more: int, limit: int) -> None:
    """With tiers that grow dearer, a longer input costs at least as much."""
    row = {"of": "input_tokens", "price": "4", "min_input_tokens": limit}
    pricing = {"input": "2", **MILLIONTH, "rows": [row]}
    low, high = sorted((few, more))
    cheap, dear = (total(price_of(usage(input_tokens=n), pricing)) for n in (low, high))
    assert cheap <= dear
