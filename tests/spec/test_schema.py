"""The schema check speaks in sentences for authors, at exact places, of every fault at once."""

from __future__ import annotations

import time
from typing import Any

import pytest

from model_runtime.findings import Findings
from model_runtime.spec.schema import check_against, check_schema, make_validator
from model_runtime.spec.yaml_source import read_yaml

HEAD = "spec_version: 1\nprovider: acme\n"


def check(text: str, schema: str = "provider.schema.json") -> list[str]:
    """Check a text against a shipped schema and return the findings as text."""
    findings = Findings()
    tree = read_yaml(text, "a.yaml", findings)
    check_schema(tree, schema, findings)
    return [str(item) for item in findings]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("provider: acme", "1:1: error[S101] the file has no `spec_version`."),
        (
            "spec_version: 7\nprovider: acme",
            "1:15: error[S101] spec_version: `spec_version` is 7; this library reads 1.",
        ),
        ("spec_version: 1", "1:1: error[S103] the file lacks the required key `provider`."),
        (
            "spec_version: 1\nprovider: Ac me",
            "2:11: error[S106] provider: found text 'Ac me', expected a provider name",
        ),
        (
            HEAD + "base_ulr: x",
            "3:1: error[S102] base_ulr: unknown key 'base_ulr' in the file."
            " did you mean `base_url`?",
        ),
        (HEAD + "timeouts: 5", "3:11: error[S104] timeouts: found the number 5, expected a map."),
        (
            HEAD + "retry: {times: many}",
            "3:16: error[S104] retry.times: found text 'many', expected a whole number.",
        ),
        (
            HEAD + "auth: {kind: bearer}",
            "3:7: error[S103] auth: `auth` lacks the required key `token`.",
        ),
        (
            HEAD + "operations:\n  llm:\n    stream: {framing: ssee}",
            "5:23: error[S108] operations.llm.stream.framing: unknown framing 'ssee'."
            " did you mean `sse`? "
            "Known: aws_eventstream, bytes, delimited, json_array, ndjson, sse.",
        ),
        (
            HEAD + "operations: {llm: {request: {path: /x, body: {}, form: {}}}}",
            "3:50: error[S105] operations.llm.request.form: `operations.llm.request` has `body`"
            " and `form`, which exclude each other.",
        ),
    ],
    ids=[
        "no version",
        "other version",
        "no provider",
        "bad name",
        "unknown key",
        "number for a map",
        "text for a number",
        "missing key of a kind",
        "unknown kind",
        "exclusive keys",
    ],
)
def test_fault_is_told_in_our_words(text: str, finding: str) -> None:
    """Each fault is one finding that says what is wrong, what was expected, and the near word."""
    found = check(text)
    assert found[0].startswith(f"a.yaml:{finding}")
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('spec_version: "1"\nprovider: acme', "Write the number without quotes."),
        (HEAD + "models: [{model: 4.1}]", "Put quotes around it, so that YAML reads it as text."),
        (HEAD + "credentials: {api_key: {env: $ACME_API_KEY}}", "Write the name alone"),
    ],
    ids=["quoted version", "number for text", "dollar before a name"],
)
def test_usual_slip_comes_with_advice(text: str, said: str) -> None:
    """What was expected is not enough for people who do not know how YAML reads a value."""
    (found,) = check(text)
    assert said in found


def test_key_in_place_of_a_variable_name_is_not_shown() -> None:
    """People paste the key itself after `env:`; findings end in logs."""
    (found,) = check(HEAD + "credentials: {api_key: {env: sk-secret-0123456789}}")
    assert "sk-secret" not in found
    assert "ACME_API_KEY" in found


def test_all_faults_are_told_at_once() -> None:
    """A first fault hides no second one."""
    found = check("spec_version: 1\nprovider: acme\nbase_ulr: x\ntimeouts: 5\nretry: {times: x}")
    assert len(found) == 3


def test_sound_spec_has_no_findings() -> None:
    """A small spec passes, free keys included."""
    assert (
        check(HEAD + "extends: openai_compatible\nbase_url: https://api.example.com\nx-mine: 1")
        == []
    )


SCHEMA: dict[str, Any] = {
    "properties": {
        "low": {"minimum": 2},
        "short": {"maxLength": 3},
        "few": {"minItems": 1},
        "code": {"title": "code", "description": "Two digits.", "pattern": "^[0-9]{2}$"},
        "word": {"const": "this"},
        "either": {"anyOf": [{"type": "integer"}, {"type": "object", "required": ["at"]}]},
        "one": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "never": False,
        "names": {"propertyNames": {"pattern": "^[a-z]+$"}},
        "pair": {"not": {"required": ["a", "b"]}},
        "needs": {"dependentRequired": {"a": ["b"]}},
        "list": {"type": ["array", "null"]},
        "shared": {"$ref": "other.schema.json#/$defs/text"},
    }
}
OTHER = {"other.schema.json": {"$defs": {"text": {"type": "string"}}}}


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("low: 1", "1:6: error[S104] low: found the number 1, expected 2 or more."),
        (
            "short: abcd",
            "1:8: error[S104] short: found text 'abcd', expected at most 3 characters.",
        ),
        ("few: []", "1:6: error[S104] few: found a list of 0, expected at least 1 item."),
        ("code: x", "1:7: error[S104] code: found text 'x', expected a code (Two digits)."),
        ("word: that", "1:7: error[S104] word: found text 'that', expected \"this\"."),
        ("either: {by: 1}", "1:9: error[S103] either: `either` lacks the required key `at`."),
        ("either: x", "1:9: error[S104] either: found text 'x', expected a whole number or a map."),
        ("one: {c: 1}", "1:6: error[S103] one: `one` needs `a` or `b`."),
        (
            "never: 1",
            "1:1: error[S105] the file holds a key that is not allowed beside its neighbours.",
        ),
        ("names: {A1: 1}", "1:9: error[S102] names.A1: the key 'A1' may not stand in `names`."),
        ("pair: {a: 1, b: 2}", "1:14: error[S105] pair.b: `pair` has `a` and `b`, which exclude"),
        ("needs: {a: 1}", "1:9: error[S103] needs.a: `needs` has `a` and therefore needs `b`."),
        ("list: true", "1:7: error[S104] list: found true, expected a list or null."),
        ("shared: 1", "1:9: error[S104] shared: found the number 1, expected text."),
    ],
    ids=lambda value: value.split(" error")[0] if " error" in value else value,
)
def test_every_rule_of_a_schema_has_its_sentence(text: str, finding: str) -> None:
    """Whatever rule a schema uses, the finding is a sentence of ours at the right place."""
    findings = Findings()
    check_against(read_yaml(text, "a", findings), make_validator(SCHEMA, OTHER), findings)
    assert [str(item).removeprefix("a:").startswith(finding) for item in findings] == [True]


def test_plain_dict_is_checked_without_places() -> None:
    """A tree that was made by hand is checked as well."""
    findings = Findings()
    check_against({"low": 1}, make_validator(SCHEMA, OTHER), findings)
    assert [(item.code, item.place) for item in findings] == [("S104", None)]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "fragments:\n  a: " + "{$if: x, $then: " * 58 + "1" + "}" * 58,
        HEAD + "".join(f"k{number}: 1\n" for number in range(40_000)),
        HEAD + "fragments:\n  a:\n" + "  - {a: b}\n" * 20_000,
    ],
    ids=["deep", "many faults", "large"],
)
def test_large_file_is_checked_in_bounded_time(text: str) -> None:
    """A file at the limits of the reader neither crashes nor stalls the check."""
    started = time.monotonic()
    check(text)
    assert time.monotonic() - started < 20


def test_models_are_checked_too() -> None:
    """A list of models has a schema of its own."""
    found = check("- model: m\n  model_typ: llm\n", "models.schema.json")
    assert any("S102" in finding and "did you mean `model_type`?" in finding for finding in found)
