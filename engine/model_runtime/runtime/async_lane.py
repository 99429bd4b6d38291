"""One connection to one origin under asyncio: the twin of `sync_lane`."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from collections.abc import AsyncIterator
from typing import Final

import httpx

from model_runtime.exchange import HttpRequest

from .dialling import async_dial
from .http1 import ReplyReader
from .replies import AsyncIncoming, Incoming, from_async_httpx, is_idle
from .sync_lane import BODY_READ, BROKEN, LANE_LIMITS, STREAM_READ
from .transport import Address, TimeoutMap, build_request, encode_request, end_of, within

# So much may wait unread before the server is made to wait.
_MAX_UNREAD: Final = 256 * 1024


class AsyncLane:
    """A connection of our own. One request at a time; `release` ends it."""

    __slots__ = ("_pipe", "_reader", "_tls")

    def __init__(self, tls: ssl.SSLContext) -> None:
        self._tls = tls
        self._pipe: _Pipe | None = None
        self._reader = ReplyReader("")

    async def release(self) -> bool:
        """Let go of a reply; whether the connection can take another request."""
        return self._reader.is_reusable

    async def open(
        self, request: HttpRequest, address: Address, waits: TimeoutMap
    ) -> AsyncIncoming:
        """Send a request and read the head of its reply.

        A kept connection that turns out to be closed, before anything of a reply has come, is
        replaced at once.
        """
        head = encode_request(request, address)
        if self._pipe is not None and self._pipe.is_quiet:
            try:
                return await self._exchange(self._pipe, request, head, waits)
            except BROKEN:
                if self._reader.has_begun:
                    raise
        await self.close()
        self._pipe = await _connect(address, self._tls, waits["connect"])
        return await self._exchange(self._pipe, request, head, waits)

    def drop(self) -> None:
        """Close the connection without waiting for anything; the lane can be used again."""
        found, self._pipe = self._pipe, None
        if found is not None:
            found.transport.abort()

    async def close(self) -> None:
        """Close the connection."""
        if self._pipe is not None:
            self.drop()
            # The loop closes the socket in its next round.
            await asyncio.sleep(0)

    async def _exchange(
        self, pipe: _Pipe, request: HttpRequest, head: bytes, waits: TimeoutMap
    ) -> AsyncIncoming:
        reader = self._reader = ReplyReader(request.method)
        ends = waits["ends"]
        await pipe.send(head, request.body, waits["write"])
        # A head that comes byte by byte has no more time than one that comes at once.
        head_ends = end_of(within(waits["read"], ends))
        while not reader.feed_head(await pipe.read(within(None, head_ends))):
            pass
        return Incoming(
            reader.status,
            reader.headers,
            _chunks(pipe, reader, waits, ends),
            self.close,
            lambda: None,
        )


class AsyncProxyLane:
    """A connection of httpx through a proxy."""

    __slots__ = ("_response", "_transport")

    def __init__(self, tls: ssl.SSLContext, proxy: httpx.Proxy) -> None:
        self._transport = httpx.AsyncHTTPTransport(verify=tls, proxy=proxy, limits=LANE_LIMITS)
        self._response: httpx.Response | None = None

    async def release(self) -> bool:
        """Let go of a reply; whether the connection can take another request."""
        if self._response is None:
            return False
        await self._response.aclose()
        return is_idle(self._response)

    async def open(
        self, request: HttpRequest, address: Address, waits: TimeoutMap
    ) -> AsyncIncoming:
        """Send a request and read the head of its reply."""
        outgoing = build_request(request, waits)
        response = self._response = await self._transport.handle_async_request(outgoing)
        return from_async_httpx(response)

    def drop(self) -> None:
        """Nothing: httpx closes what a broken exchange left, and what has idled for long."""

    async def close(self) -> None:
        """Close the connection."""
        await self._transport.aclose()


class _Pipe(asyncio.Protocol):
    """The bytes of one connection, as they come and go."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._unread: deque[bytes] = deque()
        self._size = 0
        self._at = 0
        self._is_paused = False
        self._is_full = False
        self._is_over = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing has come on an idle connection: neither its end nor stray bytes."""
        return not (self._is_over or self._unread or self.transport.is_closing())

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread.append(data)
        self._size += len(data)
        if self._size > _MAX_UNREAD and not self._is_paused:
            self._is_paused = True
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._is_over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self._is_over = True
        self._error = exc
        self._wake()

    def pause_writing(self) -> None:
        self._is_full = True

    def resume_writing(self) -> None:
        self._is_full = False
        self._wake()

    async def send(self, head: bytes, body: bytes, seconds: float | None) -> None:
        """Send a request. A connection that breaks is told by the next `read`."""
        self.transport.write(head + body[:BODY_READ])
        for start in range(BODY_READ, len(body), BODY_READ):
            await self._drain(seconds)
            if self._is_over:
                return
            self.transport.write(body[start : start + BODY_READ])
        await self._drain(seconds)

    async def read(self, seconds: float | None) -> bytes:
        """Return what has come, or wait for it; nothing at the end of the connection."""
        if not self._unread and not self._is_over:
            try:
                async with asyncio.timeout(seconds):
                    while not self._unread and not self._is_over:
                        await self._wait()
            except TimeoutError:
                raise httpx.ReadTimeout("") from None
        if self._unread:
            return self._take()
        if self._error is not None:
            raise httpx.ReadError(str(self._error))
        return b""

    def _take(self) -> bytes:
        """Return the next bytes; of many that came at once only some."""
        piece = self._unread[0]
        if not self._at and len(piece) <= STREAM_READ:
            data = self._unread.popleft()
        else:
            data = piece[self._at : self._at + STREAM_READ]
            self._at += len(data)
            if self._at == len(piece):
                self._unread.popleft()
                self._at = 0
        self._size -= len(data)
        if self._is_paused and self._size < _MAX_UNREAD // 2:
            self._is_paused = False
            self.transport.resume_reading()
        return data

    async def _drain(self, seconds: float | None) -> None:
        if not self._is_full:
            return
        try:
            async with asyncio.timeout(seconds):
                while self._is_full and not self._is_over:
                    await self._wait()
        except TimeoutError:
            raise httpx.WriteTimeout("") from None

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def _connect(address: Address, tls: ssl.SSLContext, seconds: float | None) -> _Pipe:
    try:
        async with asyncio.timeout(seconds):
            return await _piped(await async_dial(address), address, tls)
    except TimeoutError:
        raise httpx.ConnectTimeout("") from None
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(str(error)) from None


async def _piped(plain: socket.socket, address: Address, tls: ssl.SSLContext) -> _Pipe:
    """Hand a socket to the event loop, with TLS for the host's name where the scheme asks."""
    is_secure = address.scheme == "https"
    try:
        _, pipe = await asyncio.get_running_loop().create_connection(
            _Pipe,
            sock=plain,
            ssl=tls if is_secure else None,
            server_hostname=address.host if is_secure else None,
        )
    except BaseException:
        plain.close()
        raise
    return pipe


async def _chunks(
    pipe: _Pipe, reader: ReplyReader, waits: TimeoutMap, ends: float | None
) -> AsyncIterator[bytes]:
    body, data = reader.body, reader.rest
    while True:
        if data and (piece := body.feed(data)):
            yield piece
        if body.is_done:
            return
        data = await pipe.read(within(waits["read"], ends))
        if not data:
            body.finish()
