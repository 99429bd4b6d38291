"""Where credentials come from: the host, else the environment."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.credentials.form import FormField, read_form
from model_runtime.credentials.source import (
    environment_values,
    find_values,
    given_values,
    is_configured,
)
from model_runtime.errors import CredentialsInvalid, InvalidParameter, MissingCredential

FORM = read_form(
    "acme",
    {
        "key": {"env": "MY_KEY_FOR_ACME"},
        "region": {"type": "text-input", "required": False, "env": "ACME_REGION"},
    },
    None,
)


def test_environment_is_read_when_the_host_gives_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under the names that the form gives; an empty value is none."""
    monkeypatch.setenv("MY_KEY_FOR_ACME", "k")
    monkeypatch.setenv("ACME_REGION", "")
    assert find_values(None, FORM, "acme") == {"key": "k"}


def test_environment_is_not_read_when_the_host_gives_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A host that serves many users must not fall back to its own key."""
    monkeypatch.setenv("MY_KEY_FOR_ACME", "k")
    for given in ({}, {"other": {"key": "x"}}, {"acme": {}}, lambda *_: None):
        with pytest.raises(MissingCredential):
            find_values(given, FORM, "acme")


def test_callable_is_asked_with_provider_type_and_model_at_each_call() -> None:
    """So that keys may rotate, and may differ by model."""
    asked: list[Any] = []

    def lookup(*names: Any) -> dict[str, str]:
        asked.append(names)
        return {"key": f"k{len(asked)}"}

    assert find_values(lookup, FORM, "acme", "llm", "m") == {"key": "k1"}
    assert find_values(lookup, FORM, "acme", "llm", "m") == {"key": "k2"}
    assert asked == [("acme", "llm", "m")] * 2


def test_mapping_is_read_by_provider() -> None:
    """Null for a provider that it does not name."""
    assert given_values({"acme": {"key": "k"}}, "acme", None, None) == {"key": "k"}
    assert given_values({}, "acme", None, None) is None
    assert given_values(None, "acme", None, None) is None


def test_missing_credential_names_what_to_pass_and_what_to_set() -> None:
    """Both ways out stand in the message."""
    with pytest.raises(MissingCredential) as caught:
        find_values({"acme": {"key": ""}}, FORM, "acme")
    said = str(caught.value)
    assert "Provider 'acme' needs the credential 'key'." in said
    assert "credentials={'acme': {'key': ...}}" in said
    assert "MY_KEY_FOR_ACME" in said


def test_hidden_credential_is_not_missed() -> None:
    """A form may ask for one of several sets."""
    form: tuple[FormField, ...] = read_form(
        "acme",
        {
            "own": {"type": "switch", "required": False},
            "url": {"show_on": [{"variable": "own", "value": "true"}]},
        },
        None,
    )
    assert find_values({"acme": {}}, form, "acme") == {}
    with pytest.raises(MissingCredential, match="'url'"):
        find_values({"acme": {"own": True}}, form, "acme")


def test_configured_is_told_without_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listing shows which providers can be used."""
    assert not is_configured(None, FORM, "acme")
    monkeypatch.setenv("MY_KEY_FOR_ACME", "k")
    assert is_configured(None, FORM, "acme")
    assert not is_configured({"acme": {"key": 5}}, FORM, "acme")
    assert is_configured(None, (), "acme")


def test_refused_value_is_told_as_invalid() -> None:
    """It is there, but it does not fit."""
    with pytest.raises(CredentialsInvalid):
        find_values({"acme": {"key": 5}}, FORM, "acme")


def test_environment_may_be_handed_in() -> None:
    """A host need not change its own."""
    assert environment_values(FORM, {"MY_KEY_FOR_ACME": "k", "OTHER": "x"}) == {"key": "k"}


@pytest.mark.parametrize(
    "given",
    [{"acme": "sk-secret"}, {"acme": ["sk-secret"]}, lambda *_: "sk-secret"],
    ids=["text", "list", "callable"],
)
def test_credentials_that_are_no_mapping_are_refused_and_never_shown(given: Any) -> None:
    """A key alone, without the name of its variable, is a frequent slip."""
    with pytest.raises(InvalidParameter, match="given for 'acme'. Expected a mapping") as caught:
        find_values(given, FORM, "acme")
    assert "sk-secret" not in str(caught.value)


def test_misspelt_variable_is_named_beside_the_missing_one() -> None:
    """Whoever has passed something must see that it is not what is asked for; no value is shown."""
    with pytest.raises(MissingCredential, match="'key', and 'kye' was given") as caught:
        find_values({"acme": {"kye": "hush"}}, FORM, "acme")
    assert "hush" not in str(caught.value)


def test_key_in_place_of_a_mapping_of_providers_is_refused() -> None:
    """A lone key belongs to no provider, and is not shown."""
    with pytest.raises(InvalidParameter, match="a str was given") as caught:
        given_values("hush", "acme", None, None)  # type: ignore[arg-type]
    assert "hush" not in str(caught.value)
