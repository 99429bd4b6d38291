"""Bytes without frames."""

from __future__ import annotations

import pytest

from model_runtime.errors import LimitExceeded
from model_runtime.framing.bytes import BytesFraming


def test_each_chunk_is_a_frame() -> None:
    """Chunks pass through as they come; empty ones are no frames."""
    framing = BytesFraming()
    frames = [frame for chunk in (b"\xff\0", b"", b"\r\n") for frame in framing.feed(chunk)]
    assert [frame.data for frame in frames] == [b"\xff\0", b"\r\n"]
    assert framing.finish() == []
    assert framing.is_whole


def test_body_has_a_limit() -> None:
    """`max_bytes` counts all chunks together."""
    framing = BytesFraming.from_spec({"max_bytes": 10})
    framing.feed(b"12345678")
    with pytest.raises(LimitExceeded, match="10 bytes"):
        framing.feed(b"901")
