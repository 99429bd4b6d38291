"""Requests, heads, errors, decoding and proxies, without a driver."""

from __future__ import annotations

import gzip
import inspect
import zlib

import httpx
import pytest

from model_runtime._version import __version__
from model_runtime.errors import (
    ConnectionFailed,
    HostRefused,
    InvokeError,
    LimitExceeded,
    ReplyError,
    TimedOut,
)
from model_runtime.exchange import HttpRequest, Timeouts
from model_runtime.runtime.decoding import PIECE_BYTES, inflated, inflater_for
from model_runtime.runtime.lanes import Lanes
from model_runtime.runtime.transport import (
    HTTPX_ERRORS,
    HTTPX_FAULTS,
    MAX_HEADERS,
    Address,
    Pools,
    address_of,
    build_request,
    proxy_for,
    read_headers,
    translate,
)

REQUEST = HttpRequest(method="POST", url="https://user:pw@api.test:8443/v1/chat?key=s3cret")
EXCEPTIONS = [
    found
    for _, found in inspect.getmembers(httpx, inspect.isclass)
    if issubclass(found, Exception) and found.__module__.startswith("httpx")
]


def address(url: str) -> Address:
    """Where a URL leads."""
    return address_of(HttpRequest(method="GET", url=url))


def make(kind: type[Exception]) -> Exception:
    """Make an exception of httpx whose text holds a secret."""
    error = kind.__new__(kind)
    error.args = ("illegal header b'Bearer s3cret'",)
    return error


@pytest.mark.parametrize("kind", EXCEPTIONS, ids=lambda kind: kind.__name__)
def test_every_httpx_exception_is_mapped_and_caught(kind: type[Exception]) -> None:
    """No exception of httpx reaches a caller, not even one that only a base class names."""
    assert issubclass(kind, HTTPX_FAULTS)
    assert any(base in HTTPX_ERRORS for base in kind.__mro__)
    assert isinstance(translate(make(kind), REQUEST, Timeouts(), "first_byte"), InvokeError)


@pytest.mark.parametrize(
    "kind",
    [kind for kind in EXCEPTIONS if kind is not httpx.ConnectError],
    ids=lambda k: k.__name__,
)
def test_message_never_quotes_the_exception_or_the_query(kind: type[Exception]) -> None:
    """What httpx says may hold a key, as may user, password and query of a URL."""
    message = str(translate(make(kind), REQUEST, Timeouts(), "first_byte"))
    assert "s3cret" not in message
    assert "pw" not in message
    assert message.startswith("POST https://api.test:8443/v1/chat: ")


@pytest.mark.parametrize(
    ("kind", "phase"),
    [
        pytest.param(httpx.ConnectTimeout, "connect", id="connect"),
        pytest.param(httpx.PoolTimeout, "connect", id="pool"),
        pytest.param(httpx.ReadTimeout, "between_chunks", id="read"),
        pytest.param(httpx.WriteTimeout, "between_chunks", id="write"),
    ],
)
def test_timeout_names_its_phase(kind: type[Exception], phase: str) -> None:
    """A timeout while connecting is `connect`; any other is that of the exchange's phase."""
    error = translate(kind("x"), REQUEST, Timeouts(), "between_chunks")
    assert isinstance(error, TimedOut)
    assert error.phase == phase
    assert phase in str(error)


def test_missing_connection_tells_the_reason() -> None:
    """The reason of the operating system is what a caller needs to know."""
    error = translate(httpx.ConnectError("[Errno 111] refused"), REQUEST, Timeouts(), "connect")
    assert isinstance(error, ConnectionFailed)
    assert "([Errno 111] refused)" in str(error)


def test_unreadable_url_is_shown_as_its_method_only() -> None:
    """A URL that cannot be taken apart is not printed, since its query cannot be cut off."""
    assert HttpRequest(method="GET", url="http://[::1?key=s3cret").shown == "GET"


def test_request_carries_agent_and_encodings_unless_given() -> None:
    """What a spec says about a header wins over the engine's own."""
    sent = build_request(HttpRequest(method="GET", url="https://api.test/"), {})
    assert sent.headers["user-agent"] == f"model-runtime/{__version__}"
    assert sent.headers["accept-encoding"] == "gzip, deflate"
    headers = {"accept-encoding": "identity", "user-agent": "mine"}
    sent = build_request(HttpRequest(method="GET", url="https://api.test/", headers=headers), {})
    assert sent.headers["accept-encoding"] == "identity"
    assert sent.headers["user-agent"] == "mine"


def test_body_goes_out_byte_for_byte() -> None:
    """A signed body must not be touched, and has its length."""
    body = b"\x00{}\xff"
    sent = build_request(HttpRequest(method="POST", url="https://api.test/", body=body), {})
    assert sent.read() == body
    assert sent.headers["content-length"] == "4"


def test_escaped_path_and_query_stay_as_they_are() -> None:
    """The URL that was signed is the URL that is sent."""
    url = "https://api.test/model/a%2Fb:0/x?q=a%20b&c=%2F"
    assert build_request(HttpRequest(method="GET", url=url), {}).url.raw_path == (
        b"/model/a%2Fb:0/x?q=a%20b&c=%2F"
    )


def test_latin_header_is_sent_and_other_is_refused_without_its_value() -> None:
    """A header value outside latin-1 is an error that names the header, not the value."""
    fine = HttpRequest(method="GET", url="https://api.test/", headers={"x-name": "Zoë"})
    assert (b"x-name", "Zoë".encode("latin-1")) in build_request(fine, {}).headers.raw
    bad = HttpRequest(method="GET", url="https://api.test/", headers={"x-key": "s3cret€"})
    with pytest.raises(InvokeError, match="'x-key'") as caught:
        build_request(bad, {})
    assert "s3cret" not in str(caught.value)


def test_broken_url_is_refused() -> None:
    """A URL that httpx cannot read is an error of ours."""
    with pytest.raises(HostRefused, match="cannot be read"):
        build_request(HttpRequest(method="GET", url="https://api.test:port/"), {})


def test_headers_are_lower_case_and_repeats_are_joined() -> None:
    """Header names compare without case, and no repeated header is lost."""
    raw = [(b"X-Id", b"1"), (b"Set-Cookie", b"a"), (b"set-cookie", b"b\xe9")]
    assert read_headers(raw) == {"x-id": "1", "set-cookie": "a, b\xe9"}


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param([(b"x", b"")] * (MAX_HEADERS + 1), id="many"),
        pytest.param([(b"x", b"y" * 70_000)], id="long"),
    ],
)
def test_head_over_its_limits_is_refused(raw: list[tuple[bytes, bytes]]) -> None:
    """A server cannot fill our memory with headers."""
    with pytest.raises(LimitExceeded, match="headers"):
        read_headers(raw)


def raw_deflate(data: bytes) -> bytes:
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


@pytest.mark.parametrize("size", [1, 2, 7, 10_000], ids=lambda size: f"cut-{size}")
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        pytest.param("gzip", gzip.compress, id="gzip"),
        pytest.param("x-gzip", gzip.compress, id="x-gzip"),
        pytest.param("deflate", zlib.compress, id="deflate"),
        pytest.param("deflate", raw_deflate, id="raw-deflate"),
        pytest.param(
            "gzip", lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]), id="two"
        ),
        pytest.param("gzip", lambda data: gzip.compress(data) + b"\0" * 9, id="padded"),
    ],
)
def test_compressed_body_is_read_however_it_is_cut(encoding: str, pack: object, size: int) -> None:
    """Decoding does not depend on where the network cut the bytes."""
    text = b"The quick brown fox. " * 50
    packed = pack(text)  # type: ignore[operator]
    inflater = inflater_for(encoding)
    assert inflater is not None
    cuts = iter([packed[i : i + size] for i in range(0, len(packed), size)])
    assert b"".join(inflated(cuts, inflater)) == text


def test_member_that_ends_with_a_full_piece_is_followed_by_the_next() -> None:
    """Compressed bodies may follow each other, each as long as one piece or many."""
    member = gzip.compress(bytes(2 * PIECE_BYTES))
    inflater = inflater_for("gzip")
    assert inflater is not None
    assert sum(map(len, inflater.feed(member * 3))) == 6 * PIECE_BYTES
    inflater.finish()


def test_bomb_is_handed_out_in_pieces_of_bounded_size() -> None:
    """A small chunk that stands for much is never decoded at once."""
    packed = gzip.compress(bytes(20 * PIECE_BYTES + 5))
    inflater = inflater_for("gzip")
    assert inflater is not None
    sizes = [len(piece) for piece in inflated(iter([packed]), inflater)]
    assert max(sizes) == PIECE_BYTES
    assert sum(sizes) == 20 * PIECE_BYTES + 5


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"plain text", id="not-compressed"),
        pytest.param(gzip.compress(b"some text")[:-5], id="cut-off"),
        pytest.param(b"\x1f", id="one-byte"),
    ],
)
def test_broken_compression_is_an_error(body: bytes) -> None:
    """A body that is not what its head says is never handed out as if whole."""
    inflater = inflater_for("gzip")
    assert inflater is not None
    with pytest.raises(ReplyError):
        list(inflated(iter([body]), inflater))


def test_empty_body_with_an_encoding_is_empty() -> None:
    """A reply without a body may still name an encoding."""
    inflater = inflater_for("gzip")
    assert inflater is not None
    assert list(inflated(iter([]), inflater)) == []


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd"])
def test_encoding_that_was_not_asked_for_is_an_error(encoding: str) -> None:
    """Layers over layers and other codings are refused by name."""
    with pytest.raises(ReplyError, match="content-encoding"):
        inflater_for(encoding)


@pytest.mark.parametrize("encoding", [None, "", "identity", " Identity , identity"])
def test_identity_needs_no_decoding(encoding: str | None) -> None:
    """A body that is sent as it is passes through."""
    assert inflater_for(encoding) is None


@pytest.mark.parametrize(
    ("scheme", "host", "environment", "proxy"),
    [
        pytest.param("https", "a.test", {}, None, id="none"),
        pytest.param("https", "a.test", {"HTTPS_PROXY": "http://p:1"}, "http://p:1", id="scheme"),
        pytest.param("https", "a.test", {"https_proxy": "p:1"}, "http://p:1", id="bare"),
        pytest.param("http", "a.test", {"HTTPS_PROXY": "http://p:1"}, None, id="other-scheme"),
        pytest.param("http", "a.test", {"ALL_PROXY": "http://p:2"}, "http://p:2", id="all"),
        pytest.param(
            "http", "a.test", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.test"}, None, id="bypass"
        ),
        pytest.param(
            "http",
            "x.a.test",
            {"http_proxy": "http://p:1", "no_proxy": ".a.test"},
            None,
            id="suffix",
        ),
    ],
)
def test_proxy_of_the_environment_is_found(
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    host: str,
    environment: dict[str, str],
    proxy: str | None,
) -> None:
    """The usual variables choose the way out, by scheme and host."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(scheme, host) == proxy


def test_origins_share_a_pool_and_schemes_do_not() -> None:
    """One pool serves all hosts of a way out; only the one for https loads certificates."""
    pools = Pools(Lanes)
    first = pools.way_to(address("http://a.test/"))
    assert pools.way_to(address("http://b.test/")) is first
    secure = pools.way_to(address("https://a.test/"))
    assert secure is not first
    assert len(pools.take_all()) == 2
    first.close()
    secure.close()


def test_unusable_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that cannot be used is an error that shows its host alone."""
    monkeypatch.setenv("HTTP_PROXY", "ftp://user:s3cret@proxy.test:1")
    with pytest.raises(InvokeError, match=r"proxy\.test:1") as caught:
        Pools(Lanes).way_to(address("http://a.test/"))
    assert "s3cret" not in str(caught.value)
