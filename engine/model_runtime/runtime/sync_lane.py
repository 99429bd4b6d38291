"""One connection to one origin, for blocking calls: plain sockets, or httpx through a proxy."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx

from model_runtime.exchange import HttpRequest

from .dialling import dial
from .http1 import ReplyReader, SizedBody
from .replies import Incoming, SyncIncoming, from_httpx, is_idle
from .transport import Address, TimeoutMap, build_request, encode_request, end_of, within

# One read of a stream: events that arrive together are handled together, yet the first of them is
# handed out before many others are looked at.
STREAM_READ: Final = 16 * 1024
BODY_READ: Final = 64 * 1024
LANE_LIMITS: Final = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=30
)
BROKEN: Final = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class SyncLane:
    """A connection of our own. One request at a time; `release` ends it."""

    __slots__ = ("_reader", "_socket", "_tls")

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._socket: socket.socket | None = None
        self._reader = ReplyReader("")

    def release(self) -> bool:
        """Let go of a reply; whether the connection can take another request."""
        return self._reader.is_reusable

    def open(self, request: HttpRequest, address: Address, waits: TimeoutMap) -> SyncIncoming:
        """Send a request and read the head of its reply.

        A kept connection that turns out to be closed, before anything of a reply has come, is
        replaced at once.
        """
        head = encode_request(request, address)
        if self._socket is not None and _is_quiet(self._socket):
            try:
                return self._exchange(self._socket, request, head, waits)
            except BROKEN:
                if self._reader.has_begun:
                    raise
        self.close()
        self._socket = self._connect(address, waits["connect"])
        return self._exchange(self._socket, request, head, waits)

    def drop(self) -> None:
        """Close the connection; the lane can be used again."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        found, self._socket = self._socket, None
        if found is not None:
            found.close()

    def _exchange(
        self, connection: socket.socket, request: HttpRequest, head: bytes, waits: TimeoutMap
    ) -> SyncIncoming:
        reader = self._reader = ReplyReader(request.method)
        ends = waits["ends"]
        refused = _send_all(connection, head, request.body, waits["write"], ends)
        # A head that comes byte by byte has no more time than one that comes at once.
        head_ends = end_of(within(waits["read"], ends))
        try:
            while not reader.feed_head(_receive(connection, STREAM_READ, None, head_ends)):
                pass
        except BROKEN as error:
            raise refused or error from None
        return Incoming(
            reader.status,
            reader.headers,
            _chunks(connection, reader, waits, ends),
            self.close,
            lambda: connection,
        )

    def _connect(self, address: Address, seconds: float | None) -> socket.socket:
        try:
            plain = dial(address, seconds)
            try:
                plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if address.scheme != "https":
                    return plain
                return self._tls.wrap_socket(plain, server_hostname=address.host)
            except BaseException:
                plain.close()
                raise
        except TimeoutError:
            raise httpx.ConnectTimeout("") from None
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(str(error)) from None


class SyncProxyLane:
    """A connection of httpx through a proxy."""

    __slots__ = ("_response", "_transport")

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy) -> None:
        self._transport = httpx.HTTPTransport(verify=tls, proxy=proxy, limits=LANE_LIMITS)
        self._response: httpx.Response | None = None

    def release(self) -> bool:
        """Let go of a reply; whether the connection can take another request."""
        if self._response is None:
            return False
        self._response.close()
        return is_idle(self._response)

    def open(self, request: HttpRequest, address: Address, waits: TimeoutMap) -> SyncIncoming:
        """Send a request and read the head of its reply."""
        response = self._response = self._transport.handle_request(build_request(request, waits))
        return from_httpx(response)

    def drop(self) -> None:
        """Nothing: httpx counts itself how long its connection idles."""

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()


def _send_all(
    connection: socket.socket,
    head: bytes,
    body: bytes,
    seconds: float | None,
    ends: float | None,
) -> httpx.WriteError | None:
    """Send a request; a broken connection is returned, for the server may have said why."""
    try:
        # One packet for what is short. Each piece of what is long has the whole time.
        rest = memoryview(head + body if len(body) < BODY_READ else head)
        for part in (rest, memoryview(body)[len(rest) - len(head) :]):
            while part:
                _wait_for(connection, seconds, ends)
                part = part[connection.send(part) :]
    except TimeoutError:
        raise httpx.WriteTimeout("") from None
    except OSError as error:
        return httpx.WriteError(str(error))
    return None


def _receive(
    connection: socket.socket, size: int, seconds: float | None, ends: float | None
) -> bytes:
    try:
        _wait_for(connection, seconds, ends)
        return connection.recv(size)
    except TimeoutError:
        raise httpx.ReadTimeout("") from None
    except OSError as error:
        raise httpx.ReadError(str(error)) from None


def _wait_for(connection: socket.socket, seconds: float | None, ends: float | None) -> None:
    """Set how long the next operation may take: some seconds, and not past the call's end."""
    left = within(seconds, ends)
    if left == 0:
        # A socket takes 0 for "do not wait", and then tells something else.
        raise TimeoutError
    connection.settimeout(left)


def _chunks(
    connection: socket.socket, reader: ReplyReader, waits: TimeoutMap, ends: float | None
) -> Iterator[bytes]:
    body, data = reader.body, reader.rest
    size = BODY_READ if isinstance(body, SizedBody) else STREAM_READ
    while True:
        if data and (piece := body.feed(data)):
            yield piece
        if body.is_done:
            return
        data = _receive(connection, size, waits["read"], ends)
        if not data:
            body.finish()


def _is_quiet(connection: socket.socket) -> bool:
    """Whether nothing has come on an idle connection: neither its end nor stray bytes."""
    connection.settimeout(0)
    try:
        # The plain socket's method: what lies encrypted in it is not to be read here.
        socket.socket.recv(connection, 1, socket.MSG_PEEK)
    except BlockingIOError:
        return not (isinstance(connection, ssl.SSLSocket) and connection.pending())
    except OSError:
        return False
    return False
