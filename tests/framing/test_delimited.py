"""Values between texts of a service's own, beyond what all framings share."""

from __future__ import annotations

import pytest

from model_runtime.framing.delimited import DelimitedFraming


def read(raw: bytes, delimiter: str, size: int) -> tuple[list[str | bytes], bool]:
    """Read a whole stream in chunks of one size; also whether it was whole."""
    framing = DelimitedFraming.from_spec({"delimiter": delimiter})
    frames = [f for at in range(0, len(raw), size) for f in framing.feed(raw[at : at + size])]
    frames += framing.finish()
    return [frame.data for frame in frames], framing.is_whole


@pytest.mark.parametrize("size", [1, 10**6], ids=["bytes", "whole"])
@pytest.mark.parametrize(
    ("raw", "delimiter", "expected"),
    [
        (b'{"a":1}<END>{"b":2}<END>', "<END>", ['{"a":1}', '{"b":2}']),
        (b'{"a":1}<EN<END> data: {"b":2} ', "<END>", ['{"a":1}<EN', '{"b":2}']),
        (b'\n{"a":\n1}\r\n\r\n{"b":2}\r\n\r\n', "\r\n\r\n", ['{"a":\n1}', '{"b":2}']),
        ('{"a":1}\u001e\u4f60{"b":2}'.encode(), "\u001e\u4f60", ['{"a":1}', '{"b":2}']),
        (b'\xef\xbb\xbf{"a":1}\n: ping\n\n[DONE]', "\n", ['{"a":1}', "[DONE]"]),
        (b"aaa", "aa", ["a"]),
    ],
)
def test_values_are_cut_at_the_delimiter(
    raw: bytes, delimiter: str, expected: list[str], size: int
) -> None:
    """Wherever the bytes are cut, also inside of it; the last value needs none behind it."""
    assert read(raw, delimiter, size)[0] == expected


@pytest.mark.parametrize(
    ("raw", "is_whole"), [(b"", True), (b'{"a":1}', True), (b'{"a":', False), (b"[DONE", False)]
)
def test_last_value_is_whole_when_it_is_json(raw: bytes, is_whole: bool) -> None:
    """Nothing else tells a value that was cut short."""
    assert read(raw, "\n\n", 99)[1] is is_whole
