"""Both drivers: every ask, every timeout, every failure, every limit."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import (
    ConnectionFailed,
    HostRefused,
    LimitExceeded,
    TimedOut,
)
from model_runtime.exchange import (
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
)

SHORT = 0.15


def get(url: str, **headers: str) -> HttpRequest:
    return HttpRequest(method="GET", url=url, headers=headers)


def send(url: str, **timeouts: float | None) -> Flow[HttpReply]:
    return (yield Send(get(url), Timeouts(**timeouts)))


def open_reply(url: str, **timeouts: float | None) -> Flow[OpenReply]:
    return (yield Open(get(url), Timeouts(**timeouts)))


def drain(url: str, max_bytes: int = 1000) -> Flow[HttpReply]:
    reply = yield Open(get(url), Timeouts())
    return (yield Drain(reply, max_bytes))


def test_send_answers_the_whole_reply(drive: Any, loopback: Any) -> None:
    """Method, target, headers and body go out; status, headers and body come back."""
    loopback.answer(loopback.reply(b"hello", 201, X_Request_Id="r1"))
    request = HttpRequest(
        method="POST", url=f"{loopback.url}/v1/x?a=1", headers={"x-key": "k"}, body=b"\x00body"
    )

    def flow() -> Flow[HttpReply]:
        return (yield Send(request, Timeouts()))

    reply = drive.run(flow())
    assert (reply.status, reply.body, reply.headers["x-request-id"]) == (201, b"hello", "r1")
    (seen,) = loopback.requests
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/x?a=1", b"\x00body")
    assert seen.headers["x-key"] == "k"
    assert seen.headers["host"] == f"127.0.0.1:{loopback.port}"


def test_open_answers_before_the_body_has_come(drive: Any, loopback: Any) -> None:
    """The head is handed out at once, and the body is read piece by piece."""
    loopback.answer(*loopback.chunked(b"one", end=False), loopback.HOLD)
    reply = drive.run(open_reply(loopback.url))
    assert reply.status == 200
    assert drive.first_chunk(reply) == b"one"
    drive.close_reply(reply)
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_chunks_of_an_open_reply_are_read_to_the_end(drive: Any, loopback: Any) -> None:
    """After the last chunk the connection serves the next request."""
    loopback.answer(*loopback.chunked(b"one", b"two"))
    reply = drive.run(open_reply(loopback.url))
    assert b"".join(drive.chunks(reply)) == b"onetwo"
    assert drive.chunks(reply) == []
    drive.run(send(loopback.url))
    assert loopback.connections == 1


def test_drain_reads_an_open_reply(drive: Any, loopback: Any) -> None:
    """A flow that looked at the head may ask for the rest."""
    loopback.answer(*loopback.chunked(b"ab", b"cd", status=429))
    assert drive.run(drain(loopback.url)) == HttpReply(
        429, {"transfer-encoding": "chunked"}, b"abcd"
    )


def test_wait_sleeps_as_long_as_the_flow_says(drive: Any) -> None:
    """The driver's clock sleeps, not the flow."""

    def flow() -> Flow[str]:
        yield Wait(1.5)
        yield Wait(30.0)
        return "slept"

    assert drive.run(flow()) == "slept"
    assert drive.naps == [1.5, 30.0]


def test_exclusive_answers_the_inner_result(drive: Any, loopback: Any) -> None:
    """An inner flow uses the same driver, and its result is the answer."""
    loopback.answer(loopback.reply(b"token"))

    def flow() -> Flow[bytes]:
        reply = yield Exclusive("key", lambda: send(loopback.url))
        return reply.body

    assert drive.run(flow()) == b"token"


def test_error_of_an_inner_flow_is_thrown_at_the_ask(drive: Any) -> None:
    """A flow may catch what its exclusive part raised, and the key is free again."""

    def broken() -> Flow[None]:
        raise KeyError("inner")
        yield

    def flow() -> Flow[str]:
        try:
            yield Exclusive("key", broken)
        except KeyError:
            return (yield Exclusive("key", lambda: quick("free")))
        return "not raised"

    assert drive.run(flow()) == "free"


def quick(value: str) -> Flow[str]:
    return value
    yield


class Cache:
    """A token cache whose inner flow counts how often it really fetches."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.token: bytes | None = None
        self.fetches = 0

    def fetch(self) -> Flow[bytes]:
        if self.token is None:
            self.fetches += 1
            reply = yield Send(get(self.url), Timeouts())
            self.token = reply.body
        return self.token

    def flow(self) -> Flow[bytes]:
        return (yield Exclusive("token", self.fetch))


def test_fifty_concurrent_callers_share_one_exchange(make_drive: Any, loopback: Any) -> None:
    """The first caller fetches, and all others find what it fetched."""
    loopback.always(0.1, loopback.reply(b"t1"))
    cache = Cache(loopback.url)
    drive = make_drive()
    assert run_many(drive, [cache.flow for _ in range(50)]) == [b"t1"] * 50
    assert cache.fetches == 1
    assert len(loopback.requests) == 1


def run_many(drive: Any, flows: list[Callable[[], Flow[Any]]]) -> list[Any]:
    """Run flows at the same time: in threads, or as tasks."""
    if drive.mode == "async":

        async def gather() -> list[Any]:
            return list(await asyncio.gather(*(drive.driver.run(flow()) for flow in flows)))

        return drive.runner.run(gather())
    results: list[Any] = [None] * len(flows)

    def work(index: int) -> None:
        results[index] = drive.run(flows[index]())

    threads = [threading.Thread(target=work, args=(index,)) for index in range(len(flows))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_keys_do_not_wait_for_each_other(make_drive: Any, loopback: Any) -> None:
    """Flows with different keys run at the same time."""
    drive = make_drive()
    loopback.always(0.5, loopback.reply(b"x"))
    keyed = [lambda key=key: exclusive(key, loopback.url) for key in ("a", "b", "c")]
    begun = time.monotonic()
    run_many(drive, keyed)
    assert time.monotonic() - begun < 1.4
    assert len(loopback.requests) == 3


def exclusive(key: str, url: str) -> Flow[Any]:
    return (yield Exclusive(key, lambda: send(url)))


@pytest.mark.parametrize(
    ("limits", "phase"),
    [
        pytest.param({"first_byte": SHORT}, "first_byte", id="first-byte"),
        pytest.param({"total": SHORT}, "total", id="total"),
    ],
)
def test_head_that_does_not_come_times_out(
    drive: Any, loopback: Any, limits: dict[str, float], phase: str
) -> None:
    """A quiet server is left after the time that was set, with the phase named."""
    loopback.answer(loopback.HOLD)
    with pytest.raises(TimedOut, match=phase) as caught:
        drive.run(send(loopback.url, **limits))
    assert caught.value.phase == phase
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_pause_between_chunks_times_out(drive: Any, loopback: Any) -> None:
    """A stream that falls silent is left, though its first byte came in time."""
    loopback.answer(*loopback.chunked(b"one", end=False), loopback.HOLD)
    with pytest.raises(TimedOut) as caught:
        drive.run(send(loopback.url, first_byte=5, between_chunks=SHORT))
    assert caught.value.phase == "between_chunks"
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_body_may_take_longer_than_its_pauses(drive: Any, loopback: Any) -> None:
    """The time between chunks begins anew with every chunk."""
    one, two, three, end = (loopback.chunk(data) for data in (b"1", b"2", b"3", b""))
    (begun,) = loopback.chunked(end=False)
    loopback.answer(begun, one, SHORT, two, SHORT, three, SHORT, end)
    assert drive.run(send(loopback.url, first_byte=5, between_chunks=2.5 * SHORT)).body == b"123"


def test_total_holds_though_every_chunk_comes_in_time(drive: Any, loopback: Any) -> None:
    """A server that keeps dripping is left when the call's whole time is over."""
    (begun,) = loopback.chunked(end=False)
    loopback.answer(begun, *[loopback.chunk(b"drip"), 0.05] * 200)
    begun_at = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        drive.run(send(loopback.url, total=0.4))
    assert caught.value.phase == "total"
    assert time.monotonic() - begun_at < 2


def test_total_holds_in_a_pause_that_would_be_allowed(drive: Any, loopback: Any) -> None:
    """A read that waits past the deadline is ended at the deadline."""
    loopback.answer(*loopback.chunked(b"a", end=False), 0.8, loopback.chunk(b"b"), loopback.HOLD)
    begun_at = time.monotonic()
    with pytest.raises(TimedOut) as caught:
        drive.run(send(loopback.url, total=1.0, between_chunks=10))
    assert caught.value.phase == "total"
    assert time.monotonic() - begun_at < 1.6
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_connect_that_takes_too_long_times_out(drive: Any) -> None:
    """A port whose queue is full lets nobody in; the phase is `connect`."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for waiting in (first, second):
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}"
        with pytest.raises(TimedOut) as caught:
            drive.run(send(url, connect=SHORT))
    assert caught.value.phase == "connect"


def test_wait_that_would_pass_the_deadline_is_refused(drive: Any, loopback: Any) -> None:
    """The caller learns at once what a sleep would only delay."""

    def flow() -> Flow[str]:
        yield Send(get(loopback.url), Timeouts(total=5))
        try:
            yield Wait(60)
        except TimedOut as error:
            return error.phase
        return "slept"

    assert drive.run(flow()) == "total"
    assert drive.naps == []


def test_time_between_sends_counts_toward_the_total(make_drive: Any, loopback: Any) -> None:
    """The deadline is that of the whole flow, not of each send."""
    now = [0.0]
    drive = make_drive(clock=lambda: now[0])

    def flow() -> Flow[None]:
        yield Send(get(loopback.url), Timeouts(total=50))
        now[0] = 51.0
        yield Send(get(loopback.url), Timeouts(total=50))

    with pytest.raises(TimedOut) as caught:
        drive.run(flow())
    assert caught.value.phase == "total"
    assert len(loopback.requests) == 1


def test_later_send_may_allow_the_flow_more_time(make_drive: Any, loopback: Any) -> None:
    """The newest total holds, so that polling a job may outlast a plain call."""
    now = [0.0]
    drive = make_drive(clock=lambda: now[0])

    def flow() -> Flow[int]:
        yield Send(get(loopback.url), Timeouts(total=50))
        now[0] = 51.0
        reply = yield Send(get(loopback.url), Timeouts(total=3600))
        return reply.status

    assert drive.run(flow()) == 200


def test_wait_for_a_lock_ends_at_the_deadline(drive: Any, loopback: Any) -> None:
    """Who waits for a key that is not given back does not wait past his own time."""

    def holder() -> Flow[Any]:
        return (yield Exclusive("key", lambda: quick("never")))

    def flow() -> Flow[Any]:
        yield Send(get(loopback.url), Timeouts(total=0.3))
        return (yield Exclusive("key", holder))

    with pytest.raises(TimedOut) as caught:
        drive.run(flow())
    assert caught.value.phase == "total"


def test_refused_connection_is_thrown_into_the_flow(drive: Any, loopback: Any) -> None:
    """A flow may catch a failed connection where it asked for it, and go on."""

    def flow() -> Flow[bytes]:
        try:
            yield Send(get("http://127.0.0.1:1/x?key=s3cret"), Timeouts())
        except ConnectionFailed as error:
            assert "s3cret" not in str(error)
            assert "http://127.0.0.1:1/x" in str(error)
        reply = yield Send(get(loopback.url), Timeouts())
        return reply.body

    assert drive.run(flow()) == b"{}"


@pytest.mark.parametrize("act", ["CLOSE", "DROP"])
def test_server_that_hangs_up_before_the_head_is_a_failed_connection(
    drive: Any, loopback: Any, act: str
) -> None:
    """No reply at all is a connection that failed."""
    loopback.answer(getattr(loopback, act))
    with pytest.raises(ConnectionFailed):
        drive.run(send(loopback.url))


@pytest.mark.parametrize("act", ["CLOSE", "DROP"])
@pytest.mark.parametrize("shape", ["chunked", "length"])
def test_body_that_is_cut_off_is_not_a_reply(
    drive: Any, loopback: Any, act: str, shape: str
) -> None:
    """Half a body is never handed out as a whole one."""
    steps = {
        "chunked": loopback.chunked(b"half", end=False),
        "length": [loopback.head(framing="content-length: 10") + b"half"],
    }[shape]
    loopback.answer(*steps, 0.05, getattr(loopback, act))
    with pytest.raises(ConnectionFailed):
        drive.run(send(loopback.url))


def test_bytes_that_are_not_http_are_a_failed_connection(drive: Any, loopback: Any) -> None:
    """A server of another protocol is reported, not parsed."""
    loopback.answer(b"SSH-2.0-OpenSSH_9.6\r\n\r\n", loopback.CLOSE)
    with pytest.raises(ConnectionFailed):
        drive.run(send(loopback.url))


def test_scheme_that_cannot_be_called_is_refused(drive: Any) -> None:
    """Only http and https are spoken."""
    with pytest.raises(HostRefused, match="scheme"):
        drive.run(send("ftp://127.0.0.1/x"))


def test_redirect_is_handed_to_the_flow(drive: Any, loopback: Any) -> None:
    """Nobody follows a redirect, so no key travels to another host."""
    loopback.answer(loopback.reply(b"", 302, Location=f"{loopback.url}/elsewhere"))
    reply = drive.run(send(loopback.url))
    assert reply.status == 302
    assert reply.headers["location"].endswith("/elsewhere")
    assert len(loopback.requests) == 1


def test_cookies_are_not_kept(drive: Any, loopback: Any) -> None:
    """Calls of different tenants over one driver share nothing."""
    loopback.answer(loopback.reply(b"", Set_Cookie="session=1"))
    drive.run(send(loopback.url))
    drive.run(send(loopback.url))
    assert "cookie" not in loopback.requests[1].headers


def test_compressed_reply_is_decoded(drive: Any, loopback: Any) -> None:
    """The flow sees what the service meant."""
    packed = gzip.compress(b'{"a": 1}')
    loopback.answer(loopback.reply(packed, Content_Encoding="gzip"))
    assert drive.run(send(loopback.url)).body == b'{"a": 1}'


def test_gzip_bomb_is_stopped(drive: Any, loopback: Any) -> None:
    """A limit counts decoded bytes, and the rest is not decoded."""
    bomb = gzip.compress(bytes(50_000_000))
    loopback.answer(loopback.reply(bomb, Content_Encoding="gzip"))
    with pytest.raises(LimitExceeded, match="1000 bytes"):
        drive.run(drain(loopback.url))
    assert loopback.wait_for(lambda: loopback.alive == 0)


@pytest.mark.parametrize("shape", ["chunked", "length"])
def test_body_over_the_limit_is_stopped(drive: Any, loopback: Any, shape: str) -> None:
    """A body is refused by its announced length, or as soon as it passes the limit."""
    steps = {
        "chunked": loopback.chunked(*[bytes(600)] * 3, end=False),
        "length": [loopback.head(framing="content-length: 1001")],
    }[shape]
    loopback.answer(*steps, loopback.HOLD)
    with pytest.raises(LimitExceeded):
        drive.run(drain(loopback.url))
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_body_of_exactly_the_limit_is_read(drive: Any, loopback: Any) -> None:
    """The limit itself is allowed."""
    loopback.answer(loopback.reply(bytes(1000)))
    assert len(drive.run(drain(loopback.url)).body) == 1000


def test_head_of_too_many_headers_closes_the_connection(drive: Any, loopback: Any) -> None:
    """A head over its limits is an error, and nothing stays open."""
    many = {f"x_{number}": "y" for number in range(300)}
    loopback.answer(loopback.head(framing="content-length: 5", **many), loopback.HOLD)
    with pytest.raises(LimitExceeded, match="headers"):
        drive.run(send(loopback.url))
    assert loopback.wait_for(lambda: loopback.hangups == 1)
