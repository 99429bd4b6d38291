"""Runs flows: sends, waits and locks in the calling thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
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
    Guard,
    announced,
    begin_body,
    too_long,
    whole,
)
from .decoding import inflated
from .lanes import Lanes
from .replies import SyncIncoming, from_httpx
from .transport import HTTPX_FAULTS, Pools, TimeoutMap, address_of, build_request

T = TypeVar("T")


class SyncDriver:
    """Runs flows in the calling thread; many threads may share one driver.

    A `client` that is handed in sends everything and is never closed here. Without one the
    driver makes its own connections when they are needed, and `close` closes them.
    """

    def __init__(
        self,
        client: httpx.Client | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if client is not None and not isinstance(client, httpx.Client):
            raise TypeError(f"client is a {type(client).__name__}; expected an httpx.Client")
        self._client = client
        self._sleep = sleep
        self.clock = clock
        self._pools = Pools(Lanes)
        self._locks = _Locks()

    def run(self, flow: Flow[T], *, since: float | None = None) -> T:
        """Run a flow to its end and return its result.

        Connections that the flow opened and did not hand out are closed, whatever happens. The
        time that it may take counts from `since`, by the driver's clock; from now without it.
        """
        call = Call(self.clock, self.clock() if since is None else since, [])
        try:
            result = self._run(flow, call)
        except BaseException:
            self._close_all(call.opened)
            raise
        self._close_all(call.opened[:-1])
        return result

    def _run(self, flow: Flow[T], call: Call) -> T:
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
                    answer, fault = self._answer(ask, call), None
                except Exception as error:
                    fault = error
        finally:
            # An exception that keeps the frame which keeps it would wait for the collector.
            fault = None
            flow.close()

    def _answer(self, ask: Ask, call: Call) -> object:
        match ask:
            case Send():
                reply = self._open(ask.request, ask.timeouts, call)
                return self._drain(reply, ask.max_bytes)
            case Open():
                reply = self._open(ask.request, ask.timeouts, call)
                call.opened.append(reply)
                return reply
            case Drain():
                return self._drain(ask.reply, ask.max_bytes)
            case Wait():
                call.check_wait(ask.seconds)
                self._sleep(ask.seconds)
                return None
            case Exclusive():
                with self._locks.hold(ask.key, call):
                    return self._run(ask.flow(), call)
            case Work():
                return ask.function()
            case _:
                assert_never(ask)

    def _open(self, request: HttpRequest, timeouts: Timeouts, call: Call) -> OpenReply:
        timeout = call.begin(request, timeouts)
        try:
            incoming = self._send(request, timeout)
        except HTTPX_FAULTS as error:
            raise call.fault(error, request, "first_byte") from None
        try:
            if call.is_late():
                raise call.overtime(request)
            headers, inflater = begin_body(call, timeout, incoming)
        except BaseException:
            incoming.close()
            raise
        chunks = incoming.chunks
        if inflater is not None:
            chunks = inflated(chunks, inflater)
        connection = Connection(call, request, incoming, chunks, timeout["read"])
        return OpenReply(incoming.status, headers, connection)

    def _send(self, request: HttpRequest, waits: TimeoutMap) -> SyncIncoming:
        if self._client is not None:
            check_reach(request.url, request.reach)
            outgoing = build_request(request, waits)
            response = self._client.send(outgoing, stream=True, follow_redirects=False)
            return from_httpx(response)
        address = address_of(request)
        pool = self._pools.way_to(address)
        return pool.send(request, address, waits)

    def read_chunk(self, reply: OpenReply) -> bytes | None:
        """Return the next bytes of an open reply, or None at its end, when it is closed."""
        connection = _connection(reply)
        if connection.is_closed:
            return None
        try:
            left = connection.may_overrun() if connection.guard is None else None
            if left is not None:
                connection.guard = Guard(connection.incoming, left)
            chunk = next(connection.chunks, None)
            if connection.guard is not None and connection.is_late():
                raise connection.call.overtime(connection.request)
        except HTTPX_FAULTS as error:
            self.close_reply(reply)
            raise connection.fault(error) from None
        except BaseException:
            self.close_reply(reply)
            raise
        if chunk is None:
            self.close_reply(reply)
        return chunk

    def iter_chunks(self, reply: OpenReply, max_bytes: int = STREAM_MAX_BYTES) -> Iterator[bytes]:
        """Yield the body of an open reply as it arrives, decoded. Closes the reply at the end."""
        size = 0
        try:
            while (chunk := self.read_chunk(reply)) is not None:
                size += len(chunk)
                if size > max_bytes:
                    raise too_long(max_bytes)
                yield chunk
        finally:
            self.close_reply(reply)

    def _drain(self, reply: OpenReply, max_bytes: int) -> HttpReply:
        try:
            announced(reply, max_bytes)
            return whole(reply, list(self.iter_chunks(reply, max_bytes)))
        finally:
            self.close_reply(reply)

    def settle(self, reply: OpenReply) -> None:
        """Close a reply whose stream has said its last word.

        What little may follow is read if it comes at once, since only a body read to its end
        leaves a connection that can be used again.
        """
        connection = _connection(reply)
        guard = nullcontext() if connection.is_closed else _brief_guard(connection)
        with guard:
            try:
                for _ in range(TAIL_CHUNKS):
                    if self.read_chunk(reply) is None:
                        return
            except Exception:
                # The stream is complete: what goes wrong behind its end concerns nobody.
                return
            finally:
                self.close_reply(reply)

    def close_reply(self, reply: OpenReply) -> None:
        """Close an open reply; its connection is kept only when the body was read to its end."""
        connection = _connection(reply)
        if connection.is_closed:
            return
        connection.is_closed = True
        if connection.guard is not None:
            connection.guard.cancel()
        connection.incoming.close()

    def _close_all(self, replies: list[OpenReply]) -> None:
        for reply in replies:
            self.close_reply(reply)

    def close(self) -> None:
        """Close the connections that the driver made."""
        for pool in self._pools.take_all():
            pool.close()


def _connection(reply: OpenReply) -> Connection[Iterator[bytes], None]:
    assert isinstance(reply.connection, Connection)
    return reply.connection


@contextmanager
def _brief_guard(connection: Connection[Iterator[bytes], None]) -> Iterator[None]:
    guard = Guard(connection.incoming, TAIL_SECONDS)
    try:
        yield
    finally:
        guard.cancel()


class _Locks:
    """One lock per key, kept while somebody holds it or waits for it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[object, threading.Lock] = {}
        self._users: dict[object, int] = {}

    @contextmanager
    def hold(self, key: object, call: Call) -> Iterator[None]:
        with self._guard:
            lock = self._locks.setdefault(key, threading.Lock())
            self._users[key] = self._users.get(key, 0) + 1
        try:
            left = call.left()
            if not lock.acquire(timeout=-1 if left is None else max(left, 0)):
                raise call.overtime()
            try:
                yield
            finally:
                lock.release()
        finally:
            self._leave(key)

    def _leave(self, key: object) -> None:
        with self._guard:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]
