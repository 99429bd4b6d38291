"""Values with a text between them that the service has chosen for itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

from model_runtime.errors import InvokeError
from model_runtime.json_text import decode_json

from .base import BOM, MAX_FRAME_BYTES, Frame, byte_limit, too_large

_BLANK_LINE: Final = "\n\n"


class DelimitedFraming:
    """Cuts at the text `delimiter`, and tolerates a `data:` before a value.

    Blanks around a value, comments and what is empty are left out.
    """

    __slots__ = ("_at_start", "_delimiter", "_limit", "_rest", "is_whole")
    fault: InvokeError | None = None

    def __init__(
        self, delimiter: str = _BLANK_LINE, *, max_frame_bytes: int = MAX_FRAME_BYTES
    ) -> None:
        self._delimiter = delimiter.encode()
        self._limit = max_frame_bytes
        self._rest = bytearray()
        self._at_start = True
        self.is_whole = True

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        limit = byte_limit(options, "max_frame_bytes", MAX_FRAME_BYTES)
        return cls(str(options.get("delimiter") or _BLANK_LINE), max_frame_bytes=limit)

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the values that they complete."""
        frames: list[Frame] = []
        # The delimiter may have begun before this chunk, and nothing earlier holds one.
        searched = max(0, len(self._rest) - len(self._delimiter) + 1)
        self._rest += chunk
        start = 0
        while (end := self._rest.find(self._delimiter, max(start, searched))) >= 0:
            self._read(self._rest[start:end], frames)
            start = end + len(self._delimiter)
        del self._rest[:start]
        self._check(len(self._rest))
        return frames

    def finish(self) -> list[Frame]:
        """Return a last value without the delimiter."""
        frames: list[Frame] = []
        self._read(self._rest, frames)
        self._rest = bytearray()
        self.is_whole = not frames or _is_json(str(frames[0].data))
        return frames

    def _read(self, raw: bytearray, frames: list[Frame]) -> None:
        self._check(len(raw))
        text = raw.decode("utf-8", "replace")
        if self._at_start and text:
            self._at_start = False
            text = text.removeprefix(BOM)
        text = text.strip(" \t\r\n").removeprefix("data:").strip(" \t\r\n")
        if text and not text.startswith(":"):
            frames.append(Frame(text))

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise too_large("delimited", "a value", self._limit)


def _is_json(text: str) -> bool:
    try:
        decode_json(text)
    except ValueError:
        return False
    return True
