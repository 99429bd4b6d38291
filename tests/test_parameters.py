"""Parameters: the table, the rules of a model, and what goes to the wire."""

from __future__ import annotations

import math
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.parameters import (
    OnViolation,
    ParameterTable,
    ResolvedParameters,
    read_rules,
    read_table,
)


def resolve(
    given: dict[str, Any],
    table: dict[str, Any] | None = None,
    rules: list[dict[str, Any]] | None = None,
    drop: tuple[str, ...] = (),
    on_violation: OnViolation = "error",
) -> ResolvedParameters:
    """Check parameters against a table and rules written as in a spec."""
    parameters = ParameterTable(read_table(table or {}), read_rules(rules or []), drop)
    return parameters.resolve(given, on_violation)


def refusal(given: dict[str, Any], **spec: Any) -> str:
    """The message with which parameters are refused."""
    with pytest.raises(InvalidParameter) as caught:
        resolve(given, **spec)
    return str(caught.value)


# ---- the table


@pytest.mark.parametrize(
    ("row", "value", "wire"),
    [
        ("max_completion_tokens", 5, {"max_completion_tokens": 5}),
        ("options.num_predict", 5, {"options": {"num_predict": 5}}),
        ({"to": "a.b.c"}, 1, {"a": {"b": {"c": 1}}}),
        ({"min": 0}, 1, {"p": 1}),
        ({"as": "list"}, "x", {"p": ["x"]}),
        ({"as": "list"}, ("x", "y"), {"p": ["x", "y"]}),
        ({"as": "text"}, 5, {"p": "5"}),
        ({"as": "text"}, True, {"p": "true"}),
        ({"as": "int"}, "7", {"p": 7}),
        ({"as": "float"}, 1, {"p": 1.0}),
        ({"as": "map"}, {"a": 1}, {"p": {"a": 1}}),
        ({"as": "map"}, "50256: -100, 7:0.5,", {"p": {"50256": -100, "7": 0.5}}),
        ({"as": "map"}, ' {"a": [1]}', {"p": {"a": [1]}}),
        ({"to": None}, 5, {}),
        ({"map": {"low": 1024}}, "low", {"p": 1024}),
        ({"map": {"low": 1024}}, "other", {"p": "other"}),
        ({"map": {"low": 1, "*": 2}}, "other", {"p": 2}),
        ({"map": {"true": "on", "false": "off"}}, True, {"p": "on"}),
        ({"map": {"low": "1"}, "as": "int"}, "low", {"p": 1}),
        ("p", 0, {"p": 0}),
        ("p", False, {"p": False}),
        ("p", "", {"p": ""}),
        ("p", None, {}),
    ],
    ids=str,
)
def test_row_says_where_and_how_a_value_is_sent(
    row: object, value: object, wire: dict[str, Any]
) -> None:
    """Path, conversion and map; an explicit 0 or false is a value, None is not."""
    found = resolve({"p": value}, {"p": row})
    assert found.wire == wire
    assert found.values == ({} if value is None else {"p": value})


def test_two_rows_may_share_a_map_on_the_wire() -> None:
    """Nested paths are joined."""
    table = {"top_k": "options.top_k", "seed": "options.seed"}
    assert resolve({"top_k": 1, "seed": 2}, table).wire == {"options": {"top_k": 1, "seed": 2}}


def test_default_of_a_row_is_sent_when_the_caller_is_silent() -> None:
    """It goes the same way as a value that the caller gives."""
    table = {"size": {"to": "options.size", "map": {"big": 9}, "default": "big"}}
    found = resolve({}, table)
    assert (found.values, found.wire) == ({"size": "big"}, {"options": {"size": 9}})
    assert resolve({"size": "small"}, table).wire == {"options": {"size": "small"}}


def test_default_of_a_row_never_makes_a_call_fail() -> None:
    """One that is over a model's maximum is sent as the maximum, and the result says so."""
    found = resolve(
        {}, {"n": {"default": 4096}}, [{"name": "n", "type": "int", "min": 1, "max": 100}]
    )
    assert found.wire == {"n": 100}
    assert "4096" in found.warnings[0]


def test_value_that_cannot_be_converted_is_refused_by_name() -> None:
    """A conversion that fails is the caller's fault, told as one."""
    assert refusal({"n": "many"}, table={"n": {"as": "int"}}).startswith("n is 'many'")
    for text in ("many", "7:much", "{7:5}", 5):
        assert refusal({"n": text}, table={"n": {"as": "map"}}).startswith(f"n is {text!r}")


def test_unknown_parameter_is_refused_with_a_close_match_and_extra_body() -> None:
    """The message names what is known and where fields of the service's own go."""
    said = refusal({"temprature": 1}, table={"temperature": "temperature", "top_p": "top_p"})
    assert "'temprature' is not a parameter" in said
    assert "Did you mean 'temperature'?" in said
    assert "Known: temperature, top_p." in said
    assert "extra_body" in said


def test_dropped_parameter_is_left_out_with_a_warning() -> None:
    """`drop` omits, also a default and under the wire's own name, and says so."""
    table = {"temperature": {"default": 1}, "top_p": "top_p"}
    found = resolve({"temperature": 0.5, "top_p": 1}, table, drop=("temperature",))
    assert (found.values, found.wire) == ({"top_p": 1}, {"top_p": 1})
    assert found.warnings == ["temperature was not sent: this model does not take it."]
    rules = [{"name": "max_completion_tokens", "use_template": "max_tokens"}]
    found = resolve({"max_completion_tokens": 5}, {}, rules, ("max_tokens",))
    assert found.wire == {}
    assert len(found.warnings) == 1


# ---- rules


def test_rule_that_the_table_lacks_goes_out_under_its_own_name() -> None:
    """A model may declare what the provider's table does not know."""
    assert resolve({"style": "brief"}, {}, [{"name": "style"}]).wire == {"style": "brief"}


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_rule_with_a_template_is_known_by_both_names(name: str) -> None:
    """Callers may use the canonical name or the wire's; the rule's name wins over the table."""
    rules = [{"name": "max_completion_tokens", "use_template": "max_tokens"}]
    found = resolve({name: 5}, {"max_tokens": "max_tokens"}, rules)
    assert (found.values, found.wire) == ({"max_tokens": 5}, {"max_completion_tokens": 5})


def test_rule_of_the_same_name_keeps_the_path_of_the_table() -> None:
    """A rule checks; where the value goes is the table's matter."""
    rules = [{"name": "top_k", "use_template": "top_k"}]
    assert resolve({"top_k": 3}, {"top_k": "options.k"}, rules).wire == {"options": {"k": 3}}


@pytest.mark.parametrize(
    ("rule", "value", "said"),
    [
        ({"use_template": "temperature"}, 1.5, "p is 1.5; this model takes 0 to 1."),
        ({"use_template": "temperature"}, -1, "p is -1; this model takes 0 to 1."),
        ({"use_template": "temperature", "max": 2}, 3, "p is 3; this model takes 0 to 2."),
        ({"type": "int", "min": 1}, 0, "p is 0; this model takes 1 at least."),
        ({"type": "float", "max": 1}, 2, "p is 2; this model takes 1 at most."),
        ({"use_template": "temperature"}, 0.123, "p is 0.123; this model takes 2 decimals"),
        ({"type": "int"}, 1.5, "p is 1.5; expected a whole number."),
        ({"type": "int"}, True, "p is True; expected a whole number."),
        ({"type": "int"}, math.inf, "expected a whole number."),
        ({"type": "float"}, "1", "p is '1'; expected a number."),
        ({"use_template": "temperature"}, math.nan, "p is nan; expected a finite number."),
        ({"type": "float"}, math.inf, "p is inf; expected a finite number."),
        ({"type": "boolean"}, 1, "p is 1; expected true or false."),
        ({"type": "string"}, 1, "p is 1; expected a text."),
        ({"options": ["a", "b"]}, "c", "p is 'c'; this model takes one of: a, b."),
        ({"use_template": "response_format"}, "PDF", "one of: JSON, XML."),
    ],
    ids=str,
)
def test_value_that_breaks_a_rule_is_refused_by_name(
    rule: dict[str, Any], value: object, said: str
) -> None:
    """The message tells the parameter, the value and what the model takes."""
    # A rule whose template has another name is known by that; here both are called p.
    template = rule.get("use_template")
    name = str(template or "p")
    assert said in refusal({name: value}, rules=[{**rule, "name": "p"}]).replace(
        f"{name} is ", "p is "
    )


@pytest.mark.parametrize(
    ("rule", "value", "sent"),
    [
        ({"type": "int"}, 3.0, 3),
        ({"type": "float", "min": 0}, 0, 0),
        ({"type": "float", "precision": 2}, 0.25, 0.25),
        ({"type": "boolean"}, False, False),
        ({"type": "text"}, "", ""),
        ({"type": "string", "options": ["a"]}, "a", "a"),
        ({"type": "something new"}, {"x": 1}, {"x": 1}),
    ],
    ids=str,
)
def test_value_within_a_rule_is_sent(rule: dict[str, Any], value: object, sent: object) -> None:
    """Bounds are inclusive, and an explicit 0 is sent."""
    assert resolve({"p": value}, rules=[{**rule, "name": "p"}]).wire == {"p": sent}


def test_range_of_the_table_is_checked_too() -> None:
    """`min` and `max` of a row hold with and without a rule."""
    table = {"p": {"min": 0, "max": 2}}
    assert "0 to 2" in refusal({"p": 3}, table=table)
    assert "0 to 2" in refusal({"p": 3}, table=table, rules=[{"name": "p", "type": "float"}])
    assert "finite" in refusal({"p": math.nan}, table={"p": "p"})


@pytest.mark.parametrize(("mode", "sent"), [("clamp", 1.0), ("warn", 1.5)], ids=["clamp", "warn"])
def test_host_may_choose_to_clamp_or_to_warn(mode: OnViolation, sent: float) -> None:
    """Either way the result says what happened."""
    rules = [{"name": "temperature", "use_template": "temperature"}]
    found = resolve({"temperature": 1.5}, {}, rules, on_violation=mode)
    assert found.wire == {"temperature": sent}
    assert found.warnings == ["temperature is 1.5; this model takes 0 to 1."]


def test_clamping_rounds_to_the_precision() -> None:
    """Too many decimals are a violation like any other."""
    rules = [{"name": "temperature", "use_template": "temperature"}]
    found = resolve({"temperature": 0.456}, {}, rules, on_violation="clamp")
    assert found.wire == {"temperature": 0.46}


def test_required_rule_takes_its_default_or_is_asked_for() -> None:
    """A default is sent only for a rule that is required; 0 is a default."""
    assert resolve({}, rules=[{"name": "p", "default": 1}]).wire == {}
    needed = {"name": "p", "type": "int", "required": True}
    assert resolve({}, rules=[{**needed, "default": 0}]).wire == {"p": 0}
    assert refusal({}, rules=[needed]) == "p is required by this model."


def test_required_default_out_of_range_is_no_fault_of_the_caller() -> None:
    """Some model files have defaults that their own bounds refuse."""
    rule = {"name": "p", "type": "int", "required": True, "default": 9, "max": 5}
    assert resolve({}, rules=[rule]).wire == {"p": 5}


def test_names_are_canonical_and_sorted() -> None:
    """What a model takes is told by canonical name."""
    rules = read_rules([{"name": "max_completion_tokens", "use_template": "max_tokens"}])
    table = ParameterTable(read_table({"top_p": "top_p"}), rules)
    assert table.names == ["max_tokens", "top_p"]
