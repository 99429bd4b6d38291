"""A growing JSON array beyond what all framings share."""

from __future__ import annotations

import pytest

from model_runtime.errors import LimitExceeded
from model_runtime.framing.json_array import MAX_DEPTH, JsonArrayFraming


def read(raw: bytes, size: int) -> tuple[list[str | bytes], bool]:
    """Read a whole stream in chunks of one size."""
    framing = JsonArrayFraming()
    frames = [f for at in range(0, len(raw), size) for f in framing.feed(raw[at : at + size])]
    frames += framing.finish()
    return [frame.data for frame in frames], framing.is_whole


@pytest.mark.parametrize("size", [1, 10**6], ids=["bytes", "whole"])
@pytest.mark.parametrize(
    ("raw", "expected", "is_whole"),
    [
        (b"[]", [], True),
        (b' [ {"a":[1,2]} ,\r\n {"b":{}} ] \n', ['{"a":[1,2]}', '{"b":{}}'], True),
        (b'[1,"two,]",null,[3],-4.5]', ["1", '"two,]"', "null", "[3]", "-4.5"], True),
        (b'[{"a":"\\\\"},{"b":"\\"}]"}]', ['{"a":"\\\\"}', '{"b":"\\"}]"}'], True),
        (b'[{"a":1},{"b"', ['{"a":1}'], False),
        (b'[{"a":1},', ['{"a":1}'], False),
        (b'[{"a":1}', ['{"a":1}'], False),
        (b"[", [], False),
        (b'{"error":{"code":1}}', ['{"error":{"code":1}}'], True),
        (b'{"error":', ['{"error":'], False),
        (b"Bad Gateway", ["Bad Gateway"], True),
    ],
)
def test_array_gives_its_elements(
    raw: bytes, expected: list[str], is_whole: bool, size: int
) -> None:
    """Each element is one frame; strings, escapes and nesting are respected."""
    assert read(raw, size) == (expected, is_whole)


def test_element_is_handed_on_before_its_comma() -> None:
    """The service sends the comma together with the next element, which may be late."""
    framing = JsonArrayFraming()
    assert [frame.data for frame in framing.feed(b'[{"a":1}\r\n')] == ['{"a":1}']


def test_depth_is_limited() -> None:
    """A reply nested without end is refused before a parser recurses into it."""
    framing = JsonArrayFraming()
    with pytest.raises(LimitExceeded, match="nested deeper"):
        framing.feed(b"[" * (MAX_DEPTH + 1))
