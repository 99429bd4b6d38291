"""The binary event stream beyond what all framings share."""

from __future__ import annotations

import struct
import sys
from binascii import crc32

import pytest

from model_runtime.errors import LimitExceeded, MissingExtra, ReplyError
from model_runtime.framing.aws_eventstream import AwsEventStreamFraming
from model_runtime.framing.base import cut

EXCEPTION = {
    ":message-type": "exception",
    ":exception-type": "throttlingException",
    ":content-type": "application/json",
}


def message(headers: dict[str, str], payload: bytes, *, raw_headers: bytes | None = None) -> bytes:
    """Build one message."""
    packed = b"".join(
        struct.pack("B", len(name))
        + name.encode()
        + struct.pack(">BH", 7, len(value))
        + value.encode()
        for name, value in headers.items()
    )
    packed = packed if raw_headers is None else raw_headers
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    prelude += struct.pack(">I", crc32(prelude))
    return prelude + packed + payload + struct.pack(">I", crc32(prelude + packed + payload))


def prelude(total: int, headers: int) -> bytes:
    """Build the head of a message with a right checksum."""
    lengths = struct.pack(">II", total, headers)
    return lengths + struct.pack(">I", crc32(lengths))


def test_headers_and_event_are_read() -> None:
    """Headers stand in the frame; the event is its type, of exceptions too."""
    framing = AwsEventStreamFraming()
    (frame,) = framing.feed(message(EXCEPTION, b'{"message":"slow down"}'))
    assert (frame.event, frame.data) == ("throttlingException", '{"message":"slow down"}')
    assert frame.headers == EXCEPTION


def test_payload_that_is_no_text_stays_bytes() -> None:
    """Audio is not decoded."""
    framing = AwsEventStreamFraming()
    (frame,) = framing.feed(message({":content-type": "application/octet-stream"}, b"\xff\0"))
    assert frame.data == b"\xff\0"


def test_message_without_headers_and_payload_is_a_frame() -> None:
    """The smallest message has 16 bytes."""
    (frame,) = AwsEventStreamFraming().feed(message({}, b""))
    assert (frame.event, frame.data, dict(frame.headers)) == (None, b"", {})


@pytest.mark.parametrize("at", [0, 9, 14, 40, -1], ids=["length", "crc", "headers", "body", "end"])
def test_changed_byte_is_noticed(at: int) -> None:
    """A damaged message is an error, whichever byte is damaged, and never a hang."""
    raw = bytearray(message(EXCEPTION, b'{"message":"slow down"}'))
    raw[at] ^= 1
    with pytest.raises((ReplyError, LimitExceeded), match="aws_eventstream stream"):
        AwsEventStreamFraming().feed(bytes(raw))


@pytest.mark.parametrize(
    ("head", "error"),
    [
        (prelude(2**32 - 1, 16), LimitExceeded),
        (prelude(0, 0), ReplyError),
        (prelude(15, 0), ReplyError),
        (prelude(100, 2**32 - 1), ReplyError),
        (prelude(10**6, 200_000), ReplyError),
    ],
    ids=["4 GB", "zero", "too short", "headers longer than all", "headers too long"],
)
def test_impossible_length_is_refused_before_its_bytes_come(
    head: bytes, error: type[Exception]
) -> None:
    """Twelve bytes are enough to refuse a message."""
    with pytest.raises(error, match="aws_eventstream stream"):
        AwsEventStreamFraming().feed(head)


@pytest.mark.parametrize(
    "raw",
    [b"\x05ab", b"\x01a\x63", b"\x01a\x07\xff", b"\x01\xff\x07\0\0"],
    ids=["short name", "unknown type", "short length", "name not UTF-8"],
)
def test_malformed_headers_are_a_reply_error(raw: bytes) -> None:
    """Headers that lie about their lengths are refused, checksums notwithstanding."""
    with pytest.raises(ReplyError, match="damaged"):
        AwsEventStreamFraming().feed(message({}, b"", raw_headers=raw))


def test_message_cut_off_is_told() -> None:
    """A message without its end is not returned, and the stream was not whole."""
    framing = AwsEventStreamFraming()
    framing.feed(message(EXCEPTION, b"{}")[:-1])
    assert framing.finish() == []
    assert not framing.is_whole


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without botocore the error says what to install."""
    monkeypatch.setitem(sys.modules, "botocore.eventstream", None)
    with pytest.raises(MissingExtra, match=r"model-runtime\[aws\]"):
        AwsEventStreamFraming()


def test_messages_before_a_damaged_one_are_told_first() -> None:
    """What came whole is not lost because what came with it is damaged."""
    whole = message(EXCEPTION, b"{}")
    frames = cut(AwsEventStreamFraming(), whole + whole[:-1] + b"\0")
    assert next(frames).data
    with pytest.raises(ReplyError, match="damaged"):
        next(frames)
