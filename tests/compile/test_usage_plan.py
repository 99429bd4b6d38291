"""Usage: counts by name, and one convention of what includes what."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from model_runtime.compile.usage_plan import UsagePlan, no_usage
from model_runtime.findings import Findings
from model_runtime.results.usage import Usage

NAMES = {
    "input_tokens": "i",
    "output_tokens": "o",
    "total_tokens": "t",
    "cache_read_tokens": "c.read",
    "cache_write_tokens": "c.write",
    "reasoning_tokens": "r",
}


def usage(found: Any, **spec: Any) -> Usage:
    """Read a usage object and bring it to our convention."""
    findings = Findings()
    plan = UsagePlan({**NAMES, "cached": "inside", "reasoning": "inside", **spec}, findings)
    assert findings.errors == []
    return plan.normalize(plan.read(found), found)


def test_counts_inside_are_taken_as_they_are() -> None:
    """Our convention is that input includes cached and output includes reasoning."""
    found = usage({"i": 10, "o": 5, "c": {"read": 4, "write": 1}, "r": 2})
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (10, 5, 15)
    assert (found.cache_read_tokens, found.cache_write_tokens) == (4, 1)
    assert found.reasoning_tokens == 2


def test_counts_outside_are_added() -> None:
    """Where a service leaves them out of its counts, the engine puts them in."""
    raw = {"i": 10, "o": 5, "c": {"read": 4, "write": 1}, "r": 2}
    found = usage(raw, cached="outside", reasoning="outside")
    assert (found.input_tokens, found.output_tokens, found.total_tokens) == (15, 7, 22)
    assert found.raw == raw


def test_unknown_counts_outside_add_nothing() -> None:
    """A service that tells no cached count has the input that it tells."""
    found = usage({"i": 10, "o": 5}, cached="outside", reasoning="outside")
    assert (found.input_tokens, found.output_tokens) == (10, 5)
    assert (found.cache_read_tokens, found.reasoning_tokens) == (None, None)


def test_other_counts_are_read_in_headers_too() -> None:
    """Some services tell what they bill in a header; one that is no number tells nothing."""
    plan = UsagePlan({"other": {"seconds": "header:X-Seconds", "pages": "p"}}, Findings())
    told = plan.normalize(plan.read({"p": 2}, {"x-seconds": "1.5"}), None).other
    assert told == {"seconds": Decimal("1.5"), "pages": Decimal(2)}
    assert plan.read({}, {"x-seconds": "soon"}) == {}


def test_none_is_not_told_and_zero_is_zero() -> None:
    """The two are never mixed up."""
    found = usage({"i": 0, "o": None, "r": 0})
    assert (found.input_tokens, found.output_tokens, found.reasoning_tokens) == (0, None, 0)
    assert found.total_tokens is None
    assert usage({"i": 0}, cached="outside").input_tokens == 0


def test_total_is_the_sum_and_only_else_the_service_s_own() -> None:
    """A total that counts by another convention would contradict its parts."""
    assert usage({"i": 1, "o": 2, "t": 99}).total_tokens == 3
    assert usage({"i": 1, "t": 99}).total_tokens == 99


@pytest.mark.parametrize(
    ("value", "count"),
    [(3.0, 3), (True, None), ("3", None), (float("inf"), None), (float("nan"), None), ([], None)],
    ids=repr,
)
def test_only_finite_numbers_are_counts(value: object, count: int | None) -> None:
    """What is no number is not told, and never stops an answer."""
    assert usage({"i": value}).input_tokens == count


def test_other_measures_are_decimals() -> None:
    """Search units, seconds and the service's own cost stand under `other`."""
    spec = {"other": {"search_units": "su", "seconds": "s"}, "cost": "price"}
    found = usage({"su": 1, "s": "2.5", "price": 0.1}, **spec)
    assert found.other == {
        "search_units": Decimal(1),
        "seconds": Decimal("2.5"),
        "cost": Decimal("0.1"),
    }
    bad = usage({"su": "many", "s": True, "price": float("nan")}, **spec)
    assert bad.other == {}


def test_where_the_usage_object_stands_is_told_by_at() -> None:
    """The default is `usage`."""
    findings = Findings()
    assert UsagePlan({}, findings).at({"usage": {"a": 1}}) == {"a": 1}
    assert UsagePlan({"at": "meta.u"}, findings).at({"meta": {"u": 2}}) == 2


def test_spec_without_usage_tells_nothing() -> None:
    """All counts are None then."""
    assert no_usage({}, None) == Usage()
