"""Connection pools whose cost does not grow with the number of connections.

A pool of httpx looks at all of its connections for each request: with two hundred calls in flight
that is most of the work. Here each connection is a lane, and the idle
lanes of an origin are a stack: taking one and giving it back costs the same however many there are.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

import httpx

from model_runtime.exchange import HttpRequest

from .async_lane import AsyncLane, AsyncProxyLane
from .replies import AsyncIncoming, SyncIncoming
from .sync_lane import SyncLane, SyncProxyLane
from .transport import Address, Origin, TimeoutMap


class _Lane(Protocol):
    def drop(self) -> None: ...


P = TypeVar("P", bound=_Lane)

MAX_CONNECTIONS: Final = 1000
MAX_IDLE: Final = 100
IDLE_SECONDS: Final = 30.0


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
                since, lane = stack.pop()
            else:
                since, lane = None, self._spare or self._make()
                self._spare = None
        if since is not None and since < time.monotonic() - IDLE_SECONDS:
            # What has idled for long may lead nowhere any more without telling.
            lane.drop()
        return lane

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


class Lanes:
    """A sync pool: at most `MAX_CONNECTIONS` requests at a time, the others wait."""

    def __init__(self, *, verify: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        self._idle: _Idle[SyncLane | SyncProxyLane] = _Idle(
            lambda: SyncLane(verify) if proxy is None else SyncProxyLane(verify, proxy)
        )
        self._free = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def send(self, request: HttpRequest, address: Address, waits: TimeoutMap) -> SyncIncoming:
        """Send a request over a lane that is free; closing the reply gives the lane back."""
        if not self._free.acquire(timeout=waits["pool"]):
            raise httpx.PoolTimeout("")
        lane = None
        try:
            lane = self._idle.take(address.origin)
            incoming = lane.open(request, address, waits)
        except BaseException:
            self._free.release()
            if lane is not None:
                lane.close()
            raise
        incoming.close = partial(self._give, address.origin, lane)
        return incoming

    def _give(self, origin: Origin, lane: SyncLane | SyncProxyLane) -> None:
        try:
            is_reusable = lane.release()
        finally:
            self._free.release()
        for closing in self._idle.give(origin, lane) if is_reusable else [lane]:
            closing.close()

    def close(self) -> None:
        """Close every idle connection."""
        for lane in self._idle.empty():
            lane.close()


class AsyncLanes:
    """The twin of `Lanes` for one event loop."""

    def __init__(self, *, verify: ssl.SSLContext, proxy: httpx.Proxy | None = None) -> None:
        self._idle: _Idle[AsyncLane | AsyncProxyLane] = _Idle(
            lambda: AsyncLane(verify) if proxy is None else AsyncProxyLane(verify, proxy)
        )
        self._free = asyncio.BoundedSemaphore(MAX_CONNECTIONS)

    async def send(
        self, request: HttpRequest, address: Address, waits: TimeoutMap
    ) -> AsyncIncoming:
        """Send a request over a lane that is free; closing the reply gives the lane back."""
        await self._enter(waits["pool"])
        lane = None
        try:
            lane = self._idle.take(address.origin)
            incoming = await lane.open(request, address, waits)
        except BaseException:
            self._free.release()
            if lane is not None:
                lane.drop()
            raise
        incoming.close = partial(self._give, address.origin, lane)
        return incoming

    async def _enter(self, seconds: float | None) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._free.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout("") from None

    async def _give(self, origin: Origin, lane: AsyncLane | AsyncProxyLane) -> None:
        try:
            is_reusable = await lane.release()
        finally:
            self._free.release()
        for closing in self._idle.give(origin, lane) if is_reusable else [lane]:
            await closing.close()

    async def close(self) -> None:
        """Close every idle connection."""
        for lane in self._idle.empty():
            await lane.close()
