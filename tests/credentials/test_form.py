"""Credential forms: what is needed, what is shown, and the check of what was submitted."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.credentials.form import (
    FormField,
    check_form,
    env_name,
    read_form,
    scope_values,
)
from model_runtime.errors import CredentialsInvalid
from model_runtime.secrets import Secret, reveal

SECRET = "sk-do-not-show-me"


def form(**rows: Any) -> tuple[FormField, ...]:
    """A form in the short spelling of our own specs."""
    return read_form("acme", rows, None)


def check(submitted: dict[str, Any], model_type: str | None = None, **rows: Any) -> dict[str, Any]:
    return check_form(form(**rows), submitted, model_type=model_type)


def refusal(submitted: dict[str, Any], **rows: Any) -> str:
    with pytest.raises(CredentialsInvalid) as caught:
        check(submitted, **rows)
    return str(caught.value)


def test_field_has_defaults_for_all_but_its_name() -> None:
    """Secret, required, and an environment name that follows from provider and variable."""
    (field,) = form(api_key=None)
    assert (field.type, field.required, field.env) == ("secret-input", True, "ACME_API_KEY")
    assert field.is_secret
    assert field.spec["variable"] == "api_key"
    assert field.spec["label"]


@pytest.mark.parametrize(
    ("provider", "variable", "name"),
    [
        ("acme", "api_key", "ACME_API_KEY"),
        ("my-ai.cloud", "key", "MY_AI_CLOUD_KEY"),
        ("x", "apiKey", "X_APIKEY"),
    ],
)
def test_environment_name_is_upper_case_with_underscores(
    provider: str, variable: str, name: str
) -> None:
    """Whatever else stands in a provider's name becomes one underscore."""
    assert env_name(provider, variable) == name


def test_both_spellings_of_a_form_are_read() -> None:
    """The list of the described schema, and the map of our own."""
    schema = {
        "credential_form_schemas": [
            {
                "variable": "key",
                "type": "secret-input",
                "label": {"en_US": "Key"},
                "required": True,
            },
            {"variable": "region", "type": "select", "options": [{"value": "eu"}, {"value": "us"}]},
        ]
    }
    first, second, third = read_form("acme", {"org": {"type": "text-input", "env": "ORG"}}, schema)
    assert (first.variable, second.options) == ("key", ("eu", "us"))
    assert (third.variable, third.env, third.is_secret) == ("org", "ORG", False)
    assert read_form("acme", None, None) == ()


def test_field_of_both_spellings_is_one() -> None:
    """The block describes it, and what only ours says of it stays, in every row of the block."""
    shown = {"en_US": "Key"}
    schema = {
        "credential_form_schemas": [
            {"variable": "key", "type": "secret-input", "label": shown, "required": False},
            {"variable": "region", "type": "select", "options": [{"value": "eu"}]},
            {
                "variable": "region",
                "type": "text-input",
                "show_on": [{"variable": "key", "value": "k"}],
            },
        ]
    }
    ours = {"region": {"type": "text-input", "env": "REGION"}, "key": {"env": "KEY"}, "org": {}}
    key, first, second, org = read_form("acme", ours, schema)
    assert (key.variable, key.env, key.required, key.spec["label"]) == ("key", "KEY", False, shown)
    assert (first.type, first.options, first.env, first.show_on) == (
        "select",
        ("eu",),
        "REGION",
        (),
    )
    assert (second.type, second.env, second.show_on) == ("text-input", "REGION", (("key", "k"),))
    assert org.variable == "org"


@pytest.mark.parametrize(("ours", "told"), [("text-input", "secret-input"), (None, "text-input")])
def test_our_spec_says_what_is_a_secret(ours: str | None, told: str) -> None:
    """Our templates are written for it: a secret goes into no body, a text into every one."""
    row = {"type": ours} if ours else {}
    (key,) = read_form(
        "acme", {"key": row}, {"credential_form_schemas": [{"variable": "key", "type": told}]}
    )
    assert key.type == (ours or "secret-input")


# ---- the check


def test_unknown_variables_are_dropped() -> None:
    """A host may store more than the form asks for."""
    assert check({"key": "k", "other": "x"}, key={}) == {"key": "k"}


@pytest.mark.parametrize("value", [None, ""], ids=["null", "empty"])
def test_required_variable_is_asked_for_by_name(value: object) -> None:
    """Null and empty are not set; an optional one is left out then."""
    assert refusal({"key": value}, key={}) == "The credential 'key' is required."
    assert check({"key": value}, key={"required": False}) == {}


def test_default_is_used_where_nothing_is_set() -> None:
    """Also for a required one."""
    assert check({}, url={"type": "text-input", "default": "http://a"}) == {"url": "http://a"}


MODES: dict[str, Any] = {
    "mode": {"type": "select", "options": [{"value": "key"}, {"value": "token"}], "default": "key"},
    "key": {"show_on": [{"variable": "mode", "value": "key"}]},
    "token": {"show_on": [{"variable": "mode", "value": "token"}]},
}


def test_hidden_variables_are_dropped_and_not_required() -> None:
    """`show_on` follows what was submitted, and defaults."""
    both = {"key": "k", "token": "t"}
    assert check({**both, "mode": "token"}, **MODES) == {"mode": "token", "token": "t"}
    assert check(both, **MODES) == {"mode": "key", "key": "k"}
    assert "'token' is required" in refusal({"mode": "token", "key": "k"}, **MODES)


@pytest.mark.parametrize("value", [True, "true"], ids=["boolean", "text"])
def test_switch_shows_others_however_it_is_written(value: object) -> None:
    """Hosts store switches as booleans or as text."""
    rows: dict[str, Any] = {
        "own": {"type": "switch", "required": False},
        "url": {"show_on": [{"variable": "own", "value": "true"}]},
    }
    assert check({"own": value, "url": "u"}, **rows) == {"own": True, "url": "u"}
    assert check({"own": False, "url": "u"}, **rows) == {"own": False}
    assert check({"url": "u"}, **rows) == {}


def test_model_type_may_show_a_variable() -> None:
    """`__model_type` is known to conditions and is no credential itself."""
    rows = {"voice": {"show_on": [{"variable": "__model_type", "value": "tts"}]}}
    assert check({"voice": "v"}, "tts", **rows) == {"voice": "v"}
    assert check({"voice": "v"}, "llm", **rows) == {}
    assert check({"voice": "v"}, **rows) == {}


@pytest.mark.parametrize(
    ("row", "value", "kept"),
    [
        ({"type": "switch"}, "true", True),
        ({"type": "switch"}, False, False),
        ({"type": "select", "options": [{"value": "a"}]}, "a", "a"),
        ({"max_length": 3}, "abc", "abc"),
        ({"pattern": "^[a-z]+$"}, "abc", "abc"),
        ({"format": "url"}, "http://127.0.0.1:1", "http://127.0.0.1:1"),
        ({"parse": "json"}, '{"a": 1}', '{"a": 1}'),
        ({"parse": "json"}, {"a": 1}, {"a": 1}),
    ],
    ids=str,
)
def test_value_that_fits_is_kept(row: dict[str, Any], value: object, kept: object) -> None:
    """Switches become booleans; the rest stays as it is."""
    assert check({"v": value}, v=row) == {"v": kept}


@pytest.mark.parametrize(
    ("row", "value", "said"),
    [
        ({"type": "switch"}, "yes", "'v' takes true or false"),
        ({"type": "select", "options": [{"value": "a"}, {"value": "b"}]}, SECRET, "one of: a, b."),
        ({"max_length": 3}, SECRET, f"'v' has {len(SECRET)} characters; at most 3 fit."),
        ({"pattern": "^[a-z]+$"}, SECRET, "does not have the form ^[a-z]+$"),
        ({"pattern": "^[a-z]+$"}, "abc\n", "does not have the form"),
        ({"pattern": "^a+$"}, "a" * 3_000, "does not have the form"),
        ({"pattern": "^(a+)+$"}, "aaa", "Write a simpler pattern"),
        ({"format": "url"}, SECRET, "must be a URL that starts with https://"),
        ({"parse": "json"}, SECRET, "must be a JSON document"),
        ({"parse": "json"}, "[" * 100_000, "must be a JSON document"),
        ({}, 5, "must be a text, not a int"),
        ({}, [SECRET], "must be a text, not a list"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_value_that_does_not_fit_is_refused_and_never_shown(
    row: dict[str, Any], value: object, said: str
) -> None:
    """The message names the variable and what was expected."""
    message = refusal({"v": value}, v=row)
    assert said in message
    assert SECRET not in message


def test_templates_see_secrets_wrapped_and_json_parsed() -> None:
    """What was not submitted is not there."""
    rows = form(key={}, account={"parse": "json"}, region={"type": "text-input"}, gone={})
    found = scope_values(rows, {"key": SECRET, "account": '{"id": "x"}', "region": "eu"})
    assert set(found) == {"key", "account", "region"}
    assert isinstance(found["key"], Secret)
    assert SECRET not in repr(found)
    assert reveal(found["account"].member("id")) == "x"
    assert found["region"] == "eu"


@pytest.mark.parametrize(
    ("variable", "label"),
    [("api_key", "API key"), ("base_url", "Base URL"), ("project_id", "Project ID")],
)
def test_label_follows_from_the_variable(variable: str, label: str) -> None:
    """A front end shows it to people, who write initials in capitals."""
    (field,) = form(**{variable: None})
    assert field.spec["label"] == {"en_US": label}
