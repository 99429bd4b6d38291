"""Server-sent events beyond what all framings share."""

from __future__ import annotations

import pytest

from model_runtime.errors import LimitExceeded
from model_runtime.framing import Frame, looks_like_sse
from model_runtime.framing.sse import SseFraming


def read(raw: bytes, size: int = 10**6) -> list[Frame]:
    """Read a whole stream in chunks of one size."""
    framing = SseFraming()
    frames = [f for at in range(0, len(raw), size) for f in framing.feed(raw[at : at + size])]
    return frames + framing.finish()


def data(raw: bytes) -> list[str | bytes]:
    """The data of every event, checked to be the same when the bytes come one by one."""
    found = [frame.data for frame in read(raw)]
    assert found == [frame.data for frame in read(raw, 1)]
    return found


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"data: a\n\n", ["a"]),
        (b"data:a\n\n", ["a"]),
        (b"data:  a\n\n", [" a"]),
        (b"data\n\n", [""]),
        (b"data:\n\n", [""]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data: a\ndata\ndata: b\n\n", ["a\n\nb"]),
        (b" data: a\n\n\t data: b\n\n", ["a", "b"]),
        (b"\n\n\ndata: a\n\n\n\ndata: b\n\n", ["a", "b"]),
        (b": note\ndata: a\n: note\n\n", ["a"]),
        (b"meta: x\ndata: a\nother\n\n", ["a"]),
        (b"retry: 10\n\ndata: a\n\n", ["a"]),
        (b"event: nothing\n\ndata: a\n\n", ["a"]),
        (b"dat: a\nDATA: b\n\n", []),
        (b"data: a:b: c\n\n", ["a:b: c"]),
        (b"data: a\n\ndata: [DONE]", ["a", "[DONE]"]),
        (b"data: a\n\ndata: b\n", ["a", "b"]),
        (b"data: a\r\n\r\ndata: b\n\ndata: c\r\rdata: d\r\n\n", ["a", "b", "c", "d"]),
        (b"\xef\xbb\xbfdata: a\n\n", ["a"]),
        (b"\xef\xbb\xbf", []),
        (b"data: \xef\xbb\xbfa\n\n", ["\ufeffa"]),
        (b"data: \xff\xc3\n\ndata: b\n\n", ["\ufffd\ufffd", "b"]),
        (
            "data: a\u2028b\u2029c\u0085d\x0b\x0ce\x1cf\n\n".encode(),
            ["a\u2028b\u2029c\u0085d\x0b\x0ce\x1cf"],
        ),
        (b"", []),
        (b"\n\r\n\r", []),
    ],
)
def test_stream_gives_its_events(raw: bytes, expected: list[str]) -> None:
    """Lines, fields and ends are read as the standard says, with the two tolerances."""
    assert data(raw) == expected


def test_event_name_is_read_before_and_after_the_data() -> None:
    """One service sends the data line first."""
    frames = read(b"data: 1\nevent: a\n\nevent: b\ndata: 2\n\ndata: 3\n\nevent:\ndata: 4\n\n")
    assert [frame.event for frame in frames] == ["a", "b", None, None]


def test_id_stays_until_the_next_one() -> None:
    """The last id of the stream is that of every later event; one with NUL is ignored."""
    frames = read(b"data: 0\n\nid: 7\ndata: 1\n\ndata: 2\n\nid: x\0\ndata: 3\n\nid\ndata: 4\n\n")
    assert [frame.id for frame in frames] == [None, "7", "7", "7", ""]


def test_headers_of_a_frame_hold_what_was_sent() -> None:
    """Event and id can be read as headers."""
    assert read(b"event: a\nid: 1\ndata: x\n\n")[0].headers == {"event": "a", "id": "1"}
    assert read(b"data: x\n\n")[0].headers == {}


def test_event_is_handed_on_at_the_blank_line_although_cr_may_become_crlf() -> None:
    """A blank line that ends in CR is not held back to see whether LF follows."""
    framing = SseFraming()
    assert [frame.data for frame in framing.feed(b"data: a\r\r")] == ["a"]
    assert framing.feed(b"\n") == []
    assert [frame.data for frame in framing.feed(b"data: b\r\n\r\n")] == ["b"]


@pytest.mark.parametrize(
    ("raw", "is_whole"),
    [(b"data: a\n\n", True), (b"data: a\n\n: bye\n", True), (b"data: a\n", False), (b"da", False)],
    ids=["ended", "comment", "no blank line", "half a field"],
)
def test_unfinished_event_makes_the_stream_not_whole(raw: bytes, is_whole: bool) -> None:
    """Only blank lines and comments may follow the last event."""
    framing = SseFraming()
    framing.feed(raw)
    framing.finish()
    assert framing.is_whole is is_whole


def test_event_of_endless_lines_is_refused() -> None:
    """Lines without a blank line between them are one event, which has a limit."""
    framing = SseFraming(max_frame_bytes=1000)
    with pytest.raises(LimitExceeded, match="sse stream"):
        for _ in range(1000):
            framing.feed(b"data: abc\n")


def test_many_events_in_one_chunk_may_exceed_the_limit_of_one() -> None:
    """The limit is for an event, not for a chunk."""
    framing = SseFraming(max_frame_bytes=1000)
    assert len(framing.feed(b"data: abc\n\n" * 1000)) == 1000


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        (b"data: x", True),
        (b": ping", True),
        (b"\xef\xbb\xbf\r\n event: a", True),
        (b"id:1\nevent:result\n", True),
        (b"retry: 3\n", True),
        (b"meta: x\ndata: y\n", True),
        (b'{"error": 1}', False),
        (b'\n \n\n{"id": 1}', False),
        (b"[{", False),
        (b"<html>", False),
        (b'"text"', False),
        (b"", None),
        (b" \r\n\n", None),
        (b"da", None),
        (b"Bad Gateway", None),
        (b"Bad Gateway " * 1000, False),
    ],
)
def test_content_tells_an_event_stream(prefix: bytes, expected: bool | None) -> None:
    """The first bytes decide, whatever the content type says; too few decide nothing."""
    assert looks_like_sse(prefix) is expected
