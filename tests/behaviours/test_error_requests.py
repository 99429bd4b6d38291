"""An error says which request it is of, and shows neither a key nor a token that was bought."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS, KEY
from wire import JSON, SSE, chunk, completion, packed, sse

from model_runtime.errors import AuthorizationError, CredentialsInvalid, InvokeError, ReplyError

TOKEN = "tok-9f8e7d6c5b4a"
LISTED = "validate_credentials: {provider: {call: list_models}}"
BOUGHT = """
  kind: token_exchange
  request: {method: POST, url: "%s/token", form: {key: "{{ credentials.api_key }}"}}
  token: access_token
  apply: {query: {access_token: "{{ token }}"}}
"""

Open = Callable[..., Any]


@pytest.fixture(params=["sync", "async"])
def open_acme(request: pytest.FixtureRequest, tmp_path: Path, loopback: Any) -> Iterator[Open]:
    """Open runtimes with a provider `acme` that signs in as a test says."""
    doors: list[Any] = []

    def make(auth: str, path: str = "", **options: Any) -> Any:
        spec = tmp_path / "acme.yaml"
        spec.write_text(
            "spec_version: 1\nprovider: acme\nextends: openai_compatible\n"
            f"base_url: {loopback.url}{path}\ncredentials: {{api_key: {{required: true}}}}\n"
            f"operations: {{{LISTED}}}\nauth:\n  $replace: true\n{auth}",
            encoding="utf-8",
        )
        given = {"credentials": {"acme": {"api_key": KEY}}, **options}
        doors.append(DOORS[request.param](specs=[spec], **given))
        return doors[-1]

    yield make
    for door in doors:
        door.close()


IN_QUERY = '  kind: query\n  query: {key: "{{ credentials.api_key }}"}\n'


def shown(error: BaseException) -> str:
    """Everything that a log may show of an error."""
    kept = vars(error)
    return f"{error} {error!r} {json.dumps(kept, default=str)}"


def test_error_names_method_and_url_without_the_query(open_acme: Open, loopback: Any) -> None:
    """A key that the service wants in the query stands there alone."""
    model = open_acme(IN_QUERY).model("acme/m")
    loopback.answer(loopback.reply(packed({"error": {"message": "no"}}), 401, **JSON))
    with pytest.raises(AuthorizationError) as caught:
        model.invoke()
    assert KEY in loopback.requests[-1].target
    assert caught.value.request == f"POST {loopback.url}/chat/completions"
    assert str(caught.value).startswith(f"acme/m llm: {caught.value.request}: HTTP 401, auth")
    assert KEY not in shown(caught.value)


def test_key_in_the_path_is_masked(open_acme: Open, loopback: Any) -> None:
    """An address that holds the key, as some proxies want it."""
    model = open_acme(IN_QUERY, path=f"/for/{KEY}/v1").model("acme/m")
    loopback.answer(loopback.reply(packed({"error": {"message": "no"}}), 500, **JSON))
    with pytest.raises(InvokeError) as caught:
        model.invoke()
    assert caught.value.request == f"POST {loopback.url}/for/***/v1/chat/completions"
    assert KEY not in shown(caught.value)


def test_unreadable_reply_names_its_request(open_acme: Open, loopback: Any) -> None:
    """So does what is wrong with a reply of status 200."""
    model = open_acme(IN_QUERY).model("acme/m")
    loopback.answer(loopback.reply(b"<html>", content_type="text/html"))
    with pytest.raises(ReplyError, match=f"POST {loopback.url}/chat/completions: "):
        model.invoke()


def test_error_inside_a_stream_names_its_request(open_acme: Open, loopback: Any) -> None:
    """The frame that tells it has no address of its own."""
    model = open_acme(IN_QUERY).model("acme/m")
    fault = {"error": {"message": f"{KEY} is used up", "code": "insufficient_quota"}}
    loopback.answer(loopback.reply(sse(chunk("Hel"), fault), **SSE))
    seen = model.stream()
    assert seen.error is not None
    assert seen.error.request == f"POST {loopback.url}/chat/completions"
    assert KEY not in shown(seen.error)


def test_connection_that_fails_names_its_request_once(open_acme: Open) -> None:
    """The words of the transport and those of the call are not said twice."""
    url = "http://127.0.0.1:9/v1"
    with pytest.raises(InvokeError) as caught:
        open_acme(IN_QUERY, base_urls={"acme": url}).model("acme/m").invoke()
    assert str(caught.value).startswith(f"acme/m llm: POST {url}/chat/completions: no connection")
    assert str(caught.value).count("POST") == 1


def test_check_of_credentials_tells_url_status_and_message(open_acme: Open, loopback: Any) -> None:
    """The URL is the one that was asked, not the service's base alone; the key is masked."""
    door = open_acme(IN_QUERY)
    loopback.answer(loopback.reply(packed({"error": {"message": f"no {KEY}"}}), 401, **JSON))
    with pytest.raises(CredentialsInvalid) as caught:
        door.call(lambda r: r.validate_provider_credentials("acme", {"api_key": KEY}))
    assert str(caught.value) == (
        "The credentials of 'acme' were not accepted: "
        f'GET {loopback.url}/models: HTTP 401, auth: "no ***".'
    )
    assert KEY not in shown(caught.value)


def bought(loopback: Any, token: str = TOKEN) -> None:
    """Script the reply that sells a token."""
    loopback.answer(loopback.reply(packed({"access_token": token}), **JSON))


def test_bought_token_that_the_service_echoes_is_masked(open_acme: Open, loopback: Any) -> None:
    """In the error and in what hooks are told of it, also when an earlier call bought it."""
    told: list[str] = []

    class Hook:
        def on_error(self, error: InvokeError) -> None:
            told.append(shown(error))

    model = open_acme(BOUGHT % loopback.url, hooks=[Hook()]).model("acme/m")
    bought(loopback)
    loopback.answer(loopback.reply(packed(completion()), **JSON))
    model.invoke()
    fault = {"error": {"message": f"{TOKEN} may not"}, "seen": [TOKEN]}
    loopback.answer(loopback.reply(packed(fault), 403, **JSON))
    with pytest.raises(InvokeError, match=r"\*\*\* may not") as caught:
        model.invoke()
    assert TOKEN in loopback.requests[-1].target
    assert TOKEN not in shown(caught.value)
    assert len(told) == 1 and TOKEN not in told[0]


def test_bought_token_in_a_stream_is_masked(open_acme: Open, loopback: Any) -> None:
    """Whatever frame repeats it as an error."""
    model = open_acme(BOUGHT % loopback.url).model("acme/m")
    bought(loopback)
    fault = {"error": {"message": f"{TOKEN} has ended"}}
    loopback.answer(loopback.reply(sse(chunk("Hel"), fault), **SSE))
    seen = model.stream()
    assert seen.error is not None and seen.error.message == "*** has ended"
    assert TOKEN not in shown(seen.error)


def test_both_tokens_of_a_renewed_sign_in_are_masked(open_acme: Open, loopback: Any) -> None:
    """The one that was refused, and the one that was bought in its place."""
    model = open_acme(BOUGHT % loopback.url).model("acme/m")
    bought(loopback, TOKEN)
    loopback.answer(loopback.reply(b"{}", 401, **JSON))
    bought(loopback, "tok-the-second-one")
    fault = {"error": {"message": f"neither {TOKEN} nor tok-the-second-one"}}
    loopback.answer(loopback.reply(packed(fault), 401, **JSON))
    with pytest.raises(AuthorizationError) as caught:
        model.invoke()
    assert caught.value.message == "neither *** nor ***"


def test_refused_sign_in_names_the_request_that_was_refused(open_acme: Open, loopback: Any) -> None:
    """That for the token, not the call that needed it."""
    model = open_acme(BOUGHT % loopback.url).model("acme/m")
    loopback.answer(loopback.reply(packed({"error_description": f"no {KEY}"}), 400, **JSON))
    with pytest.raises(AuthorizationError) as caught:
        model.invoke()
    assert caught.value.request == f"POST {loopback.url}/token"
    assert KEY not in shown(caught.value)
