"""What all framings promise alike: cuts do not matter, and nothing is lost or held up."""

from __future__ import annotations

import json
import struct
import sys
from binascii import crc32
from collections.abc import Callable
from types import FrameType

import pytest

from model_runtime.errors import LimitExceeded
from model_runtime.framing import FRAMINGS

Seen = list[tuple[str | bytes, str | None]]

TEXT = "caf\u00e9 \u4f60\u597d \U0001f600 line\u2028next\u0085end"
VALUES = [{"n": index, "text": TEXT, "tricky": '}{ ],["\\'} for index in range(4)]
LINES = [json.dumps(value, ensure_ascii=False) for value in VALUES]


def message(event: str, payload: bytes) -> bytes:
    """Build one binary event-stream message."""
    headers = b""
    for name, value in ((":event-type", event), (":content-type", "application/json")):
        headers += struct.pack("B", len(name)) + name.encode()
        headers += struct.pack(">BH", 7, len(value)) + value.encode()
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    prelude += struct.pack(">I", crc32(prelude))
    return prelude + headers + payload + struct.pack(">I", crc32(prelude + headers + payload))


SSE = "".join(f"event: e{i}\ndata: {line}\n\n" for i, line in enumerate(LINES))
SAMPLES: dict[str, tuple[str, bytes, Seen]] = {
    "sse lf": ("sse", SSE.encode(), [(line, f"e{i}") for i, line in enumerate(LINES)]),
    "sse crlf": (
        "sse",
        SSE.replace("\n", "\r\n").encode(),
        [(line, f"e{i}") for i, line in enumerate(LINES)],
    ),
    "sse cr": (
        "sse",
        SSE.replace("\n", "\r").encode(),
        [(line, f"e{i}") for i, line in enumerate(LINES)],
    ),
    "sse bom and comments": (
        "sse",
        "".join(["\ufeff: hello\n\n", *(f": ping\n\ndata: {line}\n\n" for line in LINES)]).encode(),
        [(line, None) for line in LINES],
    ),
    "ndjson": ("ndjson", "\n".join([*LINES, ""]).encode(), [(line, None) for line in LINES]),
    "ndjson crlf": ("ndjson", "\r\n".join([*LINES, ""]).encode(), [(line, None) for line in LINES]),
    "ndjson joined": ("ndjson", "".join(LINES).encode(), [(line, None) for line in LINES]),
    "delimited": (
        "delimited",
        "\n\n".join([*LINES, ""]).encode(),
        [(line, None) for line in LINES],
    ),
    "delimited with data": (
        "delimited",
        ("\ufeff: hello\n\n" + "".join(f"data:{line}\n\n\n\n" for line in LINES)).encode(),
        [(line, None) for line in LINES],
    ),
    "json_array": (
        "json_array",
        f"[{', '.join(LINES)}\n]\n".encode(),
        [(line, None) for line in LINES],
    ),
    "json_array bom": (
        "json_array",
        ("\ufeff\r\n[" + "\r\n,\r\n".join(LINES) + "]").encode(),
        [(line, None) for line in LINES],
    ),
    "aws_eventstream": (
        "aws_eventstream",
        b"".join(message(f"e{i}", line.encode()) for i, line in enumerate(LINES)),
        [(line, f"e{i}") for i, line in enumerate(LINES)],
    ),
}


def read(kind: str, chunks: list[bytes]) -> tuple[Seen, bool]:
    """Return every frame of the chunks, and whether the stream was whole."""
    framing = FRAMINGS[kind].from_spec({})
    frames = [frame for chunk in chunks for frame in framing.feed(chunk)]
    frames += framing.finish()
    return [(frame.data, frame.event) for frame in frames], framing.is_whole


def cut(raw: bytes, size: int) -> list[bytes]:
    """Cut bytes into chunks of one size."""
    return [raw[at : at + size] for at in range(0, len(raw), size)]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 64, 10**6])
def test_chunk_size_does_not_change_the_frames(name: str, size: int) -> None:
    """Chunks of any size give the frames of the whole."""
    kind, raw, expected = SAMPLES[name]
    assert read(kind, cut(raw, size)) == (expected, True)


@pytest.mark.parametrize("name", SAMPLES)
def test_every_split_point_gives_the_same_frames(name: str) -> None:
    """Two chunks, split anywhere, also inside a character or an escape, give the same frames."""
    kind, raw, expected = SAMPLES[name]
    for at in range(len(raw) + 1):
        assert read(kind, [raw[:at], b"", raw[at:]]) == (expected, True), at


@pytest.mark.parametrize("name", SAMPLES)
def test_truncation_anywhere_loses_no_whole_frame(name: str) -> None:
    """A stream cut off gives its whole frames, at most one more, and never raises."""
    kind, raw, expected = SAMPLES[name]
    for end in range(len(raw)):
        framing = FRAMINGS[kind].from_spec({})
        whole = framing.feed(raw[:end])
        rest = framing.finish()
        count = len(whole)
        assert [(frame.data, frame.event) for frame in whole] == expected[:count], end
        assert len(rest) <= 1
        if rest and framing.is_whole:
            assert rest[0].data == expected[count][0]


@pytest.mark.parametrize("name", SAMPLES)
def test_frames_come_before_the_stream_ends(name: str) -> None:
    """No frame waits for the one after it."""
    kind, raw, expected = SAMPLES[name]
    framing = FRAMINGS[kind].from_spec({})
    assert len([frame for byte in cut(raw, 1) for frame in framing.feed(byte)]) == len(expected)


@pytest.mark.parametrize("kind", sorted(FRAMINGS))
def test_empty_stream_gives_no_frame(kind: str) -> None:
    """A body without a byte has no frames and is whole."""
    assert read(kind, []) == ([], True)


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        ("sse", b"data: "),
        ("ndjson", b'{"a": "'),
        ("json_array", b'[{"a": "'),
        ("delimited", b'{"a": "'),
    ],
    ids=["sse", "ndjson", "json_array", "delimited"],
)
def test_endless_frame_is_refused(kind: str, head: bytes) -> None:
    """A frame without an end stops at the limit, also when it comes in one chunk."""
    for size in (100, 10**6):
        framing = FRAMINGS[kind].from_spec({"max_frame_bytes": 2000})
        with pytest.raises(LimitExceeded, match="2000 bytes"):
            for chunk in cut(head + b"x" * 5000 + b"\n\n", size):
                framing.feed(chunk)


def count_calls(work: Callable[[], object]) -> int:
    """Count the calls that some work makes, of Python and of C functions."""
    calls = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize(
    "kind", [kind for kind in sorted(FRAMINGS) if kind not in ("bytes", "aws_eventstream")]
)
@pytest.mark.parametrize("size", [1, 50], ids=["bytes", "chunks"])
def test_work_grows_with_the_stream_and_no_faster(kind: str, size: int) -> None:
    """Ten times the length of one frame takes ten times the calls."""
    heads = {"sse": b"data: ", "ndjson": b"", "json_array": b"[", "delimited": b""}
    tails = {"sse": b"\n\n", "ndjson": b"\n", "json_array": b"]", "delimited": b"\n\n"}

    def calls(length: int) -> int:
        value = json.dumps({"a": ["b"] * length, "text": "}\\" * length}).encode()
        chunks = cut(heads[kind] + value + tails[kind], size)
        return count_calls(lambda: read(kind, chunks))

    assert calls(5000) < 12 * calls(500)
