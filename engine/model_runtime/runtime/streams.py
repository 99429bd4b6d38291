"""Streams as a caller sees them: iterate over events, close, ask for the result."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from types import TracebackType
from typing import Generic, NoReturn, Protocol, Self, TypeVar

from model_runtime.errors import ConnectionFailed, InvokeError, StreamInterrupted
from model_runtime.exchange import Flow, HttpRequest, OpenReply

from .async_driver import AsyncDriver
from .connection import STREAM_MAX_BYTES, too_long
from .sync_driver import SyncDriver

E = TypeVar("E")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class Reader(Protocol[E, R_co]):
    """What turns the bytes of a stream into events and, at last, into a result.

    `feed` takes bytes cut anywhere. `finish` is called once, after `ended` has turned true (the
    stream's own end mark came, or a fault after events) or after the last byte; it raises that
    fault, or StreamInterrupted when the end was missing. `result` is asked for after that,
    `partial` at any time.
    """

    @property
    def ended(self) -> bool: ...

    def feed(self, chunk: bytes) -> list[E]: ...

    def finish(self) -> list[E]: ...

    def result(self) -> R_co: ...

    def partial(self) -> object: ...


OpenFlow = Callable[[], Flow[tuple[OpenReply, Reader[E, R]]]]


class _Reading(Generic[E, R]):
    """The state of a stream that does not depend on how bytes are waited for."""

    def __init__(
        self,
        open_flow: OpenFlow[E, R],
        more: Iterable[OpenFlow[E, R]],
        on_error: Callable[[InvokeError], None] | None,
    ) -> None:
        self._open_flow = open_flow
        self._more = iter(more)
        self._on_error = on_error
        self._reply: OpenReply | None = None
        self._request: HttpRequest | None = None
        self._started: float | None = None
        self._reader: Reader[E, R] | None = None
        self._ready: Iterator[E] = iter(())
        self._has_bytes = False
        self._size = 0
        self._is_over = False
        self._is_complete = False
        self._error: InvokeError | None = None

    def _since(self, driver: SyncDriver | AsyncDriver) -> float:
        """When the call began: what follows the first reply has the time that is left."""
        if self._started is None:
            self._started = driver.clock()
        return self._started

    def _opened(self, opened: tuple[OpenReply, Reader[E, R]]) -> tuple[OpenReply, Reader[E, R]]:
        """Note the reply that has come, and the request that it answers."""
        self._reply, self._reader = opened
        self._request = opened[0].request
        return opened

    def _take(self, reader: Reader[E, R], chunk: bytes | None) -> list[E]:
        """Give the reader what came, None for the end of the body, and return its events."""
        if chunk is None:
            return self._finish(reader)
        self._has_bytes = True
        self._size += len(chunk)
        if self._size > STREAM_MAX_BYTES:
            raise too_long(STREAM_MAX_BYTES)
        events = reader.feed(chunk)
        # What came is handed on before `finish` may raise; the next step calls it.
        return self._finish(reader) if reader.ended and not events else events

    def _finish(self, reader: Reader[E, R]) -> list[E]:
        self._is_over = True
        events = reader.finish()
        self._is_complete = True
        return events

    def _goes_on(self) -> bool:
        """Whether another reply follows the one that has just been read to its end."""
        following = next(self._more, None) if self._is_complete else None
        if following is None:
            return False
        self._open_flow = following
        self._is_over = self._is_complete = False
        return True

    def _fail(self, error: BaseException) -> BaseException:
        """Note that the stream broke, and return the error that the caller gets."""
        self._is_over = True
        if not isinstance(error, InvokeError):
            return error
        if isinstance(error, ConnectionFailed) and self._has_bytes:
            error = self._interrupted(f"{error.message}: the stream broke before its end")
        if error.partial is None and self._has_bytes and self._reader is not None:
            error.partial = self._reader.partial()
        if self._request is not None:
            error.name_request(self._request.shown)
        self._error = error
        if self._on_error is not None:
            self._on_error(error)
        return error

    def _interrupted(self, message: str) -> StreamInterrupted:
        partial = self._reader.partial() if self._reader is not None else None
        return StreamInterrupted(message, partial=partial)

    def _answer(self) -> R:
        """Return the result of a stream that is over, or raise what ended it."""
        if self._error is not None:
            raise self._error
        if self._reader is None or not self._is_complete:
            raise self._interrupted(
                "the stream was closed before its end, so there is no result; "
                "expected it to be read to its end; iterate on before you close it"
            )
        return self._reader.result()


class Stream(_Reading[E, R]):
    """An iterator over the events of one call, and a context manager that closes it.

    The request is sent by `with`, or by the first step of the iteration. Leaving the block, or
    `close`, ends the connection at once; a stream that is neither closed nor read to its end
    keeps it. One thread at a time may read. `more` opens further replies, each once the one before
    was read to its end; the last reader gives the result of all.
    """

    def __init__(
        self,
        driver: SyncDriver,
        open_flow: OpenFlow[E, R],
        *,
        more: Iterable[OpenFlow[E, R]] = (),
        on_error: Callable[[InvokeError], None] | None = None,
    ) -> None:
        super().__init__(open_flow, more, on_error)
        self._driver = driver

    def __enter__(self) -> Self:
        if not self._is_over:
            try:
                self._open()
            except BaseException as error:
                self._raise(error)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __iter__(self) -> Iterator[E]:
        while True:
            # What a broken-off loop left over is still in the iterator, for the next loop.
            yield from self._ready
            if not self._advance():
                return

    def __next__(self) -> E:
        while True:
            for event in self._ready:
                return event
            if not self._advance():
                raise StopIteration

    def result(self) -> R:
        """Return what a plain call would have returned, after reading what is left."""
        while self._advance():
            pass
        self._ready = iter(())
        return self._answer()

    def close(self) -> None:
        """End the stream. Closing twice is fine."""
        self._is_over = True
        self._ready = iter(())
        self._release()

    def _advance(self) -> bool:
        """Read until there are events; False at the end of the stream."""
        while not self._is_over:
            try:
                reply, reader = self._open()
                chunk = None if reader.ended else self._driver.read_chunk(reply)
                events = self._take(reader, chunk)
            except BaseException as error:
                self._raise(error)
            if self._is_over:
                self._release()
                self._goes_on()
            if events:
                self._ready = iter(events)
                return True
        self._release()
        if self._error is not None:
            raise self._error
        return False

    def _open(self) -> tuple[OpenReply, Reader[E, R]]:
        if self._reply is None or self._reader is None:
            return self._opened(
                self._driver.run(self._open_flow(), since=self._since(self._driver))
            )
        return self._reply, self._reader

    def _release(self) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            (self._driver.settle if self._is_complete else self._driver.close_reply)(reply)

    def _raise(self, error: BaseException) -> NoReturn:
        self._release()
        fault = self._fail(error)
        if fault is error:
            raise error
        raise fault from None


class AsyncStream(_Reading[E, R]):
    """The twin of `Stream` for `async with` and `async for`; `result` is plain.

    A task that is cancelled while it waits for events closes the connection at once.
    """

    def __init__(
        self,
        driver: AsyncDriver,
        open_flow: OpenFlow[E, R],
        *,
        more: Iterable[OpenFlow[E, R]] = (),
        on_error: Callable[[InvokeError], None] | None = None,
    ) -> None:
        super().__init__(open_flow, more, on_error)
        self._driver = driver

    async def __aenter__(self) -> Self:
        if not self._is_over:
            try:
                await self._open()
            except BaseException as error:
                await self._raise(error)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[E]:
        return self

    async def __anext__(self) -> E:
        while True:
            for event in self._ready:
                return event
            if not await self._advance():
                raise StopAsyncIteration

    def result(self) -> R:
        """Return what a plain call would have returned. The stream must have been read."""
        if not self._is_over:
            raise InvokeError(
                "the stream is not read to its end yet, so there is no result; "
                "expected `async for` to have run out; iterate on, then ask again"
            )
        return self._answer()

    async def close(self) -> None:
        """End the stream. Closing twice is fine."""
        self._is_over = True
        self._ready = iter(())
        await self._release()

    async def _advance(self) -> bool:
        """Read until there are events; False at the end of the stream."""
        while not self._is_over:
            try:
                reply, reader = await self._open()
                chunk = None if reader.ended else await self._driver.read_chunk(reply)
                events = self._take(reader, chunk)
            except BaseException as error:
                await self._raise(error)
            if self._is_over:
                await self._release()
                self._goes_on()
            if events:
                self._ready = iter(events)
                return True
        await self._release()
        if self._error is not None:
            raise self._error
        return False

    async def _open(self) -> tuple[OpenReply, Reader[E, R]]:
        if self._reply is None or self._reader is None:
            return self._opened(
                await self._driver.run(self._open_flow(), since=self._since(self._driver))
            )
        return self._reply, self._reader

    async def _release(self) -> None:
        reply, self._reply = self._reply, None
        if reply is not None:
            await (self._driver.settle if self._is_complete else self._driver.close_reply)(reply)

    async def _raise(self, error: BaseException) -> NoReturn:
        await self._release()
        fault = self._fail(error)
        if fault is error:
            raise error
        raise fault from None
