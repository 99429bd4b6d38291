"""JSON values one after the other: one a line, or with nothing between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from model_runtime.errors import InvokeError

from .base import BOM, MAX_FRAME_BYTES, Frame, byte_limit, too_large
from .json_array import JsonScanner


class NdjsonFraming:
    """Cuts at LF only, skips blank lines, and tolerates a `data:` before a value.

    Objects that follow each other without a line end are told apart, also before a line end
    comes, since some services send none.
    """

    __slots__ = ("_at_start", "_limit", "_rest", "_scanner", "is_whole")
    fault: InvokeError | None = None

    def __init__(self, *, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._limit = max_frame_bytes
        self._rest = bytearray()
        self._scanner = JsonScanner()
        self._at_start = True
        self.is_whole = True

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(max_frame_bytes=byte_limit(options, "max_frame_bytes", MAX_FRAME_BYTES))

    def feed(self, chunk: bytes) -> list[Frame]:
        """Take the next bytes and return the values they complete."""
        frames: list[Frame] = []
        end = chunk.rfind(b"\n") + 1
        if end:
            self._rest += chunk[:end]
            lines, self._rest = self._rest, bytearray()
            self._scanner = JsonScanner()
            for line in lines.decode("utf-8", "replace").split("\n"):
                self._read(line, frames)
        tail = chunk[end:]
        self._rest += tail
        if tail.endswith((b"}", b"]")) or b"}{" in tail:
            self._read_ended(frames)
        self._check(len(self._rest))
        return frames

    def finish(self) -> list[Frame]:
        """Return a last value without a line end."""
        frames: list[Frame] = []
        self._read_ended(frames)
        ended = len(frames)
        self._read(self._rest.decode("utf-8", "replace"), frames)
        self._rest = bytearray()
        self.is_whole = len(frames) == ended
        return frames

    def _read(self, line: str, frames: list[Frame]) -> None:
        """Make frames of one line: as a rule one."""
        if self._at_start and line:
            self._at_start = False
            line = line.removeprefix(BOM)
        line = line.strip(" \t\r")
        if line[:5] == "data:":
            line = line[5:].strip(" \t")
        self._check(len(line))
        if "}{" in line or "} {" in line:
            self._read_joined(line, frames)
        elif line:
            frames.append(Frame(line))

    def _read_joined(self, line: str, frames: list[Frame]) -> None:
        raw = bytearray(line.encode("utf-8", "replace"))
        for value in _ended_values(JsonScanner(), raw):
            frames.append(Frame(value))
        if rest := raw.decode("utf-8", "replace").strip(" \t"):
            frames.append(Frame(rest))

    def _read_ended(self, frames: list[Frame]) -> None:
        """Hand on values that are complete although no line end has come."""
        for value in _ended_values(self._scanner, self._rest):
            if self._at_start:
                self._at_start = False
                value = value.removeprefix(BOM)
            frames.append(Frame(value.removeprefix("data:").strip(" \t\r")))

    def _check(self, size: int) -> None:
        if size > self._limit:
            raise too_large("ndjson", "a line", self._limit)


def _ended_values(scanner: JsonScanner, raw: bytearray) -> list[str]:
    """Take the complete values off the front of `raw`."""
    values: list[str] = []
    start = 0
    while (at := scanner.next_mark(raw)) is not None:
        if scanner.depth == 0 and raw[at] in b"}]":
            values.append(raw[start : at + 1].decode("utf-8", "replace").strip(" \t\r"))
            start = at + 1
    del raw[:start]
    scanner.position -= start
    return values
