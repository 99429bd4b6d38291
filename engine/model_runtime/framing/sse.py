"""Server-sent events, after the WHATWG algorithm, on bytes.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Self

from model_runtime.errors import InvokeError

from .base import BOM, MAX_FRAME_BYTES, Frame, byte_limit, too_large

_FIELDS: Final = ("data", "event", "id", "retry")
# No event stream begins with these: they open a JSON document, a page or a JSON string.
_OTHER_STARTS: Final = frozenset('{[<"')
_DECISION_BYTES: Final = 4096


class SseFraming:
    """Cuts server-sent events. Lines end at CR, LF or CRLF only, never at U+2028 or U+0085.

    Beyond the standard it accepts blanks before a field name, and a last event without its
    blank line. Events without a data line are dropped, as the standard says.
    """

    __slots__ = ("_after_cr", "_at_start", "_id", "_limit", "_line", "_lines", "_size", "is_whole")
    fault: InvokeError | None = None

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._line = bytearray()
        self._lines: list[str] = []
        self._size = 0
        self._at_start = True
        self._after_cr = False
        self._id: str | None = None
        self.is_whole = True

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(max_frame_bytes=byte_limit(options, "max_frame_bytes", MAX_FRAME_BYTES))

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the events they complete."""
        if chunk[-2:] == b"\n\n" and len(chunk) <= self._limit and self._is_between(chunk):
            return self._cut(chunk.decode("utf-8", "replace"))
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if not end:
            self._line += chunk
            self._check(self._size + len(self._line))
            return []
        self._after_cr = end == len(chunk) and chunk.endswith(b"\r")
        text = self._whole_lines(chunk, end)
        if len(text) > self._limit:
            self._check(max(map(len, text.split("\n\n"))))
        return self._cut(text)

    def finish(self) -> list[Frame]:
        """Return the last event if its blank line is missing."""
        rest = "".join(self._lines) + self._decode(self._line)
        self._lines, self._line, self._size = [], bytearray(), 0
        self.is_whole = all(not line or line.startswith(":") for line in rest.split("\n"))
        frame = self._read(rest)
        return [frame] if frame is not None else []

    def _is_between(self, chunk: bytes) -> bool:
        """Whether nothing is held from earlier chunks, nor any CR to be seen to in this one."""
        return not (self._line or self._lines or self._at_start or self._after_cr or b"\r" in chunk)

    def _whole_lines(self, chunk: bytes, end: int) -> str:
        """Return all lines that have ended, each with one LF, and keep the rest of the chunk."""
        raw = self._line + chunk[:end] if self._line else chunk[:end]
        if self._line or end < len(chunk):
            self._line = bytearray(chunk[end:])
        # Whole lines are decoded at once: no line end is part of a longer UTF-8 sequence, and
        # a bad sequence never swallows one.
        text = self._decode(raw)
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        return text

    def _decode(self, raw: bytes | bytearray) -> str:
        text = raw.decode("utf-8", "replace")
        if self._at_start and text:
            self._at_start = False
            return text.removeprefix(BOM)
        return text

    def _cut(self, text: str) -> list[Frame]:
        """Split whole lines at blank lines. This is the hot path: one pass per chunk, in C."""
        frames: list[Frame] = []
        if self._lines:
            text = self._end_open_event(text, frames)
        blocks = text.split("\n\n")
        if tail := blocks.pop():
            self._keep(tail)
        last_id = self._id
        for block in blocks:
            if block[:6] == "data: " and "\n" not in block:
                frames.append(Frame(block[6:], None, last_id))
            elif block:
                frame = self._read(block)
                last_id = self._id
                if frame is not None:
                    frames.append(frame)
        return frames

    def _end_open_event(self, text: str, frames: list[Frame]) -> str:
        """Complete the event that earlier chunks began, and return the text after it."""
        if text.startswith("\n"):
            head, text = "", text[1:]
        else:
            head, blank, after = text.partition("\n\n")
            if not blank:
                self._keep(text)
                return ""
            text = after
        block = "".join(self._lines) + head
        self._lines, self._size = [], 0
        frame = self._read(block)
        if frame is not None:
            frames.append(frame)
        return text

    def _read(self, block: str) -> Frame | None:
        """Read the lines of one event, in any order of fields."""
        event: str | None = None
        data: list[str] = []
        for line in block.split("\n"):
            name, _, value = line.lstrip(" \t").partition(":")
            if name == "data":
                data.append(value.removeprefix(" "))
            elif name == "event":
                event = value.removeprefix(" ") or None
            elif name == "id" and "\0" not in value:
                self._id = value.removeprefix(" ")
        return Frame("\n".join(data), event, self._id) if data else None

    def _keep(self, text: str) -> None:
        self._lines.append(text)
        self._size += len(text)
        self._check(self._size + len(self._line))

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise too_large("sse", "an event", self._limit)


def looks_like_sse(prefix: bytes) -> bool | None:
    """Say whether a body that begins with `prefix` is an event stream; None if too early to say.

    Content types lie both ways, so the reader of a reply asks this. At the end of a body None
    means no.
    """
    text = prefix[:_DECISION_BYTES].decode("utf-8", "replace").removeprefix(BOM).lstrip(" \t\r\n")
    if not text:
        return None
    if text[0] in _OTHER_STARTS:
        return False
    *lines, last = text.replace("\r", "\n").split("\n")
    if any(_is_field(line) for line in (*lines, last)):
        return True
    could_be = any(field.startswith(last.strip(" \t")) for field in _FIELDS)
    return None if could_be or len(prefix) < _DECISION_BYTES else False


def _is_field(line: str) -> bool:
    name, colon, _ = line.lstrip(" \t").partition(":")
    return bool(colon) and (not name or name in _FIELDS)
