"""Tokens are fetched once, kept, renewed early, and never shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

import pytest

from model_runtime.absent import Absent
from model_runtime.auth.token_exchange import MAX_TOKENS, TokenExchangeAuth
from model_runtime.errors import (
    AuthorizationError,
    ConnectionFailed,
    HostRefused,
    RateLimitError,
    ServerUnavailableError,
)
from model_runtime.exchange import Exclusive, Flow, HttpReply, HttpRequest, Send
from model_runtime.secrets import Secret

Scope = dict[str, object]
REQUEST = HttpRequest(method="POST", url="https://api.example/v1", body=b"{}")


def credential(name: str) -> Callable[[Scope], object]:
    """A compiled template that reads one credential."""

    def read(scope: Scope) -> object:
        credentials = scope["credentials"]
        return credentials.get(name, Absent) if isinstance(credentials, dict) else Absent

    return read


def name(key: str) -> Callable[[Scope], object]:
    """A compiled template that reads one name."""
    return lambda scope: scope[key]


def path(key: str) -> Callable[[Any], object]:
    """A compiled path that reads one member."""
    return lambda body: body.get(key) if isinstance(body, dict) else None


OPTIONS: dict[str, object] = {
    "request": {
        "url": "https://login.example/token",
        "form": {"grant_type": "client_credentials", "client_secret": credential("secret")},
    },
    "token": path("access_token"),
    "expires_in": {"path": path("expires_in"), "default": 3600.0, "early": 60.0},
    "apply": {"bearer": name("token")},
    "refresh_on": [401, {"json": path("stale")}],
}


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Service:
    """Plays the driver: answers asks, and counts the exchanges."""

    def __init__(self, status: int = 200, body: object = None) -> None:
        self.status = status
        self.body = body
        self.sent: list[HttpRequest] = []

    def run(self, flow: Flow[Any]) -> Any:
        """Run a flow to its end."""
        answer: Any = None
        while True:
            try:
                ask = flow.send(answer)
            except StopIteration as done:
                return done.value
            answer = self.run(ask.flow()) if isinstance(ask, Exclusive) else self._reply(ask)

    def _reply(self, ask: object) -> HttpReply:
        assert isinstance(ask, Send)
        self.sent.append(ask.request)
        body = self.body
        if body is None:
            body = {"access_token": f"t-{len(self.sent)}", "expires_in": 600}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return HttpReply(self.status, {}, raw)


def make(clock: Clock | None = None, **options: object) -> TokenExchangeAuth:
    """Make the auth of the options above, with changes."""
    return TokenExchangeAuth.from_spec(OPTIONS | options, None, now=clock or Clock())


def scope(secret: str = "s3cret-key") -> Scope:
    """The scope of one call."""
    return {"credentials": {"secret": Secret(secret)}}


def token_of(service: Service, auth: TokenExchangeAuth, names: Scope | None = None) -> str:
    """Run `apply` and return the header that it sets."""
    request = service.run(auth.apply(REQUEST, scope() if names is None else names))
    return str(request.headers["authorization"])


def test_token_is_fetched_and_applied() -> None:
    """The exchange sends what the spec says, and the request carries the token."""
    service = Service()
    assert token_of(service, make()) == "Bearer t-1"
    (sent,) = service.sent
    assert (sent.method, sent.url) == ("POST", "https://login.example/token")
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(sent.body.decode()) == [
        ("grant_type", "client_credentials"),
        ("client_secret", "s3cret-key"),
    ]


def test_request_may_be_json_with_query_and_headers() -> None:
    """A JSON body, query values and headers are templates too; absent members are left out."""
    request = {
        "method": "put",
        "url": lambda names: "https://login.example/token",
        "query": {"id": credential("secret"), "none": credential("absent")},
        "headers": {"X-Key": credential("secret")},
        "body": {"a": [credential("secret"), credential("absent")], "b": credential("absent")},
    }
    service = Service()
    token_of(service, make(request=request))
    (sent,) = service.sent
    assert (sent.method, sent.url) == ("PUT", "https://login.example/token?id=s3cret-key")
    assert sent.headers["x-key"] == "s3cret-key"
    assert json.loads(sent.body) == {"a": ["s3cret-key"]}


@pytest.mark.parametrize(
    ("apply", "url", "header"),
    [
        ({"query": {"access_token": name("token")}}, REQUEST.url + "?access_token=t-1", {}),
        ({"headers": {"x-token": name("token")}}, REQUEST.url, {"x-token": "t-1"}),
        ({}, REQUEST.url, {"authorization": "Bearer t-1"}),
    ],
    ids=["query", "headers", "default"],
)
def test_token_goes_where_the_spec_says(
    apply: dict[str, object], url: str, header: dict[str, str]
) -> None:
    """Header, query or bearer."""
    request = Service().run(make(apply=apply).apply(REQUEST, scope()))
    assert (request.url, request.headers) == (url, header)


def test_token_is_kept_until_shortly_before_its_end() -> None:
    """Within its life a token serves every call; a minute before its end it is renewed."""
    clock, service = Clock(), Service()
    auth = make(clock)
    found = []
    for moment in (1000.0, 1539.0, 1540.0, 2079.0, 2080.0):
        clock.now = moment
        found.append(token_of(service, auth))
    assert found == ["Bearer t-1", "Bearer t-1", "Bearer t-2", "Bearer t-2", "Bearer t-3"]


@pytest.mark.parametrize(
    ("told", "life"),
    [(600, 540), ("600", 540), (None, 3540), ("soon", 3540), (True, 3540), (60, 30), (1, 0.5)],
)
def test_life_of_a_token_is_what_the_reply_tells(told: object, life: float) -> None:
    """Seconds, as number or text, else the default; a short life is used for its half."""
    clock, service = Clock(), Service(body={"access_token": "t", "expires_in": told})
    auth = make(clock)
    token_of(service, auth)
    clock.now = 1000.0 + life - 0.1
    token_of(service, auth)
    assert len(service.sent) == 1
    clock.now = 1000.0 + life
    token_of(service, auth)
    assert len(service.sent) == 2


def test_different_credentials_have_different_tokens() -> None:
    """Users of one process never share a token, whatever the cache key says."""
    service, auth = Service(), make(cache_key=["same"])
    first = token_of(service, auth, scope("one"))
    second = token_of(service, auth, scope("two"))
    assert [first, second] == ["Bearer t-1", "Bearer t-2"]
    assert token_of(service, auth, scope("one")) == first


def test_concurrent_calls_share_one_exchange() -> None:
    """Calls that wait for the same exclusive flow find the token that the first one fetched."""
    service, auth = Service(), make()
    flows = [auth.apply(REQUEST, scope()) for _ in range(50)]
    asks = [next(flow) for flow in flows]
    assert all(isinstance(ask, Exclusive) for ask in asks)
    assert len({ask.key for ask in asks if isinstance(ask, Exclusive)}) == 1
    for flow, ask in zip(flows, asks, strict=True):
        assert isinstance(ask, Exclusive)
        token = service.run(ask.flow())
        with pytest.raises(StopIteration) as done:
            flow.send(token)
        assert done.value.value.headers["authorization"] == "Bearer t-1"
    assert len(service.sent) == 1


def test_exclusive_keys_of_two_providers_differ() -> None:
    """Two specs with equal credentials do not wait for each other."""
    asks = [next(make().apply(REQUEST, scope())) for _ in range(2)]
    first, second = (ask.key for ask in asks if isinstance(ask, Exclusive))
    assert first != second


def test_key_of_the_lock_holds_no_secret() -> None:
    """The key may be logged by a driver."""
    ask = next(make().apply(REQUEST, scope()))
    assert isinstance(ask, Exclusive)
    assert "s3cret" not in repr(ask.key)


def test_forgotten_token_is_fetched_anew() -> None:
    """After a refusal the next call exchanges again."""
    service, auth, names = Service(), make(), scope()
    token_of(service, auth, names)
    auth.forget(names)
    assert token_of(service, auth, names) == "Bearer t-2"


def test_token_that_another_call_has_renewed_is_kept() -> None:
    """Of many calls refused with one token, the first renews it for all."""
    service, auth = Service(), make()
    names = [scope() for _ in range(3)]
    for one in names:
        token_of(service, auth, one)
    found = []
    for one in names:
        auth.forget(one)
        found.append(token_of(service, auth, one))
    assert found == ["Bearer t-2"] * 3


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (401, {}, True),
        (403, {}, False),
        (200, {"stale": True}, True),
        (200, b'{"stale": true}', True),
        (200, b"not json", False),
        (200, None, False),
    ],
)
def test_refresh_rules_read_status_and_body(status: int, body: object, expected: bool) -> None:
    """A status, or a path that is true on the JSON, parsed or not."""
    assert make().should_refresh(status, body) is expected


def test_path_that_does_not_fit_the_body_is_no_reason_to_refresh() -> None:
    """A path may raise on a shape that it does not expect."""

    def fail(body: object) -> object:
        raise ValueError("wrong type")

    assert not make(refresh_on=[{"json": fail}]).should_refresh(200, {})


@pytest.mark.parametrize(
    ("status", "body", "error", "text"),
    [
        (400, {"error": "invalid_client"}, AuthorizationError, "invalid_client"),
        (401, {"error": "x", "error_description": "bad key"}, AuthorizationError, "bad key"),
        (200, {"error": "x", "error_description": "bad key"}, AuthorizationError, "bad key"),
        (200, {"nothing": 1}, AuthorizationError, "no token"),
        (200, {"access_token": 5}, AuthorizationError, "no token"),
        (302, b"", AuthorizationError, "HTTP 302"),
        (403, b"<html>", AuthorizationError, "HTTP 403"),
        (429, {"error": "slow down"}, RateLimitError, "slow down"),
        (503, b"", ServerUnavailableError, "HTTP 503"),
    ],
)
def test_refused_exchange_tells_the_services_reason(
    status: int, body: object, error: type[Exception], text: str
) -> None:
    """What will not pass by waiting is an AuthorizationError; nothing is kept."""
    service = Service(status, body)
    auth = make()
    with pytest.raises(error, match=text):
        token_of(service, auth)
    service.status, service.body = 200, None
    assert token_of(service, auth) == "Bearer t-2"


def test_message_is_read_where_the_spec_says() -> None:
    """The spec's own path comes before the usual names."""
    body = {"msg": "wrong id", "error": "x"}
    with pytest.raises(AuthorizationError, match="wrong id"):
        token_of(Service(400, body), make(error={"path": path("msg")}))


def test_error_never_repeats_a_secret() -> None:
    """A service that echoes the key does not bring it into our message or body."""
    body = {"error": "key s3cret-key is unknown", "sent": "s3cret-key"}
    with pytest.raises(AuthorizationError) as caught:
        token_of(Service(401, body), make())
    assert "s3cret" not in f"{caught.value} {caught.value.body}"


def test_reply_that_holds_an_unread_token_is_not_kept_in_the_error() -> None:
    """A spec that looks for the token in the wrong place must not print it."""
    with pytest.raises(AuthorizationError) as caught:
        token_of(Service(200, {"accessToken": "t-very-secret"}), make())
    assert "t-very" not in f"{caught.value} {caught.value.body}"


def test_reply_may_be_the_bare_token() -> None:
    """Some services answer with text."""
    service = Service(200, b"plain-token\n")
    assert token_of(service, make(token=lambda body: body)) == "Bearer plain-token"


def test_token_url_that_leads_to_a_metadata_service_is_refused() -> None:
    """No spec can send credentials to a link-local address."""
    with pytest.raises(HostRefused):
        token_of(Service(), make(request={"url": "http://169.254.169.254/token"}))


def test_failed_connection_passes_through() -> None:
    """What the driver throws reaches the caller, who may try again."""
    flow = make().apply(REQUEST, scope())
    ask = next(flow)
    assert isinstance(ask, Exclusive)
    inner = ask.flow()
    next(inner)
    with pytest.raises(ConnectionFailed):
        inner.throw(ConnectionFailed("broken"))


def test_number_of_tokens_is_limited() -> None:
    """A host with very many users does not fill the memory; the oldest token goes."""
    service, auth = Service(), make()
    for number in range(MAX_TOKENS + 1):
        token_of(service, auth, scope(f"key-{number}"))
    token_of(service, auth, scope(f"key-{MAX_TOKENS}"))
    assert len(service.sent) == MAX_TOKENS + 1
    token_of(service, auth, scope("key-0"))
    assert len(service.sent) == MAX_TOKENS + 2


def test_assertion_is_signed_for_each_exchange() -> None:
    """The signed statement is a name of the request's templates, with the time of the exchange."""
    clock, service = Clock(), Service()
    jwt = {"alg": "HS256", "key": credential("secret"), "claims": {"iss": "me"}, "lifetime": 60.0}
    request = {"url": "https://login.example/token", "form": {"assertion": name("assertion")}}
    auth = make(clock, assertion={"jwt": jwt}, request=request)
    token_of(service, auth)
    clock.now = 9000.0
    token_of(service, auth)
    first, second = (dict(parse_qsl(sent.body.decode()))["assertion"] for sent in service.sent)
    assert first.count(".") == 2
    assert first != second


def test_scope_of_the_caller_gains_no_readable_name() -> None:
    """The token is not left where a template could print it."""
    names = scope()
    token_of(Service(), make(), names)
    assert {key for key in names if not key.startswith("_")} == {"credentials"}
    assert "t-1" not in repr(names)
