"""Whose credentials a call uses: those of the call, the model, the provider, the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from model_runtime.errors import MissingCredential

Open = Callable[..., Any]

SPEC = """
moderation:
  request:
    path: "/judge/{{ credentials.endpoint | default('none') }}"
    body: {input: "{{ text }}"}
  response: {flagged: flagged}
"""


class Store:
    """A store in memory, as a host would write one."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str | None, str | None], dict[str, Any]] = {}

    def read(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> Mapping[str, Any] | None:
        own = self.kept.get((provider, model_type, model))
        return own if own is not None else self.kept.get((provider, None, None))

    def write(
        self,
        provider: str,
        values: Mapping[str, Any],
        model_type: str | None = None,
        model: str | None = None,
    ) -> None:
        self.kept[provider, model_type, model] = dict(values)

    def delete(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> None:
        self.kept.pop((provider, model_type, model), None)


WHOLE = {"api_key": "k-provider", "endpoint": "wide"}
OWN = {"api_key": "k-model"}


def from_mapping() -> dict[str, Any]:
    return {"credentials": {"acme": WHOLE, "acme/own": OWN}}


def from_callable() -> dict[str, Any]:
    return {"credentials": lambda provider, kind, model: OWN if model == "own" else WHOLE}


def from_store() -> dict[str, Any]:
    store = Store()
    store.write("acme", WHOLE)
    store.write("acme", OWN, "moderation", "own")
    return {"credentials": None, "credential_store": store}


def used(service: Any, model: str, **options: Any) -> tuple[str, str]:
    """The key and the endpoint with which a model is called."""
    service.answer({"flagged": False})
    service.call(lambda r: r.moderation(f"acme/{model}", **options).invoke("text"))
    request = service.loopback.requests[-1]
    return request.headers["authorization"], request.target


@pytest.mark.parametrize(
    "given", [from_mapping, from_callable, from_store], ids=["mapping", "callable", "store"]
)
def test_credentials_of_a_model_replace_those_of_its_provider_wholly(
    open_service: Open, given: Callable[[], dict[str, Any]]
) -> None:
    """Nothing of the provider's is mixed in: half of two accounts fits neither."""
    service = open_service(SPEC, **given())
    assert used(service, "other") == ("Bearer k-provider", "/judge/wide")
    assert used(service, "own") == ("Bearer k-model", "/judge/none")


def test_credentials_of_a_handle_replace_all_others(open_service: Open) -> None:
    """For a host that serves many users with one runtime."""
    service = open_service(SPEC, **from_mapping())
    handle = {"credentials": {"api_key": "k-user"}}
    assert used(service, "own", **handle) == ("Bearer k-user", "/judge/none")


def test_environment_stands_in_when_nothing_is_given(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under PROVIDER_VARIABLE, or the name that the spec gives; never beside a mapping."""
    monkeypatch.setenv("ACME_API_KEY", "k-env")
    monkeypatch.setenv("ACME_ENDPOINT", "home")
    service = open_service(SPEC, credentials=None)
    assert used(service, "m") == ("Bearer k-env", "/judge/home")
    service = open_service(SPEC, credentials={"acme/own": OWN})
    with pytest.raises(MissingCredential, match="set ACME_API_KEY"):
        used(service, "other")


def test_deleted_credentials_are_gone_at_the_next_call(open_service: Open) -> None:
    """A handle keeps none of them."""
    store = Store()
    store.write("acme", WHOLE)
    service = open_service(SPEC, credentials=None, credential_store=store)
    assert used(service, "m")[0] == "Bearer k-provider"
    store.delete("acme")
    with pytest.raises(MissingCredential):
        used(service, "m")
