"""Parameter rules, whatever they are: nothing forbidden is sent, nothing allowed is refused."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_runtime.errors import InvalidParameter
from model_runtime.parameters import TEMPLATES, OnViolation, ParameterTable, read_rules

BOUND = st.none() | st.integers(-5, 5) | st.sampled_from([0.5, -0.5, 0.0])
VALUE = (
    st.integers(-10, 10)
    | st.sampled_from([0, 0.0, 0.1, 0.125, 1.5, 2.0, math.inf, math.nan])
    | st.booleans()
    | st.sampled_from(["", "a", "b", "JSON"])
    | st.just([1])
)
RULE = st.fixed_dictionaries(
    {"type": st.sampled_from(["int", "float", "string", "text", "boolean"])},
    optional={
        "min": BOUND,
        "max": BOUND,
        "precision": st.sampled_from([0, 1, 2]),
        "options": st.sampled_from([[], ["a", "JSON"]]),
    },
)


def allows(rule: dict[str, Any], value: Any) -> bool:
    """The rules of the schema, as its description puts them."""
    kind = rule["type"]
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("string", "text"):
        options = rule.get("options") or []
        return isinstance(value, str) and (not options or value in options)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    if kind == "int" and value != int(value):
        return False
    precision = rule.get("precision")
    if (
        kind == "float"
        and precision is not None
        and -Decimal(str(value)).as_tuple().exponent > (precision or 0)
        and value != int(value)
    ):
        return False
    low, high = rule.get("min"), rule.get("max")
    return (low is None or value >= low) and (high is None or value <= high)


def send(rule: dict[str, Any], value: Any, on_violation: OnViolation = "error") -> Any:
    """What is sent for a parameter of one rule."""
    table = ParameterTable({}, read_rules([{"name": "p", **rule}]))
    return table.resolve({"p": value}, on_violation)


@given(RULE, VALUE)
def test_rule_accepts_exactly_what_the_schema_allows(rule: dict[str, Any], value: Any) -> None:
    """And sends it unchanged; an explicit 0, false or empty text is a value."""
    try:
        found: Any = send(rule, value).wire
    except InvalidParameter as refusal:
        assert not allows(rule, value)
        assert str(refusal).startswith("p is ")
    else:
        assert allows(rule, value)
        assert found == {"p": value}


@given(RULE, st.integers(-10, 10) | st.sampled_from([0.1, 0.125, 1.5]))
def test_clamped_number_is_allowed(rule: dict[str, Any], value: float) -> None:
    """`clamp` never sends what the rule forbids, and says what it did."""
    low, high = rule.get("min"), rule.get("max")
    if low is not None and high is not None and low > high:
        return
    try:
        found = send(rule, value, "clamp")
    except InvalidParameter:
        return
    sent = found.wire["p"]
    assert bool(found.warnings) == (sent != value)
    bounds_fit = all(
        bound is None or allows({**rule, "min": None, "max": None}, bound) for bound in (low, high)
    )
    assert allows(rule, sent) or not bounds_fit


@pytest.mark.parametrize("name", TEMPLATES)
def test_template_gives_type_bounds_and_options(name: str) -> None:
    """All eight, each with its own default inside its own bounds."""
    template = dict(TEMPLATES[name])
    rule = {"use_template": name}
    table = ParameterTable({}, read_rules([{"name": "wire", **rule}]))
    good = template.get("default", template.get("options", ["a text"])[0])
    assert table.resolve({name: good}).wire == {"wire": good}
    assert table.resolve({"wire": good}).wire == {"wire": good}
    bad: list[Any] = [[1], None if template["type"] == "text" else "no option"]
    if "max" in template:
        bad += [template["max"] + 1, template["min"] - 1, True]
    for value in bad:
        if value is not None:
            with pytest.raises(InvalidParameter, match=name):
                table.resolve({name: value})


@pytest.mark.parametrize("name", [n for n in TEMPLATES if "min" in TEMPLATES[n]])
def test_rule_s_own_zero_wins_over_its_template(name: str) -> None:
    """A 0 is a bound and a default like any other number."""
    [rule] = read_rules([{"name": name, "use_template": name, "min": 0, "max": 0, "default": 0}])
    assert (rule.minimum, rule.maximum, rule.default) == (0, 0, 0)
    table = ParameterTable({}, [rule])
    assert table.resolve({name: 0}).wire == {name: 0}
    with pytest.raises(InvalidParameter, match="0 to 0"):
        table.resolve({name: 1})


def test_unknown_template_is_no_template() -> None:
    """Described files name some that never were."""
    table = ParameterTable({}, read_rules([{"name": "p", "use_template": "gone", "type": "int"}]))
    assert table.resolve({"p": 3}).wire == {"p": 3}
