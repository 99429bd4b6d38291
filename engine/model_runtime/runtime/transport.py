"""HttpRequest to httpx and back: requests, heads, connection pools, proxies and errors."""

from __future__ import annotations

import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Generic, TypeVar

import httpx

from model_runtime._version import __version__
from model_runtime.errors import (
    ConnectionFailed,
    HostRefused,
    InvokeError,
    LimitExceeded,
    ReplyError,
    TimedOut,
)
from model_runtime.exchange import HttpRequest, Reach, Timeouts
from model_runtime.network import check_reach

from .decoding import ACCEPT_ENCODING
from .http1 import write_head

P = TypeVar("P")

# The clients that a host may hand in; other rooms name them by these.
SyncClient = httpx.Client
AsyncClient = httpx.AsyncClient
# The timeouts of httpx: connect, pool, write and read; and `ends`, the moment at which the call is
# over, which only connections of our own heed.
TimeoutMap = dict[str, float | None]
Origin = tuple[str, str, int | None, Reach]
MAX_HEADERS: Final = 256
MAX_HEADER_BYTES: Final = 64 * 1024
_PORTS: Final = {"http": 80, "https": 443}
_OWN_HEADERS: Final = (b"host", b"content-length", b"transfer-encoding")
_USER_AGENT: Final = f"model-runtime/{__version__}"


def end_of(seconds: float | None) -> float | None:
    """The moment, on the monotonic clock, at which some seconds from now are over."""
    return None if seconds is None else time.monotonic() + seconds


def within(seconds: float | None, ends: float | None) -> float | None:
    """The seconds to wait for one thing: no longer than until `ends`, and never less than 0."""
    if ends is None:
        return seconds
    left = max(ends - time.monotonic(), 0.0)
    return left if seconds is None else min(seconds, left)


@dataclass(frozen=True, slots=True)
class Fault:
    """What an exception of httpx means to a caller: the error class, and the words for it.

    A phase of "" is the phase of the exchange in which the exception came.
    """

    error: type[InvokeError]
    text: str = ""
    phase: str = ""
    tells_reason: bool = False


_HOST_CLIENT: Final = Fault(InvokeError, "the client that was handed in raised {name}")
_DROPPED: Final = Fault(ConnectionFailed, "the connection broke ({name}). Send it again")

HTTPX_ERRORS: Final[dict[type[Exception], Fault]] = {
    httpx.ConnectTimeout: Fault(TimedOut, phase="connect"),
    httpx.PoolTimeout: Fault(TimedOut, phase="connect"),
    httpx.WriteTimeout: Fault(TimedOut),
    httpx.ReadTimeout: Fault(TimedOut),
    httpx.TimeoutException: Fault(TimedOut),
    httpx.ConnectError: Fault(
        ConnectionFailed,
        "no connection. Check the address, the network and the proxy settings",
        tells_reason=True,
    ),
    httpx.ReadError: _DROPPED,
    httpx.WriteError: _DROPPED,
    httpx.CloseError: _DROPPED,
    httpx.NetworkError: _DROPPED,
    httpx.RemoteProtocolError: Fault(
        ConnectionFailed, "the server hung up early, or did not speak HTTP. Send it again"
    ),
    httpx.LocalProtocolError: Fault(
        InvokeError,
        "the request is not valid HTTP. Look for line breaks or blanks around a key or header",
    ),
    httpx.ProtocolError: _DROPPED,
    httpx.ProxyError: Fault(
        ConnectionFailed, "the proxy refused. Check the proxy settings of the environment"
    ),
    httpx.UnsupportedProtocol: Fault(
        HostRefused, "the URL has no scheme that can be called; expected https or http"
    ),
    httpx.InvalidURL: Fault(HostRefused, "the URL cannot be read; expected https://host/path"),
    httpx.DecodingError: Fault(ReplyError, "the body is not encoded as its head says"),
    httpx.TransportError: _DROPPED,
    httpx.RequestError: _DROPPED,
    httpx.TooManyRedirects: _HOST_CLIENT,
    httpx.HTTPStatusError: _HOST_CLIENT,
    httpx.HTTPError: _HOST_CLIENT,
    httpx.CookieConflict: _HOST_CLIENT,
    httpx.StreamConsumed: _HOST_CLIENT,
    httpx.StreamClosed: _HOST_CLIENT,
    httpx.ResponseNotRead: _HOST_CLIENT,
    httpx.RequestNotRead: _HOST_CLIENT,
    httpx.StreamError: _HOST_CLIENT,
}
HTTPX_FAULTS: Final = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)

_TIMEOUT_TEXTS: Final = {
    "connect": "no connection",
    "first_byte": "no reply",
    "between_chunks": "no further bytes",
    "total": "not finished",
}


def timed_out(request: HttpRequest | None, timeouts: Timeouts, phase: str) -> TimedOut:
    """Make the error of a timeout that passed."""
    seconds = getattr(timeouts, phase)
    limit = f" within {seconds:g} s" if seconds is not None else ""
    text = f"{_TIMEOUT_TEXTS[phase]}{limit}. Raise the timeout {phase!r} to wait longer"
    error = TimedOut(text, phase=phase)
    if request is not None:
        error.name_request(request.shown)
    return error


def translate(
    error: Exception, request: HttpRequest, timeouts: Timeouts, phase: str
) -> InvokeError:
    """Turn an exception of httpx into ours. `phase` is what the exchange was at.

    The words are our own: the exception's may quote a header or a URL with a key in it. Only
    the operating system's reason for a missing connection is passed on.
    """
    fault = next(HTTPX_ERRORS[kind] for kind in type(error).__mro__ if kind in HTTPX_ERRORS)
    if fault.error is TimedOut:
        return timed_out(request, timeouts, fault.phase or phase)
    text = fault.text.format(name=type(error).__name__)
    if fault.tells_reason and str(error):
        text = text.replace(".", f" ({error}).", 1)
    made = fault.error(text)
    made.name_request(request.shown)
    return made


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL leads, and what the request says of it. `port` is None for the scheme's own.

    `reach` says which addresses its host may resolve to.
    """

    scheme: str
    host: str
    port: int | None
    authority: bytes
    target: bytes
    reach: Reach

    @property
    def origin(self) -> Origin:
        """What requests must share to share connections."""
        return self.scheme, self.host, self.port, self.reach

    @property
    def connect_port(self) -> int:
        """The port to connect to."""
        return self.port or _PORTS[self.scheme]


def address_of(request: HttpRequest) -> Address:
    """Read the URL of a request. HostRefused when it is none that can, or may, be called."""
    url, reach = request.url, request.reach
    try:
        # A query may hold a key, and is rarely the same twice: such a URL is not remembered.
        return _read_address(url, reach) if "?" in url else _known_address(url, reach)
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise translate(error, request, Timeouts(), "connect") from None


def _read_address(url: str, reach: Reach) -> Address:
    parsed = httpx.URL(url)
    if parsed.scheme not in _PORTS:
        raise httpx.UnsupportedProtocol("")
    if not parsed.raw_host:
        raise httpx.InvalidURL("")
    check_reach(url, reach)
    return Address(
        parsed.scheme,
        parsed.raw_host.decode("ascii"),
        parsed.port,
        parsed.netloc,
        parsed.raw_path,
        reach,
    )


_known_address = lru_cache(maxsize=256)(_read_address)


def encode_request(request: HttpRequest, address: Address) -> bytes:
    """Return the head of a request as it goes out on a connection of our own."""
    headers = [(b"host", address.authority)]
    # The length is counted here and nowhere else: two that differ would split the request in two.
    headers += [pair for pair in _encode_headers(request) if pair[0].lower() not in _OWN_HEADERS]
    if request.body or request.method in ("POST", "PUT", "PATCH"):
        headers.append((b"content-length", b"%d" % len(request.body)))
    return write_head(request.method, address.target, headers)


def build_request(request: HttpRequest, timeout: TimeoutMap) -> httpx.Request:
    """Make the request that httpx sends. The driver changes `timeout` once the head has come."""
    try:
        return httpx.Request(
            request.method,
            request.url,
            headers=_encode_headers(request),
            content=request.body or None,
            extensions={"timeout": timeout},
        )
    except httpx.InvalidURL as error:
        raise translate(error, request, Timeouts(), "connect") from None


def _encode_headers(request: HttpRequest) -> list[tuple[bytes, bytes]]:
    headers = {
        "accept": "*/*",
        "accept-encoding": ACCEPT_ENCODING,
        "user-agent": _USER_AGENT,
        **request.headers,
    }
    encoded = []
    for name, value in headers.items():
        try:
            encoded.append((name.encode("ascii"), value.encode("latin-1")))
        except UnicodeEncodeError:
            error = InvokeError(
                f"the header {name!r} holds a character that headers cannot carry; "
                f"expected latin-1; remove it from the key or the value"
            )
            error.name_request(request.shown)
            raise error from None
    return encoded


def read_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Read the headers of a reply: names lower case, repeated ones joined by a comma."""
    found: dict[str, str] = {}
    count = size = 0
    for raw_name, raw_value in raw:
        count += 1
        size += len(raw_name) + len(raw_value)
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        found[name] = f"{found[name]}, {value}" if name in found else value
    if count > MAX_HEADERS or size > MAX_HEADER_BYTES:
        raise LimitExceeded(
            f"the reply has {count} headers of {size} bytes; "
            f"expected at most {MAX_HEADERS} of {MAX_HEADER_BYTES} bytes"
        )
    return found


def proxy_for(scheme: str, host: str) -> str | None:
    """Return the proxy that the environment names for an origin, or None for a direct way."""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all")
    if not proxy or urllib.request.proxy_bypass(host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


class Pools(Generic[P]):
    """The engine's own connection pools: one per way out, made when first needed.

    The environment's proxies are read once per origin. Certificates are always verified; loading
    them takes long, so the pool for plain http has a TLS context that trusts nobody.
    """

    def __init__(self, make: Callable[..., P]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._trust: ssl.SSLContext | None = None
        self._ways: dict[tuple[str | None, bool], P] = {}
        self._origins: dict[Origin, P] = {}

    def way_to(self, address: Address) -> P:
        """Return the pool that leads to an address."""
        pool = self._origins.get(address.origin)
        if pool is None:
            with self._lock:
                pool = self._origins[address.origin] = self._find_way(address)
        return pool

    def take_all(self) -> list[P]:
        """Hand out every pool for closing. What is asked for later is made anew."""
        with self._lock:
            pools = list(self._ways.values())
            self._ways.clear()
            self._origins.clear()
        return pools

    def _find_way(self, address: Address) -> P:
        proxy = proxy_for(address.scheme, address.host)
        needs_trust = address.scheme == "https" or (proxy or "").startswith("https")
        key = (proxy, needs_trust)
        if key not in self._ways:
            self._ways[key] = self._open_way(proxy, self._verify(needs_trust))
        return self._ways[key]

    def _open_way(self, proxy: str | None, verify: ssl.SSLContext) -> P:
        try:
            tls = verify if (proxy or "").startswith("https") else None
            way = httpx.Proxy(proxy, ssl_context=tls) if proxy else None
            return self._make(verify=verify, proxy=way)
        except (ImportError, ValueError, httpx.InvalidURL) as error:
            host = (proxy or "").rpartition("@")[2]
            raise InvokeError(
                f"the environment's proxy {host!r} cannot be used ({type(error).__name__}); "
                f"expected http://host:port or https://host:port, or socks5://host:port with "
                f"the package socksio installed"
            ) from None

    def _verify(self, needs_trust: bool) -> ssl.SSLContext:
        if not needs_trust:
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._trust is None:
            self._trust = httpx.create_ssl_context()
            self._trust.set_alpn_protocols(["http/1.1"])
        return self._trust
