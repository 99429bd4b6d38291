"""The kinds of auth that follow from the credentials alone."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from model_runtime.absent import Absent
from model_runtime.auth import AUTH_KINDS, AnyAuth, Auth
from model_runtime.errors import InvalidParameter, MissingCredential
from model_runtime.exchange import HttpRequest
from model_runtime.secrets import Secret

Scope = dict[str, object]
REQUEST = HttpRequest(
    method="POST", url="https://a.example/v1?v=1", headers={"x-own": "1"}, body=b"{}"
)


def leaf(name: str) -> Callable[[Scope], object]:
    """A compiled template that reads one credential."""

    def read(scope: Scope) -> object:
        credentials = scope["credentials"]
        return credentials.get(name, Absent) if isinstance(credentials, dict) else Absent

    return read


def applied(auth: Auth, **credentials: object) -> HttpRequest:
    """Run a flow that must ask for nothing."""
    flow = auth.apply(REQUEST, {"credentials": credentials})
    with pytest.raises(StopIteration) as done:
        next(flow)
    request = done.value.value
    assert isinstance(request, HttpRequest)
    assert (request.method, request.body) == (REQUEST.method, REQUEST.body)
    assert REQUEST.headers == {"x-own": "1"}
    return request


def make(kind: str, **options: object) -> Auth:
    """Make one kind from compiled options."""
    return AUTH_KINDS[kind].from_spec(options, None)


BASIC = "Basic " + base64.b64encode("\u00fcser:p w".encode()).decode()


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("none", {}, {}),
        ("header", {"headers": {"X-Key": leaf("key")}}, {"x-key": "k-1"}),
        ("header", {"headers": {"X-Own": leaf("key")}}, {"x-own": "k-1"}),
        ("header", {"headers": lambda scope: {"x-key": Secret("whole")}}, {"x-key": "whole"}),
        ("bearer", {"token": leaf("key")}, {"authorization": "Bearer k-1"}),
        ("bearer", {"token": leaf("key"), "scheme": "Token"}, {"authorization": "Token k-1"}),
        ("bearer", {"token": leaf("key"), "scheme": ""}, {"authorization": "k-1"}),
        ("basic", {"username": leaf("user"), "password": leaf("word")}, {"authorization": BASIC}),
    ],
)
def test_credentials_go_into_headers(
    kind: str, options: dict[str, object], expected: dict[str, str]
) -> None:
    """Each kind sets its headers, in lower case, and keeps the request's others."""
    request = applied(
        make(kind, **options), key=Secret("k-1"), user="\u00fcser", word=Secret("p w")
    )
    assert request.headers == {"x-own": "1"} | expected
    assert request.url == REQUEST.url


def test_credentials_go_into_the_query_encoded() -> None:
    """Query values are appended to what the URL has."""
    auth = make("query", query={"key": leaf("key"), "empty": leaf("absent")})
    request = applied(auth, key=Secret("a&b=c d"))
    assert request.url == "https://a.example/v1?v=1&key=a%26b%3Dc%20d"
    assert request.headers == REQUEST.headers


@pytest.mark.parametrize("value", [Absent, None, "", Secret(""), "  "], ids=repr)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("header", {"headers": {"x-key": leaf("key")}}),
        ("query", {"query": {"key": leaf("key")}}),
        ("bearer", {"token": leaf("key")}),
        ("basic", {"username": leaf("key"), "password": leaf("key")}),
    ],
    ids=["header", "query", "bearer", "basic"],
)
def test_credential_not_set_sends_nothing(
    kind: str, options: dict[str, object], value: object
) -> None:
    """A server without a key gets no empty header."""
    assert applied(make(kind, **options), key=value) == REQUEST


def test_basic_with_one_half_sends_the_other_empty() -> None:
    """Some services take the key as user name and nothing as password."""
    auth = make("basic", username=leaf("key"), password=leaf("absent"))
    assert base64.b64decode(applied(auth, key="k").headers["authorization"][6:]) == b"k:"


def test_basic_refuses_a_colon_in_the_user_name() -> None:
    """It would be read as the end of the name."""
    with pytest.raises(InvalidParameter, match=r"auth\.username"):
        applied(make("basic", username="a:b", password="c"))


@pytest.mark.parametrize("bad", ["a\r\nX: y", "a\n", "a\0", "\U0001f600"], ids=ascii)
@pytest.mark.parametrize(
    ("kind", "options", "name"),
    [
        ("header", {"headers": {"x-key": leaf("key")}}, "x-key"),
        ("bearer", {"token": leaf("key")}, "authorization"),
    ],
    ids=["header", "bearer"],
)
def test_key_that_no_header_can_carry_is_refused_unseen(
    kind: str, options: dict[str, object], name: str, bad: str
) -> None:
    """The message names the header and keeps the key to itself."""
    with pytest.raises(InvalidParameter, match=f"header '{name}'") as caught:
        applied(make(kind, **options), key=Secret(f"sk-{bad}"))
    assert "sk-" not in str(caught.value)


def test_value_that_is_no_text_is_refused_unseen() -> None:
    """A whole key file where a text is expected is a fault of the spec or the caller."""
    with pytest.raises(InvalidParameter, match=r"auth\.token: the value is dict") as caught:
        applied(make("bearer", token=leaf("key")), key=Secret({"private_key": "pem"}))
    assert "pem" not in str(caught.value)


@pytest.mark.parametrize("kind", ["none", "header", "query", "bearer", "basic", "aws_sigv4"])
def test_static_kinds_have_nothing_to_refresh(kind: str) -> None:
    """A 401 means that the credentials are wrong, not that they are stale."""
    auth = make(kind)
    assert not auth.should_refresh(401, {"error": "x"})
    auth.forget({"credentials": {}})


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        ({"key": Secret("k"), "user": "u"}, "Bearer k"),
        ({"user": "u"}, "Basic " + base64.b64encode(b"u:").decode()),
    ],
    ids=["first", "second"],
)
def test_first_way_that_fits_is_used(credentials: dict[str, object], expected: str) -> None:
    """Ways are tried in the order written."""
    auth = AnyAuth(
        [
            (leaf("key"), make("bearer", token=leaf("key"))),
            (leaf("user"), make("basic", username=leaf("user"))),
        ]
    )
    assert applied(auth, **credentials).headers["authorization"] == expected
    auth.forget({"credentials": credentials})
    assert not auth.should_refresh(401, None)


def test_way_without_condition_always_fits() -> None:
    """The last way may be without a condition."""
    auth = AnyAuth([(leaf("key"), make("bearer", token=leaf("key"))), (None, make("none"))])
    assert applied(auth) == REQUEST


def test_no_way_that_fits_is_an_error() -> None:
    """A request is not sent without credentials when ways were declared."""
    with pytest.raises(MissingCredential, match=r"auth\.any"):
        applied(AnyAuth([(leaf("key"), make("none"))]))
