"""Streams through both drivers: events, results, closing, and broken connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import (
    ConnectionFailed,
    InvokeError,
    RateLimitError,
    ReplyError,
    StreamInterrupted,
    TimedOut,
)
from model_runtime.exchange import Flow, HttpRequest, Open, OpenReply, Timeouts
from model_runtime.runtime import AsyncDriver, AsyncStream, Stream, SyncDriver


class Lines:
    """A reader of the simplest kind: each line is an event, `END` is the end mark."""

    def __init__(self) -> None:
        self.ended = False
        self._rest = b""
        self._lines: list[str] = []
        self.finished = 0

    def feed(self, chunk: bytes) -> list[str]:
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        events = [line.decode() for line in lines]
        if "bad" in events:
            raise ReplyError("line 'bad' cannot be read")
        if "END" in events:
            self.ended = True
            events = events[: events.index("END")]
        self._lines += events
        return events

    def finish(self) -> list[str]:
        self.finished += 1
        if not self.ended:
            raise StreamInterrupted("no END came", partial=self.partial())
        return ["finish"]

    def result(self) -> str:
        return "+".join(self._lines)

    def partial(self) -> str:
        return "+".join(self._lines)


class Opening:
    """An open flow that counts how often it runs and keeps its reader."""

    def __init__(self, url: str, **timeouts: float | None) -> None:
        self.request = HttpRequest(method="GET", url=url)
        self.timeouts = Timeouts(**timeouts)
        self.reader = Lines()
        self.runs = 0

    def __call__(self) -> Flow[tuple[OpenReply, Lines]]:
        self.runs += 1
        reply = yield Open(self.request, self.timeouts)
        if reply.status >= 400:
            raise RateLimitError("slow down", kind="rate_limit", status=reply.status)
        return reply, self.reader


@pytest.fixture
def opening(loopback: Any) -> Opening:
    return Opening(loopback.url)


def test_events_come_in_order_and_end_with_the_result(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """Events of all chunks are flattened, and the reader's last ones come last."""
    loopback.answer(*loopback.chunked(b"a\nb\nc", b"\n", b"d\nEND\n"))
    stream = drive.stream(opening)
    assert drive.take(stream) == ["a", "b", "c", "d", "finish"]
    assert stream.result() == "a+b+c+d"
    assert opening.reader.finished == 1


def test_event_comes_before_the_next_chunk_does(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """What has arrived is handed out while the server still works."""
    loopback.answer(*loopback.chunked(b"a\n", end=False), loopback.HOLD)
    stream = drive.stream(opening)
    assert drive.take(stream, 1) == ["a"]
    drive.close_stream(stream)


def test_nothing_is_sent_before_the_first_step(drive: Any, loopback: Any, opening: Opening) -> None:
    """Making a stream is free; the first step of a loop sends the request, once."""
    loopback.answer(*loopback.chunked(b"END\n"))
    stream = drive.stream(opening)
    assert (opening.runs, loopback.requests) == (0, [])
    assert drive.take(stream) == ["finish"]
    assert opening.runs == 1


def test_entering_sends_and_raises_the_error_of_the_reply(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """An error before the first byte of a stream is raised by `with` itself."""
    loopback.answer(loopback.reply(b"later", 429))
    stream = drive.stream(opening)
    with pytest.raises(RateLimitError):
        drive.enter(stream)
    with pytest.raises(RateLimitError):
        stream.result() if drive.mode == "sync" else drive.take(stream)
    assert opening.runs == 1
    assert loopback.wait_for(lambda: loopback.alive == 0)


def test_second_loop_goes_on_where_the_first_broke_off(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """No event is lost between two loops, not even of the same chunk."""
    loopback.answer(*loopback.chunked(b"a\nb\nc\n", b"d\nEND\n"))
    stream = drive.stream(opening)
    assert drive.take(stream, 1) == ["a"]
    assert drive.take(stream, 2) == ["b", "c"]
    assert drive.take(stream) == ["d", "finish"]
    assert drive.take(stream) == []


def test_next_and_loops_share_their_place(loopback: Any, opening: Opening) -> None:
    """A sync stream is an iterator of its own."""
    loopback.answer(*loopback.chunked(b"a\nb\nEND\n"))
    driver = SyncDriver()
    stream: Stream[str, str] = Stream(driver, opening)
    assert next(stream) == "a"
    assert list(stream) == ["b", "finish"]
    with pytest.raises(StopIteration):
        next(stream)
    driver.close()


def test_sync_result_reads_the_rest(loopback: Any, opening: Opening) -> None:
    """Asking for the result early reads what is left, and the loop is then over."""
    loopback.answer(*loopback.chunked(b"a\nb\n", b"c\nEND\n"))
    driver = SyncDriver()
    with Stream(driver, opening) as stream:
        assert next(stream) == "a"
        assert stream.result() == "a+b+c"
        assert list(stream) == []
    driver.close()


def test_async_result_before_the_end_says_what_to_do(loopback: Any, opening: Opening) -> None:
    """The plain `result` of an async stream cannot read, and says so."""
    loopback.answer(*loopback.chunked(b"a\n", b"END\n"))

    async def main() -> None:
        driver = AsyncDriver()
        async with AsyncStream(driver, opening) as stream:
            with pytest.raises(InvokeError, match="iterate on"):
                stream.result()
            assert [event async for event in stream] == ["a", "finish"]
            assert stream.result() == "a"
        await driver.close()

    asyncio.run(main())


def test_stream_read_to_its_end_gives_its_connection_back(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """The end mark is often not the last byte of a body; what follows at once is read."""
    loopback.answer(*loopback.chunked(b"a\nEND\n", end=False), 0.005, loopback.chunk(b""))
    loopback.answer(*loopback.chunked(b"b\nEND\n"))
    drive.take(drive.stream(opening))
    drive.take(drive.stream(Opening(loopback.url)))
    assert loopback.connections == 1


def test_end_mark_ends_the_stream_though_the_server_stays(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """A server that keeps the connection open after the end does not hold the caller up."""
    loopback.answer(*loopback.chunked(b"a\nEND\n", end=False), loopback.HOLD)
    stream = drive.stream(opening)
    assert drive.take(stream) == ["a", "finish"]
    assert loopback.wait_for(lambda: loopback.hangups == 1)
    assert stream.result() == "a"


def test_endless_tail_after_the_end_mark_is_not_read(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """What a server babbles behind the end is cut off after a few chunks."""
    loopback.answer(*loopback.chunked(b"a\nEND\n", end=False), *[loopback.chunk(b"x"), 0.002] * 999)
    assert drive.take(drive.stream(opening)) == ["a", "finish"]
    assert loopback.wait_for(lambda: loopback.alive == 0)


def test_body_that_ends_without_the_mark_is_interrupted(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """An orderly end of the body is no end of the stream; the reader decides."""
    loopback.answer(*loopback.chunked(b"a\nb\n"))
    stream = drive.stream(opening)
    assert drive.take(stream, 2) == ["a", "b"]
    for _ in range(2):
        with pytest.raises(StreamInterrupted) as caught:
            drive.take(stream)
        assert caught.value.partial == "a+b"
    with pytest.raises(StreamInterrupted):
        stream.result()


@pytest.mark.parametrize("act", ["CLOSE", "DROP"])
def test_dropped_connection_keeps_what_had_arrived(
    drive: Any, loopback: Any, opening: Opening, act: str
) -> None:
    """A connection that breaks after some bytes is StreamInterrupted with the partial result."""
    loopback.answer(*loopback.chunked(b"a\n", end=False), 0.05, getattr(loopback, act))
    stream = drive.stream(opening)
    with pytest.raises(StreamInterrupted, match="broke before its end") as caught:
        drive.take(stream)
    assert caught.value.partial == "a"
    assert opening.reader.finished == 0


def test_dropped_connection_before_any_byte_is_a_failed_connection(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """Without a byte there is nothing partial, and the call may be made again."""
    loopback.answer(*loopback.chunked(end=False), 0.05, loopback.DROP)
    with pytest.raises(ConnectionFailed):
        drive.take(drive.stream(opening))


def test_silence_in_a_stream_times_out(drive: Any, loopback: Any) -> None:
    """The time between chunks holds for streams."""
    loopback.answer(*loopback.chunked(b"a\n", end=False), loopback.HOLD)
    stream = drive.stream(Opening(loopback.url, between_chunks=0.15))
    with pytest.raises(TimedOut) as caught:
        drive.take(stream)
    assert caught.value.phase == "between_chunks"
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_total_holds_for_a_stream_that_keeps_dripping(drive: Any, loopback: Any) -> None:
    """The deadline of the call goes on after the stream has been opened."""
    drip = [loopback.chunk(b"a\n"), 0.05] * 200
    loopback.answer(*loopback.chunked(end=False), *drip)
    with pytest.raises(TimedOut) as caught:
        drive.take(drive.stream(Opening(loopback.url, total=0.4)))
    assert caught.value.phase == "total"


def test_error_of_the_reader_closes_the_connection(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """An error frame inside a stream ends it, after the events before it."""
    loopback.answer(
        *loopback.chunked(b"a\n", end=False), 0.05, loopback.chunk(b"bad\n"), loopback.HOLD
    )
    told: list[InvokeError] = []
    stream = drive.stream(opening, on_error=told.append)
    assert drive.take(stream, 1) == ["a"]
    with pytest.raises(ReplyError, match="'bad'") as caught:
        drive.take(stream)
    assert told == [caught.value]
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_early_close_hangs_up_and_leaves_no_result(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """A closed stream ends its loop; its result is a clear error with what had come."""
    loopback.answer(*loopback.chunked(b"a\nb\n", end=False), loopback.HOLD)
    stream = drive.stream(opening)
    assert drive.take(stream, 1) == ["a"]
    drive.close_stream(stream)
    drive.close_stream(stream)
    assert loopback.wait_for(lambda: loopback.hangups == 1)
    assert drive.take(stream) == []
    with pytest.raises(StreamInterrupted, match="closed before its end") as caught:
        stream.result()
    assert caught.value.partial == "a+b"


def test_result_stays_after_close_when_the_stream_had_ended(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """A stream that is read to its end keeps its result."""
    loopback.answer(*loopback.chunked(b"a\nEND\n"))
    stream = drive.stream(opening)
    drive.take(stream)
    drive.close_stream(stream)
    assert stream.result() == "a"


def test_stream_closed_before_it_was_opened_sends_nothing(
    drive: Any, loopback: Any, opening: Opening
) -> None:
    """Closing first means that no request goes out."""
    stream = drive.stream(opening)
    drive.close_stream(stream)
    drive.enter(stream)
    assert drive.take(stream) == []
    assert loopback.requests == []
    with pytest.raises(StreamInterrupted):
        stream.result()


def test_leaving_the_block_early_hangs_up(loopback: Any, make_opening: Any) -> None:
    """`with` and `async with` end the connection, also when an exception leaves the block."""
    loopback.always(*loopback.chunked(b"a\n", end=False), loopback.HOLD)
    driver = SyncDriver()
    with pytest.raises(KeyError), Stream(driver, make_opening()) as stream:
        raise KeyError(next(stream))
    assert loopback.wait_for(lambda: loopback.hangups == 1)

    async def main() -> None:
        with pytest.raises(KeyError):
            async with AsyncStream(AsyncDriver(), make_opening()) as stream:
                raise KeyError(await anext(stream))

    asyncio.run(main())
    assert loopback.wait_for(lambda: loopback.hangups == 2)


@pytest.fixture
def make_opening(loopback: Any) -> Callable[[], Opening]:
    return lambda: Opening(loopback.url)


def test_cancelled_task_hangs_up_at_once(loopback: Any, opening: Opening) -> None:
    """A task that is cancelled while it waits for an event leaves no connection."""
    loopback.answer(*loopback.chunked(b"a\n", end=False), loopback.HOLD)

    async def main() -> None:
        stream: AsyncStream[str, str] = AsyncStream(AsyncDriver(), opening)

        async def read() -> None:
            async for _ in stream:
                arrived.set()

        arrived = asyncio.Event()
        task = asyncio.create_task(read())
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(loopback.wait_for, lambda: loopback.hangups == 1)

    asyncio.run(main())


def test_streams_of_many_threads_do_not_mix(loopback: Any) -> None:
    """One driver serves many streams at once, each with its own events."""
    names = [f"n{number}" for number in range(20)]
    for name in names:
        loopback.answer(
            *loopback.chunked(f"{name}\n".encode(), end=False),
            0.02,
            loopback.chunk(f"{name}\nEND\n".encode()),
            loopback.chunk(b""),
        )
    driver = SyncDriver()
    results: list[str] = []

    def work() -> None:
        with Stream(driver, Opening(loopback.url)) as stream:
            results.append(stream.result())

    threads = [threading.Thread(target=work) for _ in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    driver.close()
    assert sorted(results) == sorted(f"{name}+{name}" for name in names)
