"""No framing: each chunk is a frame, for audio."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

from model_runtime.errors import InvokeError

from .base import Frame, byte_limit, too_large

MAX_BYTES: Final = 100 * 1024 * 1024


class BytesFraming:
    """Hands chunks on as they come, up to `max_bytes` in all.

    Whether the body came whole is for HTTP to say; here it always is.
    """

    __slots__ = ("_limit", "_seen", "is_whole")
    fault: InvokeError | None = None

    def __init__(self, *, max_bytes: int = MAX_BYTES) -> None:
        self._limit = max_bytes
        self._seen = 0
        self.is_whole = True

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(max_bytes=byte_limit(options, "max_bytes", MAX_BYTES))

    def feed(self, chunk: bytes) -> list[Frame]:
        """Return the chunk as one frame, unless it is empty."""
        self._seen += len(chunk)
        if self._seen > self._limit:
            raise too_large("bytes", "the body", self._limit)
        return [Frame(chunk)] if chunk else []

    def finish(self) -> list[Frame]:
        """Return nothing: no byte is ever held back."""
        return []
