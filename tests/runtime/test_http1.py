"""HTTP/1.1 as bytes: heads, bodies and what is refused, compared with an older reader."""

from __future__ import annotations

import h11
import httpx
import pytest

from model_runtime.runtime.http1 import MAX_HEAD_BYTES, ReplyReader, write_head

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"transfer-encoding: chunked\r\n\r\n"
Seen = tuple[int, bytes, bool]


def read(data: bytes, size: int, method: str = "POST") -> Seen:
    """Read a reply that ends with its connection: status, body, and whether it can be kept."""
    reader = ReplyReader(method)
    cuts = iter([data[i : i + size] for i in range(0, len(data), size)])
    while not reader.feed_head(next(cuts, b"")):
        pass
    body = reader.body.feed(reader.rest) if reader.rest else b""
    while not reader.body.is_done:
        piece = next(cuts, b"")
        if not piece:
            reader.body.finish()
            break
        body += reader.body.feed(piece)
    return reader.status, body, reader.is_reusable


def read_by_h11(data: bytes, method: str = "POST") -> Seen | None:
    """The same by the library that httpx uses; None where it refuses."""
    machine = h11.Connection(h11.CLIENT)
    machine.send(h11.Request(method=method, target="/", headers=[("host", "a.test")]))
    machine.send(h11.EndOfMessage())
    machine.receive_data(data)
    body, status, has_ended = b"", 0, False
    try:
        while True:
            event = machine.next_event()
            if event is h11.NEED_DATA:
                assert not has_ended
                machine.receive_data(b"")
                has_ended = True
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            elif not isinstance(event, h11.InformationalResponse):
                return (
                    status,
                    body,
                    machine.their_state is h11.DONE and not machine.trailing_data[0],
                )
    except h11.RemoteProtocolError:
        return None


REPLIES = {
    "sized": OK + b"content-length: 3\r\n\r\nabc",
    "empty": OK + b"content-length: 0\r\n\r\n",
    "lengths-that-agree": OK + b"content-length: 3\r\ncontent-length: 3\r\n\r\nabc",
    "lengths-that-agree-in-one-line": OK + b"content-length: 3, 3\r\n\r\nabc",
    "lengths-that-differ": OK + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    "length-with-sign": OK + b"content-length: +3\r\n\r\nabc",
    "length-with-underscore": OK + b"content-length: 1_0\r\n\r\n0123456789",
    "length-negative": OK + b"content-length: -1\r\n\r\n",
    "length-blank": OK + b"content-length:\r\n\r\n",
    "short-of-its-length": OK + b"content-length: 5\r\n\r\nabc",
    "until-close": OK + b"\r\nabc",
    "closes": OK + b"Connection: Close\r\ncontent-length: 3\r\n\r\nabc",
    "old": b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nabc",
    "chunked": CHUNKED + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "chunked-upper-hex": CHUNKED + b"A\r\n0123456789\r\n0\r\n\r\n",
    "chunked-with-extension": CHUNKED + b'3;a=b;c="d"\r\nabc\r\n0\r\n\r\n',
    "chunked-with-trailer": CHUNKED + b"3\r\nabc\r\n0\r\nx-end: 1\r\nx-two: 2\r\n\r\n",
    "chunked-cut-in-data": CHUNKED + b"3\r\nab",
    "chunked-cut-before-last": CHUNKED + b"3\r\nabc\r\n",
    "chunked-cut-in-trailer": CHUNKED + b"3\r\nabc\r\n0\r\n",
    "chunk-longer-than-told": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "chunk-without-length": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "chunk-length-with-sign": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "chunk-length-with-prefix": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "chunk-line-with-lf": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "chunked-and-sized": OK
    + b"transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "gzip-chunked": OK + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "no-content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "not-modified-with-length": b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n",
    "hints-first": b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n"
    + OK
    + b"content-length: 0\r\n\r\n",
    "lf-only": b"HTTP/1.1 200 OK\ncontent-length: 3\n\nabc",
    "no-reason": b"HTTP/1.1 200\r\ncontent-length: 0\r\n\r\n",
    "folded": OK + b"x-a: 1\r\n  2\r\ncontent-length: 0\r\n\r\n",
    "folded-at-first": OK + b" x-a: 1\r\ncontent-length: 0\r\n\r\n",
    "blank-before-colon": OK + b"content-length : 3\r\n\r\nabc",
    "no-colon": OK + b"content-length\r\n\r\n",
    "null-in-value": OK + b"x-a: \x00\r\ncontent-length: 0\r\n\r\n",
    "not-http": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "http-2": b"HTTP/2 200 OK\r\ncontent-length: 0\r\n\r\n",
    "status-of-two-digits": b"HTTP/1.1 20 OK\r\n\r\n",
    "nothing": b"",
    "half-a-head": OK + b"content-le",
}
# Here we are stricter on purpose: after two lengths, or none, a connection is not used again.
STRICTER = {"chunked-and-sized", "until-close"}


@pytest.mark.parametrize("name", REPLIES)
def test_reply_is_read_as_by_h11_however_it_is_cut(name: str) -> None:
    """Both readers take the same replies, refuse the same, and find the same bytes."""
    data = REPLIES[name]
    expected = read_by_h11(data)
    if expected is not None and name in STRICTER:
        expected = (*expected[:2], False)
    for size in (1, 2, 3, 7, 1000):
        if expected is None:
            with pytest.raises(httpx.RemoteProtocolError):
                read(data, size)
        else:
            assert read(data, size) == expected


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(OK + b"content-length: 1\r\n\r\nab", id="sized"),
        pytest.param(OK + b"content-length: 0\r\n\r\nb", id="empty"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\n\r\nb", id="chunked"),
        pytest.param(b"HTTP/1.1 204 No Content\r\n\r\nb", id="no-content"),
    ],
)
def test_connection_with_bytes_behind_a_reply_is_not_kept(data: bytes) -> None:
    """What nobody asked for must never be read as the reply to the next request."""
    assert not read(data, 1000)[2]


def test_reply_to_head_has_no_body() -> None:
    """The length of such a reply is that of a body that is not sent."""
    assert read(OK + b"content-length: 9\r\n\r\n", 1000, "HEAD") == (200, b"", True)


def test_switch_of_protocols_is_refused() -> None:
    """Nobody asked for another protocol."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(b"HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n", 1000)


@pytest.mark.parametrize(
    "flood",
    [
        pytest.param(b"x" * MAX_HEAD_BYTES, id="status-line"),
        pytest.param(OK + b"x-a: b\r\n" * MAX_HEAD_BYTES, id="headers"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"x" * MAX_HEAD_BYTES, id="header-line"),
        pytest.param(CHUNKED + b"1" * MAX_HEAD_BYTES, id="chunk-length"),
        pytest.param(CHUNKED + b"1;" + b"x" * MAX_HEAD_BYTES, id="chunk-extension"),
        pytest.param(CHUNKED + b"0\r\n" + b"x-a: b\r\n" * MAX_HEAD_BYTES, id="trailer"),
        pytest.param(CHUNKED + b"0\r\n" + b"x" * MAX_HEAD_BYTES * 2, id="trailer-line"),
    ],
)
def test_head_line_or_trailer_without_end_is_refused(flood: bytes) -> None:
    """A server cannot make us hold more than a bounded number of bytes."""
    with pytest.raises(httpx.RemoteProtocolError):
        read(flood, 10_000)


def test_chunks_that_come_together_are_handed_on_together() -> None:
    """A stream costs by the read, not by the chunk."""
    reader = ReplyReader("POST")
    assert reader.feed_head(CHUNKED + b"1\r\na\r\n2\r\nbc\r\n3\r\nd")
    assert reader.body.feed(reader.rest) == b"abcd"
    assert reader.body.feed(b"ef\r\n0\r\n\r\n") == b"ef"
    assert reader.body.is_done


def test_head_is_written_line_by_line() -> None:
    """What is sent is what a server expects, in the order given."""
    head = write_head("POST", b"/v1?a=%20", [(b"host", b"a.test"), (b"x-name", b"Zo\xeb b")])
    assert head == b"POST /v1?a=%20 HTTP/1.1\r\nhost: a.test\r\nx-name: Zo\xeb b\r\n\r\n"


@pytest.mark.parametrize(
    ("method", "target", "header"),
    [
        pytest.param("GET /x HTTP/1.1\r\n", b"/", (b"a", b"b"), id="method"),
        pytest.param("GET", b"/ HTTP/1.1\r\nx: y", (b"a", b"b"), id="target"),
        pytest.param("GET", b"/", (b"a\r\nx", b"b"), id="name"),
        pytest.param("GET", b"/", (b"a:", b"b"), id="name-with-colon"),
        pytest.param("GET", b"/", (b"", b"b"), id="no-name"),
        pytest.param("GET", b"/", (b"a", b"b\r\nx: y"), id="value"),
        pytest.param("GET", b"/", (b"a", b"b\nx: y"), id="value-with-lf"),
        pytest.param("GET", b"/", (b"a", b"b\n"), id="value-with-last-lf"),
        pytest.param("GET", b"/", (b"a", b"b\x00"), id="null"),
        pytest.param("GET", b"/", (b"a", b" b"), id="blank-before"),
        pytest.param("GET", b"/", (b"a", b"b "), id="blank-behind"),
    ],
)
def test_request_that_would_break_its_head_is_refused(
    method: str, target: bytes, header: tuple[bytes, bytes]
) -> None:
    """No value can add a header or a second request."""
    with pytest.raises(httpx.LocalProtocolError):
        write_head(method, target, [header])
