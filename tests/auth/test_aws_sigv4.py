"""Signatures agree with the published examples and with what goes over the wire."""

from __future__ import annotations

import hashlib
import hmac
import sys
from urllib.parse import quote, urlsplit

import pytest

from model_runtime.auth.aws_sigv4 import AwsSigV4Auth, strict_path
from model_runtime.errors import InvalidParameter, MissingCredential, MissingExtra
from model_runtime.exchange import HttpRequest
from model_runtime.secrets import Secret

# The credentials and the moment of the published test suite: 2015-08-30 12:36:00 UTC.
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOMENT = 1440938160.0


def sign(request: HttpRequest, now: float = MOMENT, **options: object) -> HttpRequest:
    """Sign one request with the suite's credentials."""
    known: dict[str, object] = {
        "service": "service",
        "region": "us-east-1",
        "access_key": lambda scope: Secret(KEY),
        "secret_key": lambda scope: Secret(SECRET),
    }
    return AwsSigV4Auth.from_spec(known | options, None, now=lambda: now).change(request, {})


def expected_signature(request: HttpRequest, service: str, secret: str = SECRET) -> str:
    """What a service computes from the request as it arrives, after the published algorithm."""
    parts = urlsplit(request.url)
    head, names = request.headers["authorization"].split(", ")[:2]
    _, date, region, _, last = head.partition("Credential=")[2].split("/")
    headers = request.headers | {"host": parts.netloc}
    signed = names.partition("=")[2]
    lines = [f"{name}:{' '.join(headers[name].split())}\n" for name in signed.split(";")]
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    canonical = "\n".join(
        [
            request.method,
            quote(parts.path, safe="/-._~") or "/",
            query,
            "".join(lines),
            signed,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{date}/{region}/{service}/{last}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{request.headers['x-amz-date']}\n{scope}\n{digest}"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


@pytest.mark.parametrize(
    ("method", "query", "signature"),
    [
        ("GET", "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
        ("POST", "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        (
            "GET",
            "?Param2=value2&Param1=value1",
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
        ),
    ],
    ids=["get-vanilla", "post-vanilla", "get-vanilla-query-order-key-case"],
)
def test_signature_is_that_of_the_published_suite(method: str, query: str, signature: str) -> None:
    """Known requests give known signatures."""
    request = sign(HttpRequest(method=method, url=f"https://example.amazonaws.com/{query}"))
    assert request.headers["x-amz-date"] == "20150830T123600Z"
    assert request.headers["authorization"] == (
        f"AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/service/aws4_request, "
        f"SignedHeaders=host;x-amz-date, Signature={signature}"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/model/anthropic.model-v1:0/converse",
        "/model/anthropic.model-v1%3A0/converse",
        "/model/arn:aws:service:us-east-1:1:profile%2Fname/converse-stream",
        "/model/a%20b%C3%A9~_.-'()*,@!$/x",
        "/",
        "",
    ],
)
def test_signature_covers_the_path_as_it_is_sent(path: str) -> None:
    """Whatever a model id holds, a service that encodes what it receives agrees."""
    request = sign(
        HttpRequest(
            method="POST",
            url=f"https://runtime.example.com{path}?a=b%20c&A=1",
            headers={"content-type": "application/json", "accept": "*/*"},
            body='{"text": "\u00e9"}'.encode(),
        ),
        service="bedrock",
        session_token=Secret("session"),
    )
    signature = request.headers["authorization"].rpartition("=")[2]
    assert signature == expected_signature(request, "bedrock")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a/m/v1:0/x?q=:", "https://a/m/v1%3A0/x?q=:"),
        ("https://a/m/v1%3A0/x%2fy", "https://a/m/v1%3A0/x%2Fy"),
        ("https://a:8443/m/%C3%A9~", "https://a:8443/m/%C3%A9~"),
        ("https://a", "https://a"),
    ],
)
def test_path_has_one_spelling(url: str, expected: str) -> None:
    """A colon is sent encoded, as the service's own clients do, and nothing is encoded twice."""
    assert strict_path(url) == expected


def test_only_headers_that_stay_are_signed() -> None:
    """What a proxy or a transport adds or changes does not break the signature."""
    headers = {"content-type": "text/plain", "x-amz-target": "T", "user-agent": "x", "accept": "y"}
    request = sign(HttpRequest(method="POST", url="https://a.example/", headers=headers))
    signed = "SignedHeaders=content-type;host;x-amz-date;x-amz-target,"
    assert signed in request.headers["authorization"]
    assert request.headers | headers == request.headers


def test_each_attempt_is_signed_anew() -> None:
    """A retry has its own time; the parts of the first signature do not linger."""
    first = sign(HttpRequest(method="POST", url="https://a.example/"), session_token="one")
    again = sign(first, now=MOMENT + 60, session_token="two")
    assert again.headers["x-amz-date"] == "20150830T123700Z"
    assert again.headers["x-amz-security-token"] == "two"
    assert again.headers["authorization"].rpartition("=")[2] == expected_signature(again, "service")


def test_session_token_is_optional() -> None:
    """Lasting keys have none, and then no header is sent."""
    request = sign(HttpRequest(method="GET", url="https://a.example/"), session_token=None)
    assert "x-amz-security-token" not in request.headers


@pytest.mark.parametrize("name", ["region", "access_key", "secret_key"])
def test_missing_option_is_named(name: str) -> None:
    """An empty key is told before botocore sees it."""
    with pytest.raises(MissingCredential, match=rf"auth\.{name}"):
        sign(HttpRequest(method="GET", url="https://a.example/"), **{name: Secret("")})


def test_key_with_a_line_break_is_refused_unseen() -> None:
    """A copied key id that ends in a line break does not get into a header."""
    with pytest.raises(InvalidParameter, match="authorization") as caught:
        sign(HttpRequest(method="GET", url="https://a.example/"), access_key=Secret("AKID\nX"))
    assert "AKID" not in str(caught.value)


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without botocore the error says what to install."""
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(MissingExtra, match=r"model-runtime\[aws\]"):
        sign(HttpRequest(method="GET", url="https://a.example/"))
