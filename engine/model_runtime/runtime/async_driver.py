"""Runs flows under asyncio: the twin of the sync driver."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar, assert_never

import httpx

from model_runtime.exchange import (
    Ask,
    Drain,
    Exclusive,
    Flow,
    HttpReply,
    HttpRequest,
    Open,
    OpenReply,
    Send,
    Timeouts,
    Wait,
    Work,
)
from model_runtime.network import check_reach

from .connection import (
    STREAM_MAX_BYTES,
    TAIL_CHUNKS,
    TAIL_SECONDS,
    Call,
    Connection,
    announced,
    begin_body,
    too_long,
    whole,
)
from .decoding import async_inflated
from .lanes import AsyncLanes
from .replies import AsyncIncoming, from_async_httpx
from .transport import HTTPX_FAULTS, Pools, TimeoutMap, address_of, build_request

T = TypeVar("T")


class AsyncDriver:
    """Runs flows under asyncio; many tasks may share one driver, and each loop has its own pools.

    A `client` that is handed in sends everything and is never closed here. Without one the
    driver makes its own connections when they are needed, and `close` closes those of the
    running loop. A cancelled task closes its connections at once.
    """

    def __init__(
        self,
        client: httpx.AsyncClient | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if client is not None and not isinstance(client, httpx.AsyncClient):
            raise TypeError(f"client is a {type(client).__name__}; expected an httpx.AsyncClient")
        self._client = client
        self._sleep = sleep
        self.clock = clock
        self._loops: dict[asyncio.AbstractEventLoop, _Loop] = {}

    async def run(self, flow: Flow[T], *, since: float | None = None) -> T:
        """Run a flow to its end and return its result.

        Connections that the flow opened and did not hand out are closed, whatever happens. The
        time that it may take counts from `since`, by the driver's clock; from now without it.
        """
        call = Call(self.clock, self.clock() if since is None else since, [])
        try:
            result = await self._run(flow, call)
        except BaseException:
            await self._close_all(call.opened)
            raise
        await self._close_all(call.opened[:-1])
        return result

    async def _run(self, flow: Flow[T], call: Call) -> T:
        answer: object = None
        fault: Exception | None = None
        try:
            while True:
                try:
                    ask = flow.send(answer) if fault is None else flow.throw(fault)
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                try:
                    answer, fault = await self._answer(ask, call), None
                except Exception as error:
                    fault = error
        finally:
            # An exception that keeps the frame which keeps it would wait for the collector.
            fault = None
            flow.close()

    async def _answer(self, ask: Ask, call: Call) -> object:
        match ask:
            case Send():
                reply = await self._open(ask.request, ask.timeouts, call)
                return await self._drain(reply, ask.max_bytes)
            case Open():
                reply = await self._open(ask.request, ask.timeouts, call)
                call.opened.append(reply)
                return reply
            case Drain():
                return await self._drain(ask.reply, ask.max_bytes)
            case Wait():
                call.check_wait(ask.seconds)
                await self._sleep(ask.seconds)
                return None
            case Exclusive():
                async with self._loop().hold(ask.key, call):
                    return await self._run(ask.flow(), call)
            case Work():
                return await asyncio.to_thread(ask.function)
            case _:
                assert_never(ask)

    async def _open(self, request: HttpRequest, timeouts: Timeouts, call: Call) -> OpenReply:
        timeout = call.begin(request, timeouts)
        try:
            async with asyncio.timeout(call.left()):
                incoming = await self._send(request, timeout)
        except TimeoutError:
            raise call.overtime(request) from None
        except HTTPX_FAULTS as error:
            raise call.fault(error, request, "first_byte") from None
        try:
            headers, inflater = begin_body(call, timeout, incoming)
        except BaseException:
            await incoming.close()
            raise
        chunks = incoming.chunks
        if inflater is not None:
            chunks = async_inflated(chunks, inflater)
        connection = Connection(call, request, incoming, chunks, timeout["read"])
        return OpenReply(incoming.status, headers, connection)

    async def _send(self, request: HttpRequest, waits: TimeoutMap) -> AsyncIncoming:
        if self._client is not None:
            check_reach(request.url, request.reach)
            outgoing = build_request(request, waits)
            response = await self._client.send(outgoing, stream=True, follow_redirects=False)
            return from_async_httpx(response)
        address = address_of(request)
        pool = self._loop().pools.way_to(address)
        return await pool.send(request, address, waits)

    async def read_chunk(self, reply: OpenReply) -> bytes | None:
        """Return the next bytes of an open reply, or None at its end, when it is closed."""
        connection = _connection(reply)
        if connection.is_closed:
            return None
        try:
            left = connection.may_overrun()
            if left is None:
                chunk = await anext(connection.chunks, None)
            else:
                async with asyncio.timeout(left):
                    chunk = await anext(connection.chunks, None)
        except TimeoutError:
            await self.close_reply(reply)
            raise connection.call.overtime(connection.request) from None
        except HTTPX_FAULTS as error:
            await self.close_reply(reply)
            raise connection.fault(error) from None
        except BaseException:
            await self.close_reply(reply)
            raise
        if chunk is None:
            await self.close_reply(reply)
        return chunk

    async def iter_chunks(
        self, reply: OpenReply, max_bytes: int = STREAM_MAX_BYTES
    ) -> AsyncIterator[bytes]:
        """Yield the body of an open reply as it arrives, decoded. Closes the reply at the end."""
        size = 0
        try:
            while (chunk := await self.read_chunk(reply)) is not None:
                size += len(chunk)
                if size > max_bytes:
                    raise too_long(max_bytes)
                yield chunk
        finally:
            await self.close_reply(reply)

    async def _drain(self, reply: OpenReply, max_bytes: int) -> HttpReply:
        try:
            announced(reply, max_bytes)
            return whole(reply, [chunk async for chunk in self.iter_chunks(reply, max_bytes)])
        finally:
            await self.close_reply(reply)

    async def settle(self, reply: OpenReply) -> None:
        """Close a reply whose stream has said its last word.

        What little may follow is read if it comes at once, since only a body read to its end
        leaves a connection that can be used again.
        """
        try:
            async with asyncio.timeout(TAIL_SECONDS):
                for _ in range(TAIL_CHUNKS):
                    if await self.read_chunk(reply) is None:
                        return
        except Exception:
            # The stream is complete: what goes wrong behind its end concerns nobody.
            return
        finally:
            await self.close_reply(reply)

    async def close_reply(self, reply: OpenReply) -> None:
        """Close an open reply; its connection is kept only when the body was read to its end."""
        connection = _connection(reply)
        if connection.is_closed:
            return
        connection.is_closed = True
        await connection.incoming.close()
        if isinstance(connection.chunks, AsyncGenerator):
            # Another task may be reading; the closed connection has just ended its wait.
            with suppress(RuntimeError, *HTTPX_FAULTS):
                await connection.chunks.aclose()

    async def _close_all(self, replies: list[OpenReply]) -> None:
        for reply in replies:
            await self.close_reply(reply)

    async def close(self) -> None:
        """Close the connections that the driver made in the running loop."""
        for pool in self._loop().pools.take_all():
            await pool.close()

    def _loop(self) -> _Loop:
        running = asyncio.get_running_loop()
        found = self._loops.get(running)
        if found is None:
            for loop in [loop for loop in self._loops if loop.is_closed()]:
                del self._loops[loop]
            found = self._loops[running] = _Loop()
        return found


def _connection(reply: OpenReply) -> Connection[AsyncIterator[bytes], Awaitable[None]]:
    assert isinstance(reply.connection, Connection)
    return reply.connection


class _Loop:
    """What belongs to one event loop: connection pools, and a lock per key that is in use."""

    def __init__(self) -> None:
        self.pools = Pools(AsyncLanes)
        self._locks: dict[object, asyncio.Lock] = {}
        self._users: dict[object, int] = {}

    @asynccontextmanager
    async def hold(self, key: object, call: Call) -> AsyncIterator[None]:
        lock = self._locks.setdefault(key, asyncio.Lock())
        self._users[key] = self._users.get(key, 0) + 1
        try:
            await self._acquire(lock, call)
            try:
                yield
            finally:
                lock.release()
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]

    async def _acquire(self, lock: asyncio.Lock, call: Call) -> None:
        try:
            async with asyncio.timeout(call.left()):
                await lock.acquire()
        except TimeoutError:
            raise call.overtime() from None
