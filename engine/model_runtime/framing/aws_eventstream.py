"""The binary event stream (`application/vnd.amazon.eventstream`), decoded by botocore."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Self, cast

from model_runtime.errors import InvokeError, MissingExtra, ReplyError

from .base import MAX_FRAME_BYTES, Frame, byte_limit, too_large

if TYPE_CHECKING:
    from botocore.eventstream import EventStreamBuffer, EventStreamMessage

# Total length, length of the headers, and their checksum stand before each message; a checksum
# of the whole stands after it.
_PRELUDE: Final = 12
_TRAILER: Final = 4


class AwsEventStreamFraming:
    """Cuts binary messages with headers, each checked against both of its checksums.

    The lengths are judged as soon as they have come, so a message that claims gigabytes is
    refused and not waited for. Each message is given to botocore alone: its buffer copies all
    it holds on every call.
    """

    __slots__ = ("_buffer", "_decoder", "_limit", "_total", "fault", "is_whole")

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._buffer = bytearray()
        self._total = 0
        self._decoder = _make_decoder()
        self.is_whole = True
        self.fault: InvokeError | None = None

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(max_frame_bytes=byte_limit(options, "max_frame_bytes", MAX_FRAME_BYTES))

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the messages they complete."""
        self._buffer += chunk
        frames: list[Frame] = []
        try:
            while self._has_message():
                frames.append(_frame(self._next_message()))
        except InvokeError as fault:
            # The messages before the damaged one are whole.
            if not frames:
                raise
            self.fault = fault
        return frames

    def finish(self) -> list[Frame]:
        """Return nothing: a message cut off cannot be checked."""
        self.is_whole = not self._buffer
        return []

    def _has_message(self) -> bool:
        if not self._total and len(self._buffer) >= _PRELUDE:
            self._total = self._read_prelude()
        return 0 < self._total <= len(self._buffer)

    def _read_prelude(self) -> int:
        """Check the lengths of the next message, and their checksum, and return its length."""
        total, headers = struct.unpack_from(">II", self._buffer)
        if total > self._limit:
            raise too_large("aws_eventstream", f"a message of {total} bytes", self._limit)
        if headers + _PRELUDE + _TRAILER > total:
            raise ReplyError(
                f"aws_eventstream stream: a message of {total} bytes claims {headers} bytes of "
                "headers. The bytes are damaged, or the wrong framing is declared."
            )
        self._decode(bytes(self._buffer[:_PRELUDE]))
        return int(total)

    def _next_message(self) -> EventStreamMessage:
        message = self._decode(bytes(self._buffer[_PRELUDE : self._total]))
        del self._buffer[: self._total]
        self._total = 0
        assert message is not None, "a whole message was given"
        return message

    def _decode(self, raw: bytes) -> EventStreamMessage | None:
        """Give bytes to the decoder; None when they do not end a message."""
        from botocore.eventstream import ParserError

        self._decoder.add_data(raw)
        try:
            return next(self._decoder, None)
        except (ParserError, struct.error, LookupError, ValueError) as fault:
            raise ReplyError(
                f"aws_eventstream stream: a message is damaged ({fault}). "
                "The bytes were changed on the way, or the wrong framing is declared."
            ) from None


def _make_decoder() -> EventStreamBuffer:
    try:
        from botocore.eventstream import EventStreamBuffer
    except ImportError:
        raise MissingExtra("aws", "The framing 'aws_eventstream'") from None
    return EventStreamBuffer()


def _frame(message: EventStreamMessage) -> Frame:
    # The stubs of botocore call the headers a number.
    fields = cast("dict[str, object]", message.headers)
    payload = message.payload
    headers = {name: _text(value) for name, value in fields.items()}
    event = headers.get(":event-type") or headers.get(":exception-type")
    content = headers.get(":content-type", "")
    data = payload.decode("utf-8", "replace") if "json" in content or "text" in content else payload
    return Frame(data, event, None, headers)


def _text(value: object) -> str:
    """A header value as text; bytes are rare and read as UTF-8."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
