"""JSON lines beyond what all framings share."""

from __future__ import annotations

import pytest

from model_runtime.framing.ndjson import NdjsonFraming


def read(raw: bytes, size: int) -> list[str | bytes]:
    """Read a whole stream in chunks of one size."""
    framing = NdjsonFraming()
    frames = [f for at in range(0, len(raw), size) for f in framing.feed(raw[at : at + size])]
    return [frame.data for frame in frames + framing.finish()]


@pytest.mark.parametrize("size", [1, 10**6], ids=["bytes", "whole"])
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']),
        (b'\n\n{"a":1}\n\r\n \n{"b":2}', ['{"a":1}', '{"b":2}']),
        (b'data: {"a":1}\ndata:{"b":2}\n', ['{"a":1}', '{"b":2}']),
        (b'{"a":1}{"b":"}{"} {"c":3}\n', ['{"a":1}', '{"b":"}{"}', '{"c":3}']),
        (b'\xef\xbb\xbf{"a":1}\n', ['{"a":1}']),
        (b'1\n"two"\nnull\n', ["1", '"two"', "null"]),
        (b"data: [DONE]\n", ["[DONE]"]),
        ('{"a":"x\u2028y\u0085z"}\n'.encode(), ['{"a":"x\u2028y\u0085z"}']),
        (b'{"a":"\\"}{\\\\"}\n', ['{"a":"\\"}{\\\\"}']),
        (b"not json\n", ["not json"]),
    ],
)
def test_lines_give_values(raw: bytes, expected: list[str], size: int) -> None:
    """Each value is one frame, however it is set apart from the next."""
    assert read(raw, size) == expected


def test_value_without_line_end_is_handed_on_at_once() -> None:
    """A service that sends no line ends is not held up until its stream ends."""
    framing = NdjsonFraming()
    assert [frame.data for frame in framing.feed(b'{"a":1}')] == ['{"a":1}']
    assert framing.feed(b'{"b"') == []
    assert [frame.data for frame in framing.feed(b':"}"}')] == ['{"b":"}"}']
    assert framing.finish() == []
    assert framing.is_whole


def test_value_cut_short_is_returned_and_told() -> None:
    """Half a value comes from `finish`, and the stream was not whole."""
    framing = NdjsonFraming()
    framing.feed(b'{"a":1}\n{"b"')
    assert [frame.data for frame in framing.finish()] == ['{"b"']
    assert not framing.is_whole
