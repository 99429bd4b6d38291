"""One JSON array that grows while it is sent: one frame for each element."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Self

from model_runtime.errors import InvokeError, LimitExceeded

from .base import MAX_FRAME_BYTES, Frame, byte_limit, too_large

MAX_DEPTH: Final = 256
# What may be skipped in one step: all but marks, and strings that are complete. Inside an
# element commas are no marks. Possessive, so that no byte is tried twice.
_SKIP_TO_MARK: Final = re.compile(rb'(?:[^"{}\[\],]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_SKIP_DEEP: Final = re.compile(rb'(?:[^"{}\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
_IN_STRING: Final = re.compile(rb'["\\]')
_BLANK: Final = b" \t\r\n"
_BYTES_BOM: Final = b"\xef\xbb\xbf"


class JsonScanner:
    """Walks once over JSON bytes as they arrive and knows how deep it stands.

    The caller owns the buffer and only appends to it; `position` is where the walk stands.
    """

    __slots__ = ("_in_string", "depth", "position")

    def __init__(self) -> None:
        self.depth = 0
        self.position = 0
        self._in_string = False

    @property
    def is_between_values(self) -> bool:
        """Whether no object, array or string is open."""
        return self.depth == 0 and not self._in_string

    def next_mark(self, buffer: bytearray) -> int | None:
        """Return where the next brace or bracket outside strings stands, if it is there.

        A comma counts at depth 0 and 1, where it parts the elements of a top-level array.
        """
        while not self._in_string or self._leave_string(buffer):
            skip = _SKIP_DEEP if self.depth > 1 else _SKIP_TO_MARK
            found = skip.match(buffer, self.position)
            at = found.end() if found else len(buffer)
            self.position = min(at + 1, len(buffer))
            if at >= len(buffer):
                return None
            if buffer[at] != 0x22:
                self._step(buffer[at])
                return at
            self._in_string = True
        return None

    def _leave_string(self, buffer: bytearray) -> bool:
        """Go on inside a string that a chunk has cut; False when its end has not come."""
        while (found := _IN_STRING.search(buffer, self.position)) is not None:
            at = found.start()
            if buffer[at] == 0x22:
                self.position = at + 1
                self._in_string = False
                return True
            if at + 1 >= len(buffer):
                # The escape stays unread until the byte that it escapes has come.
                self.position = at
                return False
            self.position = at + 2
        self.position = len(buffer)
        return False

    def _step(self, mark: int) -> None:
        if mark in b"{[":
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise LimitExceeded(
                    f"JSON stream: nested deeper than {MAX_DEPTH} levels. "
                    "The engine reads no deeper reply."
                )
        elif mark in b"}]":
            self.depth = max(0, self.depth - 1)


class JsonArrayFraming:
    """Cuts a top-level array into its elements, each handed on as soon as it is complete.

    A body that is not an array (an error object) gives one frame for each top-level value.
    Of a stream cut off inside an element that element is not returned.
    """

    __slots__ = ("_base", "_buffer", "_limit", "_scanner", "_start", "is_whole")
    fault: InvokeError | None = None

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._buffer = bytearray()
        self._scanner = JsonScanner()
        self._start = 0
        self._base: int | None = None
        self.is_whole = True

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(max_frame_bytes=byte_limit(options, "max_frame_bytes", MAX_FRAME_BYTES))

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the elements they complete."""
        self._buffer += chunk
        if self._base is None and not self._begin():
            return []
        frames: list[Frame] = []
        while (at := self._scanner.next_mark(self._buffer)) is not None:
            self._meet(at, frames)
        self._forget_read()
        if len(self._buffer) > self._limit:
            raise too_large("json_array", "an element", self._limit)
        return frames

    def finish(self) -> list[Frame]:
        """Return a last top-level value without an end of its own, such as plain text."""
        frames: list[Frame] = []
        if self._base == 0:
            self._emit(len(self._buffer), frames)
        rest = self._buffer[self._start :].strip(_BLANK)
        self.is_whole = self._scanner.is_between_values and not rest
        return frames

    def _begin(self) -> bool:
        """Skip what stands before the first value and see whether it is an array."""
        if len(self._buffer) < 3 and _BYTES_BOM.startswith(self._buffer):
            return False
        if self._buffer.startswith(_BYTES_BOM):
            del self._buffer[:3]
        self._buffer = self._buffer.lstrip(_BLANK)
        if not self._buffer:
            return False
        self._base = 1 if self._buffer[0] == 0x5B else 0
        return True

    def _meet(self, at: int, frames: list[Frame]) -> None:
        """Act on one brace, bracket or comma: begin, end or leave an element."""
        mark, depth = self._buffer[at], self._scanner.depth
        base = self._base or 0
        if depth < base or (depth == base and mark == 0x2C):
            self._emit(at, frames)
            self._start = at + 1
        elif depth == base and mark in b"}]":
            self._emit(at + 1, frames)
        elif depth == base and mark == 0x5B:
            self._start = at + 1

    def _emit(self, end: int, frames: list[Frame]) -> None:
        """Make a frame of the element that ends before `end`, unless it is blank."""
        element = self._buffer[self._start : end].strip(_BLANK)
        self._start = end
        if len(element) > self._limit:
            raise too_large("json_array", "an element", self._limit)
        if element:
            frames.append(Frame(element.decode("utf-8", "replace")))

    def _forget_read(self) -> None:
        if self._start:
            del self._buffer[: self._start]
            self._scanner.position -= self._start
            self._start = 0
