"""Every fault of a network or a server, in every framing, through both drivers.

Each call ends in the right error within its timeouts, keeps what had arrived, hangs up, leaves
no descriptor, thread or task, and never asks twice for what it has begun to give out.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest
from chaos_kits import KITS, Kit, Outcome, run

from model_runtime.errors import (
    ConnectionFailed,
    LimitExceeded,
    RateLimitError,
    ReplyError,
    ServerUnavailableError,
    StreamInterrupted,
    TimedOut,
)

pytestmark = pytest.mark.timeout(20)

SHORT = 0.15
PATIENT: dict[str, float | None] = {
    "connect": 2.0,
    "first_byte": 2.0,
    "between_chunks": 2.0,
    "total": 5.0,
}
HASTY_HEAD: dict[str, float | None] = PATIENT | {"first_byte": SHORT}
HASTY_BODY: dict[str, float | None] = PATIENT | {"between_chunks": SHORT}
LATE: dict[str, float | None] = PATIENT | {"total": 2 * SHORT}

Script = list[Any]
Open = Callable[..., Any]

# Each test that waits costs its time again for each framing: all of them are for `make chaos`.
IS_WHOLE = os.environ.get("MODEL_RUNTIME_CHAOS") == "all"
ALL = sorted(KITS)
WAITING = ALL if IS_WHOLE else ["plain", "sse"]
STREAMS = [name for name in ALL if name != "plain"]
EVENTS = [name for name in STREAMS if name != "bytes"]


@pytest.fixture
def kit(request: pytest.FixtureRequest) -> Kit:
    if request.param == "aws_eventstream":
        pytest.importorskip("botocore")
    return KITS[request.param]


def kits(names: list[str]) -> Any:
    return pytest.mark.parametrize("kit", names, indirect=True)


def begun(loopback: Any, kit: Kit, *pieces: bytes) -> Script:
    """The head of a chunked reply, and its first pieces."""
    return loopback.chunked(*pieces, end=False, content_type=kit.content_type)


def broken(
    door: Any, kit: Kit, timeouts: dict[str, float | None], *expected: type[Exception]
) -> Outcome:
    """Call once; the call fails in one of the expected ways and leaves nothing behind."""
    seen = run(door, kit, timeouts)
    assert isinstance(seen.error, expected), repr(seen.error)
    assert kit.text.startswith(seen.heard or type(kit.text)())
    if seen.given:
        assert seen.partial == seen.heard
    assert seen.error.__context__ is None or seen.error.__suppress_context__
    assert door.watch.is_clean()
    return seen


def test_sound_service_is_understood(open_door: Open, loopback: Any) -> None:
    """Without a fault every kit gives its answer, and one connection serves the next call."""
    for name in ALL:
        kit = KITS[name]
        if name == "aws_eventstream":
            pytest.importorskip("botocore")
        door = open_door(kit)
        before = loopback.connections
        for _ in range(2):
            loopback.answer(*loopback.chunked(*kit.pieces, content_type=kit.content_type))
            seen = run(door, kit, PATIENT)
            assert seen.error is None and seen.result == kit.text
        assert loopback.connections == before + 1
        assert door.watch.is_clean(kept=1)
        door.call(lambda runtime: runtime.close())
        assert door.watch.is_clean()


# ---- before the body


@kits(ALL)
def test_refused_connection(kit: Kit, open_door: Open, loopback: Any) -> None:
    """Nobody listens: a failed connection, tried again as often as the policy says."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    seen = broken(open_door(kit, url=url), kit, PATIENT, ConnectionFailed)
    assert not seen.given


@kits(ALL)
@pytest.mark.parametrize("act", ["CLOSE", "DROP", "HALF"])
@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200 O", b"HTTP/1.1 200 OK\r\ncontent-type: te"], ids=len
)
def test_connection_that_breaks_before_or_in_the_head(
    kit: Kit, open_door: Open, loopback: Any, act: str, sent: bytes
) -> None:
    """Ended, reset or half closed: a failed connection; a retry may find it well again."""
    door = open_door(kit)
    loopback.always(*([sent, 0.01] if sent else []), getattr(loopback, act))
    seen = broken(door, kit, PATIENT, ConnectionFailed)
    assert len(loopback.requests) == 1 and not seen.given


@kits(WAITING)
@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\ncontent-type: te"], ids=len)
def test_head_that_stalls(kit: Kit, open_door: Open, loopback: Any, sent: bytes) -> None:
    """The first byte is waited for as long as its timeout says."""
    loopback.always(sent, loopback.HOLD)
    error = broken(open_door(kit), kit, HASTY_HEAD, TimedOut).error
    assert isinstance(error, TimedOut) and error.phase == "first_byte"


@kits(WAITING)
def test_head_that_drips(kit: Kit, open_door: Open, loopback: Any) -> None:
    """A byte at a time is no progress."""
    loopback.always(b"HTTP/1.1 200 OK\r\nx: ", *[0.05, b"y"] * 100)
    error = broken(open_door(kit), kit, HASTY_HEAD, TimedOut).error
    assert isinstance(error, TimedOut) and error.phase == "first_byte"


@kits(ALL)
def test_garbage_in_place_of_http(kit: Kit, open_door: Open, loopback: Any) -> None:
    """Bytes that are no HTTP are a failed connection."""
    noise = random.Random(7).randbytes(2000).replace(b"\n", b"")
    loopback.always(noise + b"\r\n\r\n", loopback.HOLD)
    broken(open_door(kit), kit, PATIENT, ConnectionFailed)


# ---- errors that the service tells


@kits(ALL)
@pytest.mark.parametrize("delay", [None, "0", "1"])
def test_busy_service(kit: Kit, open_door: Open, loopback: Any, delay: str | None) -> None:
    """429 with and without a delay: a rate limit, asked again three times in all, no more."""
    headers = {} if delay is None else {"retry_after": delay}
    loopback.always(loopback.reply(b'{"error": {"message": "slow down"}}', 429, **headers))
    door = open_door(kit, retries=2 if delay != "1" else 0)
    error = run(door, kit, PATIENT).error
    assert isinstance(error, RateLimitError) and "slow down" in str(error)
    assert error.retry_after == (None if delay is None else float(delay))
    assert len(loopback.requests) == (1 if delay == "1" else 3)
    assert door.watch.is_clean(kept=1)


@kits(ALL)
@pytest.mark.parametrize("status", [500, 502, 503, 504] if IS_WHOLE else [500, 503])
@pytest.mark.parametrize("body", [b"", b"<html>Bad gateway</html>", b'{"error": {"message": "x"}}'])
def test_broken_service(kit: Kit, open_door: Open, loopback: Any, status: int, body: bytes) -> None:
    """5xx: the service is at fault; a retry may find it well."""
    door = open_door(kit, retries=2)
    loopback.answer(loopback.reply(body, status))
    loopback.answer(loopback.reply(body, status))
    loopback.answer(*loopback.chunked(*kit.pieces, content_type=kit.content_type))
    assert run(door, kit, PATIENT).result == kit.text
    loopback.always(loopback.reply(body, status))
    error = run(door, kit, PATIENT).error
    assert isinstance(error, ServerUnavailableError) and error.status == status
    assert len(loopback.requests) == 6 and door.watch.is_clean(kept=1)


@kits(WAITING)
def test_error_whose_body_stalls(kit: Kit, open_door: Open, loopback: Any) -> None:
    """An error that is not told to its end is a timeout, and not a hang."""
    head = loopback.head(500, framing="content-length: 100")
    loopback.always(head + b'{"err', loopback.HOLD)
    broken(open_door(kit), kit, HASTY_BODY, TimedOut)


# ---- inside the body


@kits(WAITING)
@pytest.mark.parametrize("count", [0, 1, 3])
def test_body_that_stalls(kit: Kit, open_door: Open, loopback: Any, count: int) -> None:
    """A pause longer than allowed ends the call; what had come is kept."""
    sent = (
        kit.pieces[:count] if kit.name != "plain" else [kit.body[i : i + 4] for i in range(count)]
    )
    loopback.always(*begun(loopback, kit, *sent), loopback.HOLD)
    error = broken(open_door(kit, retries=2), kit, HASTY_BODY, TimedOut).error
    assert isinstance(error, TimedOut) and error.phase == "between_chunks"
    assert len(loopback.requests) == 1


@kits(STREAMS)
@pytest.mark.parametrize("act", ["CLOSE", "DROP", "HALF"])
@pytest.mark.parametrize("count", [1, 3])
def test_body_that_breaks(kit: Kit, open_door: Open, loopback: Any, act: str, count: int) -> None:
    """An end that is none keeps what had come, and is never asked for again."""
    pieces = kit.pieces[:count]
    loopback.always(*begun(loopback, kit, *pieces), 0.02, getattr(loopback, act))
    seen = broken(open_door(kit, retries=2), kit, PATIENT, StreamInterrupted)
    assert seen.given and not seen.error.is_retryable  # type: ignore[union-attr]
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("act", ["CLOSE", "DROP", "HALF"])
def test_whole_reply_that_breaks(open_door: Open, loopback: Any, act: str) -> None:
    """Nothing of a plain reply has been given out, so it is asked for again."""
    kit = KITS["plain"]
    door = open_door(kit, retries=2)
    cut = [*begun(loopback, kit, kit.body[:10]), 0.02, getattr(loopback, act)]
    loopback.answer(*cut)
    loopback.answer(*loopback.chunked(*kit.pieces, content_type=kit.content_type))
    assert run(door, kit, PATIENT).result == kit.text
    loopback.always(*cut)
    assert isinstance(run(door, kit, PATIENT).error, ConnectionFailed)
    assert len(loopback.requests) == 5 and door.watch.is_clean()


@kits(WAITING)
def test_body_that_drips(kit: Kit, open_door: Open, loopback: Any) -> None:
    """Each byte comes in time, the whole does not."""
    drip = [step for byte in kit.body for step in (0.02, loopback.chunk(bytes([byte])))]
    loopback.always(*begun(loopback, kit), *drip)
    error = broken(open_door(kit), kit, LATE, TimedOut).error
    assert isinstance(error, TimedOut) and error.phase == "total"


@kits([name for name in WAITING if KITS[name].ping])
def test_signs_of_life_alone(kit: Kit, open_door: Open, loopback: Any) -> None:
    """Endless pings end at the total timeout."""
    first = kit.pieces[:1] if kit.name != "plain" else ()
    pings = [0.02, loopback.chunk(kit.ping)] * 100
    loopback.always(*begun(loopback, kit, *first), *pings)
    seen = broken(open_door(kit), kit, LATE, TimedOut)
    assert isinstance(seen.error, TimedOut) and seen.error.phase == "total"
    assert bool(seen.given) is (kit.name != "plain")


@kits(STREAMS)
def test_length_that_is_too_long(kit: Kit, open_door: Open, loopback: Any) -> None:
    """A head that promises more than comes: the stream broke."""
    head = loopback.head(
        200, framing=f"content-length: {len(kit.body) + 10}", content_type=kit.content_type
    )
    sent = kit.body if kit.name == "bytes" else b"".join(kit.pieces[:3])
    loopback.always(head + sent, 0.02, loopback.CLOSE)
    seen = broken(open_door(kit), kit, PATIENT, StreamInterrupted)
    assert seen.given


@kits(EVENTS)
def test_length_that_is_too_short(kit: Kit, open_door: Open, loopback: Any) -> None:
    """A head that promises less than comes: the rest answers nothing, and nobody."""
    door = open_door(kit)
    short = len(b"".join(kit.pieces[:2])) + 3
    head = loopback.head(200, framing=f"content-length: {short}", content_type=kit.content_type)
    loopback.answer(head + kit.body)
    seen = broken(door, kit, PATIENT, StreamInterrupted, ReplyError)
    assert seen.given
    loopback.answer(*loopback.chunked(*kit.pieces, content_type=kit.content_type))
    assert run(door, kit, PATIENT).result == kit.text and loopback.connections == 2


@kits(ALL)
def test_gzip_bomb(kit: Kit, open_door: Open, loopback: Any) -> None:
    """What unpacks without end is given up at a limit."""
    bomb = loopback.chunk(gzip.compress(bytes(2**24), 9) * 14)
    head = loopback.head(
        200,
        framing="transfer-encoding: chunked",
        content_type=kit.content_type,
        content_encoding="gzip",
    )
    loopback.always(head + bomb, loopback.HOLD)
    seen = run(open_door(kit), kit, PATIENT)
    assert isinstance(seen.error, LimitExceeded | ReplyError | StreamInterrupted)
    seen.given.clear()
    assert loopback.wait_for(lambda: loopback.alive == 0)


@kits([name for name in ALL if KITS[name].endless])
def test_endless_value(kit: Kit, open_door: Open, loopback: Any) -> None:
    """A line, element or body without an end is given up at its limit."""
    piece = loopback.chunk(b"x" * 2**20)
    count = 220 if kit.name == "bytes" else 110 if kit.name == "plain" else 20
    loopback.always(*begun(loopback, kit, kit.endless), *[piece] * count, loopback.HOLD)
    seen = run(open_door(kit), kit, PATIENT | {"total": 15.0})
    assert isinstance(seen.error, LimitExceeded)
    seen.given.clear()
    seen.error = None
    assert loopback.wait_for(lambda: loopback.alive == 0)


@kits(EVENTS)
@pytest.mark.parametrize("seed", range(3))
def test_garbage_in_the_body(kit: Kit, open_door: Open, loopback: Any, seed: int) -> None:
    """Noise behind a good beginning is a fault of the reply; the beginning is kept."""
    noise = random.Random(seed).randbytes(3000)
    loopback.always(*begun(loopback, kit, kit.pieces[0], noise), 0.02, loopback.CLOSE)
    door = open_door(kit, retries=2)
    seen = run(door, kit, PATIENT)
    assert isinstance(seen.error, ReplyError | StreamInterrupted | LimitExceeded), repr(seen.error)
    assert seen.heard.startswith("Hel") and len(loopback.requests) == 1
    assert door.watch.is_clean()


@kits(EVENTS)
def test_error_in_the_stream(kit: Kit, open_door: Open, loopback: Any) -> None:
    """An error behind text is the error of the call, and is not tried again."""
    from chaos_kits import message

    fault = json.dumps({"error": {"message": "overloaded"}}).encode()
    framed = {
        "sse": b"data: %b\n\n" % fault,
        "ndjson": fault + b"\n",
        "json_array": b"," + fault + b"]",
        "aws_eventstream": message(fault),
    }[kit.name]
    loopback.always(*begun(loopback, kit, *kit.pieces[:2], framed), loopback.HOLD)
    seen = broken(open_door(kit, retries=2), kit, PATIENT, ServerUnavailableError)
    assert seen.given and len(loopback.requests) == 1


# ---- afterwards


@kits(ALL)
@pytest.mark.parametrize("fault", ["cut", "stall", "garbage"])
def test_call_after_a_fault_has_a_connection_of_its_own(
    kit: Kit, open_door: Open, loopback: Any, fault: str
) -> None:
    """What was left of a broken exchange is no part of the next one."""
    door = open_door(kit)
    first = kit.body[: len(kit.pieces[0])]
    if fault == "garbage":
        loopback.answer(b"\x00" * 100 + b"\r\n\r\n", loopback.HOLD)
    else:
        act = loopback.CLOSE if fault == "cut" else loopback.HOLD
        loopback.answer(*begun(loopback, kit, first[: len(first) // 2 + 1]), 0.02, act)
    assert run(door, kit, HASTY_BODY).error is not None
    loopback.answer(*loopback.chunked(*kit.pieces, content_type=kit.content_type))
    seen = run(door, kit, PATIENT)
    assert seen.error is None and seen.result == kit.text
    assert loopback.connections == 2 and door.watch.is_clean(kept=1)


@kits(ALL)
def test_kept_connection_that_died_is_replaced(kit: Kit, open_door: Open, loopback: Any) -> None:
    """A connection that the server closed while it idled costs no call."""
    door = open_door(kit)
    good = loopback.chunked(*kit.pieces, content_type=kit.content_type)
    loopback.answer(*good, loopback.CLOSE)
    loopback.answer(*good)
    assert [run(door, kit, PATIENT).result for _ in range(2)] == [kit.text] * 2
    assert door.watch.is_clean(kept=1)
