"""A reply cut at each of its bytes, head included, in every framing and every way to end a body.

An answer is whole, or the call fails and keeps what had come: there is nothing between.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
from chaos_kits import KITS, Kit, run

from model_runtime.errors import ConnectionFailed, ReplyError, StreamInterrupted

pytestmark = pytest.mark.timeout(60)

Open = Callable[..., Any]
TIMEOUTS: dict[str, float | None] = {"first_byte": 5.0, "between_chunks": 5.0}
# The async twin reads by the same machines: all of its cuts are for `make chaos`.
ASYNC_STEP = 1 if os.environ.get("MODEL_RUNTIME_CHAOS") == "all" else 11


def chunked(kit: Kit, loopback: Any) -> bytes:
    return b"".join(loopback.chunked(*kit.pieces, content_type=kit.content_type))


def sized(kit: Kit, loopback: Any) -> bytes:
    return loopback.reply(kit.body, content_type=kit.content_type)


def endless(kit: Kit, loopback: Any) -> bytes:
    """A body that ends with its connection: where it is cut, nobody but its framing can tell."""
    return loopback.head(200, content_type=kit.content_type) + kit.body


SHAPES = {"chunked": chunked, "sized": sized, "endless": endless}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", sorted(KITS))
def test_reply_cut_at_each_byte(
    open_door: Open, loopback: Any, request: pytest.FixtureRequest, name: str, shape: str
) -> None:
    """Whatever is missing, the answer is told whole only when it is."""
    if name == "aws_eventstream":
        pytest.importorskip("botocore")
    kit = KITS[name]
    raw = SHAPES[shape](kit, loopback)
    door = open_door(kit, retries=0)
    is_async = type(door).__name__ == "AsyncDoor"
    step = ASYNC_STEP if is_async else 1
    for cut in range(len(name) % step, len(raw), step):
        loopback.answer(raw[:cut], loopback.CLOSE)
        seen = run(door, kit, TIMEOUTS)
        check(kit, shape, seen, raw, cut)
    assert door.watch.is_clean()


def check(kit: Kit, shape: str, seen: Any, raw: bytes, cut: int) -> None:
    """One cut: the whole answer, or an error of the right class with the beginning of it."""
    head = raw.index(b"\r\n\r\n") + 4
    where = f"cut at {cut} of {len(raw)}: {seen!r}"
    if seen.error is None:
        # Audio that ends with its connection has no end mark: its beginning is all there is.
        is_unmarked = kit.name == "bytes" and shape == "endless"
        assert seen.result == kit.text or is_unmarked and kit.text.startswith(seen.result), where
        return
    if cut < head:
        assert isinstance(seen.error, ConnectionFailed), where
        return
    assert isinstance(seen.error, StreamInterrupted | ReplyError | ConnectionFailed), where
    if seen.given:
        assert isinstance(seen.error, StreamInterrupted | ReplyError), where
        # An event that only lacks its blank line is kept, though it is no longer given out.
        assert kit.text.startswith(seen.partial) and seen.partial.startswith(seen.heard), where
