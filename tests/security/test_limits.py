"""Mitigation 9: whatever a server sends, a call ends: each limit, one by one, at its real size."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from model_runtime.accumulate import MAX_RAW_FRAMES, MAX_TOOL_CALLS
from model_runtime.auth import AUTH_KINDS
from model_runtime.compile.errors_plan import ErrorsPlan
from model_runtime.compile.provider import CompiledProvider
from model_runtime.compile.stream_plan import MAX_FRAMES
from model_runtime.errors import ConnectionFailed, InvokeError, LimitExceeded, TimedOut
from model_runtime.exchange import (
    Drain,
    Flow,
    HttpReply,
    HttpRequest,
    Open,
    OpenReply,
    Send,
    Timeouts,
    Wait,
)
from model_runtime.findings import Findings
from model_runtime.flows.call import Exchange
from model_runtime.flows.retry import RetryPolicy
from model_runtime.flows.task import MAX_POLLS, run_task
from model_runtime.framing import FRAMINGS
from model_runtime.framing.base import MAX_FRAME_BYTES, cut
from model_runtime.runtime.connection import STREAM_MAX_BYTES
from model_runtime.runtime.http1 import MAX_CHUNK_LINE, MAX_HEAD_BYTES
from model_runtime.runtime.transport import MAX_HEADER_BYTES, MAX_HEADERS
from model_runtime.spec.tree import YamlMap

pytestmark = pytest.mark.timeout(30)

Ask = Callable[..., Any]
SSE = {"content_type": "text/event-stream"}
SHORT = 0.3


def send(url: str, max_bytes: int = 1000, **timeouts: float | None) -> Flow[HttpReply]:
    reply = yield Open(HttpRequest(method="GET", url=url), Timeouts(**timeouts))
    return (yield Drain(reply, max_bytes))


# ---- time


@pytest.mark.parametrize("piece", [b"HTTP/1.1 200 OK\r\nx: ", b"H", b"HTTP/1.1 100 C\r\n\r\n"])
def test_head_that_drips_ends_at_the_first_byte_timeout(
    drive: Any, loopback: Any, piece: bytes
) -> None:
    """Each byte comes in time, the head does not: a byte, a header or a promise at a time."""
    drip = piece if piece.endswith(b"\n") else b"y"
    loopback.answer(piece, *[0.05, drip] * 100)
    with pytest.raises(TimedOut) as caught:
        drive.run(send(loopback.url, first_byte=SHORT))
    assert caught.value.phase == "first_byte"


@pytest.mark.parametrize(
    ("head", "drip"),
    [
        (b"transfer-encoding: chunked", b"5;" + b"x" * 10),
        (b"transfer-encoding: chunked", b"0\r\nx: y"),
        (b"content-encoding: gzip\r\ntransfer-encoding: chunked", b"1\r\n\x1f\r\n"),
    ],
    ids=["chunk_extension", "trailer", "compressed"],
)
def test_body_that_drips_without_a_byte_ends_at_the_total(
    drive: Any, loopback: Any, head: bytes, drip: bytes
) -> None:
    """What frames a body may not outlast the call, though something always comes."""
    loopback.answer(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + drip, *[0.05, b"x"] * 100)
    with pytest.raises((TimedOut, ConnectionFailed)) as caught:
        drive.run(send(loopback.url, between_chunks=10.0, total=SHORT))
    assert getattr(caught.value, "phase", "total") == "total"


def test_server_that_reads_slowly_ends_at_the_total(drive: Any) -> None:
    """A large request into a connection that nobody reads from is given up."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        request = HttpRequest(method="POST", url=url, body=bytes(50 * 2**20))

        def flow() -> Flow[HttpReply]:
            return (yield Send(request, Timeouts(total=SHORT)))

        with pytest.raises(TimedOut):
            drive.run(flow())


# ---- the head


@pytest.mark.parametrize(
    "lines",
    [
        [b"x-%d: y" % i for i in range(MAX_HEADERS + 1)],
        [b"x-%d: %b" % (i, b"y" * 1000) for i in range(MAX_HEADER_BYTES // 1000 + 1)],
    ],
    ids=["count", "size"],
)
def test_headers_are_limited(drive: Any, loopback: Any, lines: list[bytes]) -> None:
    """Their number, and their size together."""
    head = b"\r\n".join([b"HTTP/1.1 200 OK", *lines, b"content-length: 0", b"", b""])
    loopback.answer(head)
    with pytest.raises(LimitExceeded, match="headers"):
        drive.run(send(loopback.url))


@pytest.mark.parametrize(
    "flood",
    [
        b"HTTP/1.1 200 " + b"x" * MAX_HEAD_BYTES,
        b"HTTP/1.1 200 OK\r\nx: " + b"y" * MAX_HEAD_BYTES,
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * (MAX_HEAD_BYTES // 6),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;" + b"x" * MAX_CHUNK_LINE,
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n" + b"x: y\r\n" * 40_000,
    ],
    ids=["status_line", "header", "headers", "chunk_line", "trailer"],
)
def test_head_and_chunks_are_limited_before_they_are_read(
    drive: Any, loopback: Any, flood: bytes
) -> None:
    """What has no end is refused at a limit, not at the end of memory."""
    loopback.answer(flood, loopback.HOLD)
    with pytest.raises(ConnectionFailed):
        drive.run(send(loopback.url, first_byte=5.0))


# ---- the body


@cache
def bomb(size: int) -> bytes:
    """A gzip body of `size` zeros; members may follow each other."""
    return gzip.compress(bytes(2**24), 9) * (size // 2**24 + 1)


def test_body_is_counted_after_decompression(drive: Any, loopback: Any) -> None:
    """A little that unpacks to half a gigabyte is dropped at the limit, with little memory."""
    loopback.answer(loopback.reply(bomb(STREAM_MAX_BYTES), content_encoding="gzip"))
    tracemalloc.start()
    try:
        with pytest.raises(LimitExceeded, match="after decompression"):
            drive.run(send(loopback.url, max_bytes=8 * 2**20))
        assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
    finally:
        tracemalloc.stop()


class Swallowing:
    """A reader of streams that keeps nothing."""

    ended = False

    def feed(self, chunk: bytes) -> list[str]:
        return []

    def finish(self) -> list[str]:
        return []

    def result(self) -> str:
        return ""

    def partial(self) -> str:
        return "so far"


def test_stream_is_counted_after_decompression(drive: Any, loopback: Any) -> None:
    """A stream has a size of its own beyond which it is no answer, and keeps what had come."""
    loopback.answer(loopback.reply(bomb(STREAM_MAX_BYTES), content_encoding="gzip"))

    def opening() -> Flow[tuple[OpenReply, Swallowing]]:
        request = HttpRequest(method="GET", url=loopback.url)
        return (yield Open(request, Timeouts())), Swallowing()

    with pytest.raises(LimitExceeded, match=str(STREAM_MAX_BYTES)) as caught:
        drive.take(drive.stream(opening))
    assert caught.value.partial == "so far"


# ---- frames

ENDLESS = {
    "sse": [b"data: ", b"x" * 2**20],
    "ndjson": [b'{"a": "', b"x" * 2**20],
    "json_array": [b'[{"a": "', b"x" * 2**20],
    "aws_eventstream": [b"\xff" * 12],
    "bytes": [b"x" * 2**20],
    "delimited": [b"x" * 2**20],
}


@pytest.mark.parametrize("name", sorted(FRAMINGS))
def test_frame_is_limited_in_each_framing(name: str) -> None:
    """A line, an event, an element, a message or a body without an end is refused at its limit."""
    if name == "aws_eventstream":
        pytest.importorskip("botocore")
    framing = FRAMINGS[name].from_spec({})
    head, *more = ENDLESS[name]
    with pytest.raises(InvokeError) as caught:
        list(cut(framing, head))
        for _ in range(110):
            list(cut(framing, more[0] if more else head))
    assert isinstance(caught.value, LimitExceeded) or name == "aws_eventstream"


def test_event_of_many_short_lines_is_limited() -> None:
    """An event is limited as a whole, not line by line."""
    framing = FRAMINGS["sse"].from_spec({})
    lines = b"data: " + b"x" * 1000 + b"\n"
    with pytest.raises(LimitExceeded, match=str(MAX_FRAME_BYTES)):
        for _ in range(MAX_FRAME_BYTES // len(lines) + 2):
            framing.feed(lines)


def reader() -> Any:
    """The reader of a stream of a provider of one's own."""
    tree = YamlMap(None)  # type: ignore[arg-type]
    tree.update(
        {
            "spec_version": 1,
            "provider": "acme",
            "base_url": "https://a.example",
            "operations": {
                "llm": {
                    "request": {"path": "/x", "body": {}},
                    "response": {"text": "text"},
                    "stream": {"delta": {"text": "text"}, "done": "[DONE]"},
                }
            },
        }
    )
    return CompiledProvider("acme", tree, credentials={}).base_variant().llm().reader({}, ())


def test_frames_of_a_stream_are_limited() -> None:
    """A million frames without a word are no answer."""
    made = reader()
    block = b"data: \n\n" * 10_000
    with pytest.raises(LimitExceeded, match=f"more than {MAX_FRAMES} frames"):
        for _ in range(MAX_FRAMES // 10_000 + 1):
            made.feed(block)


def test_frames_without_text_are_kept_up_to_a_limit() -> None:
    """`result.raw` holds the first of them, and the call goes on."""
    made = reader()
    made.feed(b'data: {"a": 1}\n\n' * (MAX_RAW_FRAMES + 5) + b'data: {"text": "Hi"}\n\n')
    made.feed(b"data: [DONE]\n\n")
    made.finish()
    assert (made.result().text, len(made.result().raw)) == ("Hi", MAX_RAW_FRAMES)


def test_tool_calls_are_limited(ask: Ask, loopback: Any) -> None:
    """One more than the most is refused, in a stream and in a whole reply alike."""
    calls = [
        {"index": i, "id": f"c{i}", "function": {"name": "f", "arguments": "{}"}}
        for i in range(MAX_TOOL_CALLS + 1)
    ]
    delta = json.dumps({"choices": [{"delta": {"tool_calls": calls}}]}).encode()
    loopback.answer(loopback.reply(b"data: %b\n\n" % delta, **SSE))
    assert isinstance(ask("openai").stream().error, LimitExceeded)
    message = {"content": None, "tool_calls": calls[:MAX_TOOL_CALLS]}
    whole = {"choices": [{"message": message, "finish_reason": "tool_calls"}]}
    loopback.answer(loopback.reply(json.dumps(whole).encode(), content_type="application/json"))
    assert len(ask("openai").invoke().tool_calls) == MAX_TOOL_CALLS


# ---- requests


class Endless:
    """A job that never ends and never lets us wait."""

    steps: dict[str, Any] = {}
    start, factor, longest, timeout = 0.0, 1.0, 0.0, 60.0
    failure_kind = "server"
    fetch = cancel = None

    def __init__(self) -> None:
        self.job = self.submit = self.poll = self.request = self.plan = self
        self.asked = 0

    def build(self, *_: Any, **__: Any) -> HttpRequest:
        self.asked += 1
        return HttpRequest(method="GET", url="https://a.example/")

    def saved(self, reply: HttpReply) -> dict[str, Any]:
        return {}

    def status(self, reply: HttpReply) -> tuple[str, str, str]:
        return "running", f"word {self.asked} " + "x" * 1000, ""

    def is_known(self, word: str) -> bool:
        return False


def test_polls_of_a_job_are_limited() -> None:
    """A job that is never done is given up after so many questions, with few warnings."""
    job = Endless()
    exchange = Exchange(
        request=HttpRequest(method="GET", url=""),
        scope={},
        auth=AUTH_KINDS["none"].from_spec({}, None),
        errors=ErrorsPlan({}, Findings()),
        timeouts=Timeouts(),
        retry=RetryPolicy(times=0),
    )
    warnings: list[str] = []
    flow: Any = run_task(job, {}, "", {}, lambda request, scope: exchange, warnings)
    with pytest.raises(LimitExceeded, match=f"{MAX_POLLS} times"):
        ask = next(flow)
        while True:
            ask = flow.send(None if isinstance(ask, Wait) else HttpReply(200, {}, b"{}"))
    assert job.asked == MAX_POLLS + 1
    assert len(warnings) <= 100 and max(map(len, warnings)) < 200


@pytest.fixture
def listing(make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any) -> Any:
    spec = write_spec("operations: {list_models: {pages: {next: {url: next}, max: 3}}}\n")
    return make_door(specs=[spec], base_urls={"acme": loopback.url})


def test_pages_of_a_list_are_limited(listing: Any, loopback: Any) -> None:
    """A list that always has one more page ends at the most that its spec allows."""
    page = {"data": [{"id": "m"}], "next": f"{loopback.url}/models?more"}
    loopback.always(loopback.reply(json.dumps(page).encode(), content_type="application/json"))
    listing.call(lambda runtime: runtime.remote_models("acme"))
    assert len(loopback.requests) == 3


def test_retries_are_limited(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any
) -> None:
    """A service that is always busy is asked as often as the policy says, and no more."""
    loopback.always(loopback.reply(b"{}", 503, retry_after="0"))
    door = make_door(specs=[write_spec()], retries=2, base_urls={"acme": loopback.url})
    with pytest.raises(InvokeError):
        door.model("acme/m").invoke()
    assert len(loopback.requests) == 3


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    yield
    assert not tracemalloc.is_tracing()
