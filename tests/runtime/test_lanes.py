"""Connection pools: what is kept, what is closed, and who waits."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from model_runtime.errors import ConnectionFailed, TimedOut
from model_runtime.exchange import Flow, HttpReply, HttpRequest, Open, OpenReply, Send, Timeouts
from model_runtime.runtime import lanes


def send(url: str, **timeouts: float) -> Flow[HttpReply]:
    return (yield Send(HttpRequest(method="GET", url=url), Timeouts(**timeouts)))


def open_reply(url: str) -> Flow[OpenReply]:
    return (yield Open(HttpRequest(method="GET", url=url), Timeouts()))


def send_at_once(drive: Any, url: str, count: int) -> None:
    """Send some requests at the same time."""
    if drive.mode == "async":

        async def gather() -> None:
            await asyncio.gather(*(drive.driver.run(send(url)) for _ in range(count)))

        drive.runner.run(gather())
        return
    threads = [threading.Thread(target=drive.run, args=(send(url),)) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_requests_at_once_have_connections_of_their_own_and_leave_them(
    drive: Any, loopback: Any
) -> None:
    """Ten requests at once need ten connections, and the next ten none."""
    loopback.always(0.3, loopback.reply(b"x"))
    send_at_once(drive, loopback.url, 10)
    assert loopback.connections == 10
    send_at_once(drive, loopback.url, 10)
    assert loopback.connections == 10


def test_idle_connections_over_the_limit_are_closed(
    monkeypatch: pytest.MonkeyPatch, drive: Any, loopback: Any
) -> None:
    """After a burst only so many connections stay open."""
    monkeypatch.setattr(lanes, "MAX_IDLE", 2)
    loopback.always(0.3, loopback.reply(b"x"))
    send_at_once(drive, loopback.url, 6)
    assert loopback.wait_for(lambda: loopback.alive == 2)


def test_connections_that_idle_for_long_are_closed(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, loopback: Any
) -> None:
    """A later request sweeps out what a burst left behind."""
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 0.4)
    drive = make_drive()
    loopback.always(0.1, loopback.reply(b"x"))
    send_at_once(drive, loopback.url, 5)
    threading.Event().wait(0.6)
    drive.run(send(loopback.url))
    assert loopback.wait_for(lambda: loopback.alive == 1)


def test_connection_that_the_server_closed_is_replaced(drive: Any, loopback: Any) -> None:
    """A request never fails because the server had closed an idle connection."""
    loopback.answer(loopback.reply(b"one"), loopback.CLOSE)
    drive.run(send(loopback.url))
    assert loopback.wait_for(lambda: loopback.alive == 0)
    assert drive.run(send(loopback.url)).status == 200


def test_request_over_the_limit_waits_for_a_free_connection(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, loopback: Any
) -> None:
    """With all connections in use the next one waits, at most as long as it may connect."""
    monkeypatch.setattr(lanes, "MAX_CONNECTIONS", 1)
    drive = make_drive()
    loopback.answer(*loopback.chunked(b"x", end=False), loopback.HOLD)
    held = drive.run(open_reply(loopback.url))
    with pytest.raises(TimedOut) as caught:
        drive.run(send(loopback.url, connect=0.15))
    assert caught.value.phase == "connect"
    drive.close_reply(held)
    assert drive.run(send(loopback.url)).status == 200


def test_failed_requests_give_their_place_back(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, loopback: Any
) -> None:
    """A request that fails does not use up the pool."""
    monkeypatch.setattr(lanes, "MAX_CONNECTIONS", 1)
    drive = make_drive()
    for _ in range(3):
        loopback.answer(loopback.HOLD)
        with pytest.raises(TimedOut) as caught:
            drive.run(send(loopback.url, first_byte=0.1))
        assert caught.value.phase == "first_byte"
    assert drive.run(send(loopback.url, connect=1)).status == 200


def post(url: str, body: bytes = b"", **timeouts: float) -> Flow[HttpReply]:
    return (yield Send(HttpRequest(method="POST", url=url, body=body), Timeouts(**timeouts)))


@pytest.mark.parametrize("end", ["CLOSE", "DROP"])
def test_request_on_a_kept_connection_that_breaks_is_sent_again(
    end: str, drive: Any, loopback: Any
) -> None:
    """A server may close an idle connection at the moment at which it is used."""
    drive.run(post(loopback.url, b"1"))
    loopback.answer(getattr(loopback, end))
    assert drive.run(post(loopback.url, b"2")).status == 200
    assert [seen.body for seen in loopback.requests] == [b"1", b"2", b"2"]
    assert loopback.connections == 2


def test_request_on_a_new_connection_that_breaks_is_not_sent_again(
    drive: Any, loopback: Any
) -> None:
    """A server that hangs up on a fresh request means it."""
    loopback.answer(loopback.CLOSE)
    with pytest.raises(ConnectionFailed):
        drive.run(post(loopback.url))
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    "begun", [b"H", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"], ids=["byte", "body"]
)
def test_request_whose_reply_has_begun_is_not_sent_again(
    begun: bytes, drive: Any, loopback: Any
) -> None:
    """What the server has begun to answer it may have done."""
    drive.run(post(loopback.url))
    loopback.answer(begun, loopback.CLOSE)
    with pytest.raises(ConnectionFailed):
        drive.run(post(loopback.url))
    assert len(loopback.requests) == 2


def test_request_that_waits_in_vain_is_not_sent_again(drive: Any, loopback: Any) -> None:
    """A slow server may still be at work."""
    drive.run(post(loopback.url))
    loopback.answer(loopback.HOLD)
    with pytest.raises(TimedOut):
        drive.run(post(loopback.url, first_byte=0.1))
    assert len(loopback.requests) == 2


def test_connection_that_idled_for_long_is_not_used(
    monkeypatch: pytest.MonkeyPatch, make_drive: Any, loopback: Any
) -> None:
    """A way through the network may be forgotten without a word."""
    monkeypatch.setattr(lanes, "IDLE_SECONDS", 0.1)
    drive = make_drive()
    drive.run(send(loopback.url))
    threading.Event().wait(0.2)
    drive.run(send(loopback.url))
    assert loopback.connections == 2


def test_stray_bytes_are_never_the_next_reply(drive: Any, loopback: Any) -> None:
    """What a server sends unasked ends its connection."""
    loopback.answer(loopback.reply(b"one") + loopback.reply(b"stray"))
    assert drive.run(send(loopback.url)).body == b"one"
    loopback.answer(loopback.reply(b"two"))
    assert drive.run(send(loopback.url)).body == b"two"
    assert loopback.connections == 2


def test_long_body_arrives_whole_both_ways(drive: Any, loopback: Any) -> None:
    """Bodies that no buffer holds are sent and read in pieces."""
    body = bytes(range(256)) * 20_000
    loopback.answer(loopback.reply(body))
    assert drive.run(post(loopback.url, body)).body == body
    assert loopback.requests[0].body == body


def test_length_of_a_request_is_counted_and_never_taken_over(drive: Any, loopback: Any) -> None:
    """A header of the caller cannot make the server see another request in the body."""
    headers = {"content-length": "1", "transfer-encoding": "chunked", "host": "other.test"}
    request = HttpRequest(method="POST", url=loopback.url, headers=headers, body=b"abc")

    def flow() -> Flow[HttpReply]:
        return (yield Send(request, Timeouts()))

    drive.run(flow())
    (seen,) = loopback.requests
    assert seen.body == b"abc"
    assert seen.headers["host"] == f"127.0.0.1:{loopback.port}"
    assert "transfer-encoding" not in seen.headers
