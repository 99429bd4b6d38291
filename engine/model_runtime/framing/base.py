"""What every framing offers: bytes in, frames out, and whether the last frame was whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol, Self

from model_runtime.errors import InvokeError, LimitExceeded

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
BOM: Final = "\ufeff"


# Not frozen: a frozen dataclass costs four times as much to make, and one is made per event.
@dataclass(slots=True)
class Frame:
    """One cut piece of a stream. Treat it as read-only.

    `data` is text where the framing carries text (JSON is read faster from it) and bytes where
    it carries bytes. `event` is the frame's name on the wire, `id` the last id the stream gave.
    """

    data: str | bytes
    event: str | None = None
    id: str | None = None
    fields: Mapping[str, str] | None = None

    @property
    def headers(self) -> Mapping[str, str]:
        """The frame's own headers; for text framings `event` and `id`, where they were sent."""
        if self.fields is not None:
            return self.fields
        pairs = (("event", self.event), ("id", self.id))
        return {name: value for name, value in pairs if value is not None}


class Framing(Protocol):
    """Cuts one stream into frames. It has state: make one for each stream."""

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        """Make a fresh one with the options of `stream` that concern it; others are ignored."""
        ...

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the frames they complete.

        Chunks may be cut anywhere, also inside a character. Call `finish` once after the last
        chunk; an unfinished frame is reported there, not lost.
        """
        ...

    def finish(self) -> list[Frame]:
        """Return what is left when the bytes have ended, and settle `is_whole`."""
        ...

    @property
    def is_whole(self) -> bool:
        """Whether the bytes ended between two frames; known after `finish`.

        When it is False, a frame that `finish` returned may be cut short.
        """
        ...

    @property
    def fault(self) -> InvokeError | None:
        """What is wrong behind the frames that `feed` returned, where that can be told."""
        ...


def cut(framing: Framing, chunk: bytes) -> Iterator[Frame]:
    """Yield the frames that a chunk completes; a fault is raised behind those before it."""
    yield from framing.feed(chunk)
    if framing.fault is not None:
        raise framing.fault


def byte_limit(options: Mapping[str, object], name: str, default: int) -> int:
    """Read a limit in bytes from a spec's options, or return `default`."""
    value = options.get(name, default)
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def too_large(framing: str, what: str, limit: int) -> LimitExceeded:
    """Build the error for a frame, line or stream over its limit."""
    return LimitExceeded(
        f"{framing} stream: {what} is longer than {limit} bytes. "
        "The service sends no end of it, or the wrong framing is declared."
    )
