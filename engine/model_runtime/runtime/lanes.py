"""Connection pools whose cost does not grow with the number of connections.

A pool of httpx looks at all of its connections for each request: with two hundred calls in flight
that is most of the work. Here each connection has a transport of its own, a lane, and the idle
lanes of an origin are a stack: taking one and giving it back costs the same however many there are.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final, Generic, TypeVar

import httpx

P = TypeVar("P")
Origin = tuple[str, str, int | None]

MAX_CONNECTIONS: Final = 1000
MAX_IDLE: Final = 100
IDLE_SECONDS: Final = 30.0
_LANE_LIMITS: Final = httpx.Limits(
    max_connections=1, max_keepalive_connections=1, keepalive_expiry=IDLE_SECONDS
)


class _Idle(Generic[P]):
    """The lanes that nobody uses: the one that was used last is taken first."""

    def __init__(self, make: Callable[[], P]) -> None:
        self._make = make
        # A way out that cannot be made (a proxy without its package) shall fail here, not later.
        self._spare: P | None = make()
        self._lock = threading.Lock()
        self._stacks: dict[Origin, deque[tuple[float, P]]] = {}
        self._next_sweep = time.monotonic() + IDLE_SECONDS

    def take(self, origin: Origin) -> P:
        """Return an idle lane to an origin, or a new one."""
        with self._lock:
            stack = self._stacks.get(origin)
            if stack:
                return stack.pop()[1]
            spare, self._spare = self._spare, None
        return spare or self._make()

    def give(self, origin: Origin, lane: P) -> list[P]:
        """Keep a lane for the next request; returned are the ones to close."""
        now = time.monotonic()
        with self._lock:
            stack = self._stacks.setdefault(origin, deque())
            stack.append((now, lane))
            return self._sweep(now) if now >= self._next_sweep or len(stack) > MAX_IDLE else []

    def empty(self) -> list[P]:
        """Hand out all lanes for closing."""
        with self._lock:
            lanes = [lane for stack in self._stacks.values() for _, lane in stack]
            self._stacks.clear()
        return lanes

    def _sweep(self, now: float) -> list[P]:
        self._next_sweep = now + IDLE_SECONDS
        closing = []
        for origin, stack in list(self._stacks.items()):
            while stack and (len(stack) > MAX_IDLE or stack[0][0] < now - IDLE_SECONDS):
                closing.append(stack.popleft()[1])
            if not stack:
                del self._stacks[origin]
        return closing


class Lanes(httpx.BaseTransport):
    """A sync pool: at most `MAX_CONNECTIONS` requests at a time, the others wait."""

    def __init__(self, *, verify: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        self._idle = _Idle(
            lambda: httpx.HTTPTransport(verify=verify, proxy=proxy, limits=_LANE_LIMITS)
        )
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane that is free; the lane is given back with the body."""
        if not self._free.acquire(timeout=request.extensions["timeout"]["pool"]):
            raise httpx.PoolTimeout("")
        origin = _origin(request)
        try:
            lane = self._idle.take(origin)
            response = lane.handle_request(request)
        except BaseException:
            self._free.release()
            raise
        assert isinstance(response.stream, httpx.SyncByteStream)
        response.stream = _Body(response.stream, lambda: self._give(origin, lane, response))
        return response

    def _give(self, origin: Origin, lane: httpx.HTTPTransport, response: httpx.Response) -> None:
        self._free.release()
        for closing in self._idle.give(origin, lane) if _is_alive(response) else [lane]:
            closing.close()

    def close(self) -> None:
        """Close every idle connection."""
        for lane in self._idle.empty():
            lane.close()


class AsyncLanes(httpx.AsyncBaseTransport):
    """The twin of `Lanes` for one event loop."""

    def __init__(self, *, verify: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        self._idle = _Idle(
            lambda: httpx.AsyncHTTPTransport(verify=verify, proxy=proxy, limits=_LANE_LIMITS)
        )
        self._free = asyncio.BoundedSemaphore(MAX_CONNECTIONS)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over a lane that is free; the lane is given back with the body."""
        await self._enter(request.extensions["timeout"]["pool"])
        origin = _origin(request)
        try:
            lane = self._idle.take(origin)
            response = await lane.handle_async_request(request)
        except BaseException:
            self._free.release()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _AsyncBody(response.stream, lambda: self._give(origin, lane, response))
        return response

    async def _enter(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None

    async def _give(
        self, origin: Origin, lane: httpx.AsyncHTTPTransport, response: httpx.Response
    ) -> None:
        self._free.release()
        for closing in self._idle.give(origin, lane) if _is_alive(response) else [lane]:
            await closing.aclose()

    async def aclose(self) -> None:
        """Close every idle connection."""
        for lane in self._idle.empty():
            await lane.aclose()


class _Body(httpx.SyncByteStream):
    """A body that gives its lane back once, when it is closed."""

    def __init__(self, stream: httpx.SyncByteStream, give: Callable[[], None]) -> None:
        self._stream = stream
        self._give: Callable[[], None] | None = give

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        give, self._give = self._give, None
        if give is not None:
            try:
                self._stream.close()
            finally:
                give()


class _AsyncBody(httpx.AsyncByteStream):
    def __init__(self, stream: httpx.AsyncByteStream, give: Callable[[], Awaitable[None]]) -> None:
        self._stream = stream
        self._give: Callable[[], Awaitable[None]] | None = give

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self._stream)

    async def aclose(self) -> None:
        give, self._give = self._give, None
        if give is not None:
            try:
                await self._stream.aclose()
            finally:
                await give()


def _origin(request: httpx.Request) -> Origin:
    return request.url.scheme, request.url.host, request.url.port


def _is_alive(response: httpx.Response) -> bool:
    # An idle connection has nothing to read; one that is closed here or there tells that it has.
    stream = response.extensions.get("network_stream")
    return stream is None or not stream.get_extra_info("is_readable")
