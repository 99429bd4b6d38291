"""The factory layer: what a host sets, and what the runtime lists."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from model_runtime.errors import (
    AuthorizationError,
    HostRefused,
    UnknownModel,
    UnknownProvider,
    UnsupportedOperation,
)

KEY = "sk-very-secret-0123456789"
MODELS = """\
models:
  - {model: large, model_type: llm, label: Large}
  - {model: old, model_type: llm, deprecated: true}
  - {model: voice, model_type: tts}
"""


def spec(name: str, more: str = "") -> str:
    head = f"spec_version: 1\nprovider: {name}\nextends: openai_compatible\n"
    need = "credentials: {api_key: {required: true}}\nretry: {times: 0}\n"
    return f"{head}base_url: https://{name}.example/v1\n{need}{more}"


@pytest.fixture(params=["sync", "async"])
def open_door(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Open runtimes over three providers of our own; see `doors.py`."""
    from doors import DOORS

    for name, more in (
        ("acme", MODELS),
        ("beta", ""),
        ("gamma", "operations: {list_models: $unset}\n"),
    ):
        (tmp_path / f"{name}.yaml").write_text(spec(name, more), encoding="utf-8")
    base = Path(__file__).parents[1] / "provider_specs" / "openai_compatible"
    made: list[Any] = []

    def door(**options: Any) -> Any:
        given: dict[str, Any] = {"specs": [base, tmp_path], "bundled": False, "retries": None}
        made.append(DOORS[request.param](**{**given, "credentials": {}, **options}))
        return made[-1]

    yield door
    for one in made:
        one.close()


def names(door: Any) -> list[str]:
    return [provider.name for provider in door.runtime.providers()]


def test_providers_are_listed_in_the_order_that_the_host_wants(open_door: Any) -> None:
    """Exclude comes before include, include before pin."""
    assert names(open_door()) == ["acme", "beta", "gamma"]
    assert names(open_door(pin=["gamma", "nobody"])) == ["gamma", "acme", "beta"]
    assert names(open_door(exclude=["acme"], include=["acme", "beta"])) == ["beta"]
    assert names(open_door(include=["beta", "acme"], pin=["beta"])) == ["beta", "acme"]


def test_excluded_provider_can_still_be_called(open_door: Any) -> None:
    """These settings are about listings."""
    assert open_door(exclude=["acme"]).runtime.provider("acme").name == "acme"


def test_models_are_filtered_by_type_provider_and_age(open_door: Any) -> None:
    """Deprecated ones are shown on request."""
    runtime = open_door().runtime
    assert [m.model for m in runtime.models()] == ["large", "voice"]
    assert [m.model for m in runtime.models("llm", include_deprecated=True)] == ["large", "old"]
    assert runtime.models(provider="beta") == ()


def test_status_follows_the_credentials_and_the_host_may_know_better(open_door: Any) -> None:
    """None of the host's callable leaves the status as it is."""
    assert {m.status for m in open_door().runtime.models()} == {"no-configure"}
    given = {"acme": {"api_key": KEY}}
    assert {m.status for m in open_door(credentials=given).runtime.models()} == {"active"}

    def status(entry: Any) -> str | None:
        return "disabled" if entry.model == "voice" else None

    found = open_door(credentials=given, status=status).runtime.models()
    assert [m.status for m in found] == ["active", "disabled"]


def test_listed_model_is_found_and_another_is_unknown(open_door: Any) -> None:
    """A type is part of its name."""
    runtime = open_door().runtime
    assert runtime.model("acme/large", "llm").label == "Large"
    with pytest.raises(UnknownModel, match="can still be called"):
        runtime.model("acme/large", "tts")


@pytest.mark.parametrize("name", ["acme", "acme/", "/large", ""])
def test_name_without_provider_or_model_is_refused(open_door: Any, name: str) -> None:
    """The message says how names are written."""
    with pytest.raises(UnknownModel, match="Write provider/model"):
        open_door().runtime.llm(name)


def test_unknown_provider_offers_a_close_match(open_door: Any) -> None:
    """Wherever a provider is named."""
    runtime = open_door().runtime
    for ask in (
        runtime.provider,
        lambda n: runtime.llm(f"{n}/m"),
        lambda n: runtime.models(None, n),
    ):
        with pytest.raises(UnknownProvider, match="Did you mean 'acme'"):
            ask("acmee")


@pytest.mark.parametrize(
    "url", ["ftp://host", "host", "https://user:pw@host/", "http://169.254.169.254/latest"]
)
def test_base_url_of_a_host_is_checked_at_once(open_door: Any, url: str) -> None:
    """Also what a host gives must be an address that a call may reach."""
    with pytest.raises(HostRefused):
        open_door(base_urls={"acme": url})
    with pytest.raises(HostRefused):
        open_door().runtime.llm("acme/large", base_url=url)


# ---- what the service lists


def remote(open_door: Any, loopback: Any, **options: Any) -> Any:
    given = {"credentials": {"acme": {"api_key": KEY}}, "base_urls": {"acme": loopback.url}}
    return open_door(**{**given, **options})


def list_remote(door: Any, provider: str) -> Any:
    return door.call(lambda runtime: runtime.remote_models(provider))


def test_remote_models_are_fetched_from_the_service(open_door: Any, loopback: Any) -> None:
    """With the credentials of the host; rows without an id are left out."""
    rows = [{"id": "a"}, {"object": "model"}, {"id": "b/c"}]
    loopback.answer(loopback.reply(json.dumps({"data": rows}).encode()))
    found = list_remote(remote(open_door, loopback), "acme")
    assert [(m.model, m.fetch_from) for m in found] == [
        ("a", "fetch-from-remote"),
        ("b/c", "fetch-from-remote"),
    ]
    request = loopback.requests[-1]
    assert (request.target, request.headers["authorization"]) == ("/models", f"Bearer {KEY}")


def test_error_of_a_listing_names_it_and_shows_no_secret(open_door: Any, loopback: Any) -> None:
    """In no part of it."""
    body = json.dumps({"error": {"message": f"bad {KEY}"}}).encode()
    loopback.answer(loopback.reply(body, 401))
    with pytest.raises(AuthorizationError) as caught:
        list_remote(remote(open_door, loopback), "acme")
    error = caught.value
    assert str(error).startswith(f"acme/* list_models: GET {loopback.url}/models: HTTP 401")
    assert KEY not in f"{error!r} {error} {error.body}"


def test_listing_is_retried_as_the_host_says(open_door: Any, loopback: Any) -> None:
    """The specs above retry nothing."""
    loopback.answer(loopback.reply(b"{}", 503, retry_after="0"))
    loopback.answer(loopback.reply(b'{"data": [{"id": "a"}]}'))
    assert len(list_remote(remote(open_door, loopback, retries=1), "acme")) == 1


def test_provider_without_a_listing_says_so(open_door: Any) -> None:
    """Before anything is asked of the service."""
    door = open_door(credentials={"gamma": {"api_key": KEY}})
    with pytest.raises(UnsupportedOperation, match="no operation 'list_models'"):
        list_remote(door, "gamma")
