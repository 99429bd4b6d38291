"""HTTP/1.1 as bytes, without sockets: the head of a request, the head and the body of a reply.

Nothing is guessed. A reply whose length could be read in two ways, or whose head or chunks are not
what RFC 9112 says, is an error: guessing would hand on bytes that the server did not mean.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Protocol

import httpx

RawHeaders = list[tuple[bytes, bytes]]

MAX_HEAD_BYTES: Final = 100 * 1024
MAX_CHUNK_LINE: Final = 4096
MAX_LENGTH_DIGITS: Final = 18

_TOKEN: Final = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_NAME: Final = re.compile(_TOKEN)
# Blanks may stand inside a value, not around it; line breaks and other control characters nowhere.
_VALUE: Final = re.compile(rb"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_TARGET: Final = re.compile(rb"[!-~]+")
_HEAD_END: Final = re.compile(rb"\n\r?\n")
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.([01]) ([1-9]\d\d)(?: [^\x00\r]*)?")
_HEADER_LINE: Final = re.compile(rb"(" + _TOKEN + rb"):[ \t]*([^\x00\r]*)")
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r\n]*)?\r\n")


def write_head(method: str, target: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the head of a request; httpx.LocalProtocolError if anything in it could break it."""
    verb = method.encode("ascii", "replace")
    if not _NAME.fullmatch(verb) or not _TARGET.fullmatch(target):
        raise httpx.LocalProtocolError("")
    lines = [b"%b %b HTTP/1.1" % (verb, target)]
    for name, value in headers:
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise httpx.LocalProtocolError("")
        lines.append(b"%b: %b" % (name, value))
    lines += (b"", b"")
    return b"\r\n".join(lines)


class Body(Protocol):
    """Tells the bytes of a body from what frames them."""

    is_done: bool
    # Bytes after the end of a body answer no request: such a connection is not used again.
    has_rest: bool

    def feed(self, data: bytes) -> bytes:
        """Take what has arrived and return what of it is the body."""
        ...

    def finish(self) -> None:
        """Say that the connection has ended; RemoteProtocolError when the body had not."""
        ...


class SizedBody:
    """A body whose length the head tells."""

    __slots__ = ("_left", "has_rest", "is_done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.is_done = not length
        self.has_rest = False

    def feed(self, data: bytes) -> bytes:
        left = self._left - len(data)
        if left < 0:
            self.has_rest = True
            data = data[: self._left]
        self._left = max(left, 0)
        self.is_done = left <= 0
        return data

    def finish(self) -> None:
        if not self.is_done:
            raise httpx.RemoteProtocolError("the body is shorter than its head says")


class EndlessBody:
    """A body that ends with its connection."""

    __slots__ = ("has_rest", "is_done")

    def __init__(self) -> None:
        self.is_done = False
        self.has_rest = True

    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> None:
        self.is_done = True


class ChunkedBody:
    """A body in chunks. All chunks that arrive together are returned together."""

    __slots__ = ("_held", "_in_chunk", "_left", "_trailer", "has_rest", "is_done")

    def __init__(self) -> None:
        self._held = b""
        self._in_chunk = False
        self._left = 0
        self._trailer = -1
        self.is_done = False
        self.has_rest = False

    def feed(self, data: bytes) -> bytes:
        if self._held:
            data = self._held + data
            self._held = b""
        pieces: list[bytes] = []
        at, size = 0, len(data)
        while at < size and self._trailer < 0:
            if not self._in_chunk:
                line = _CHUNK_LINE.match(data, at)
                if line is None:
                    self._hold(data, at)
                    break
                at = line.end()
                self._left = int(line[1], 16)
                if not self._left:
                    self._trailer = 0
                    break
                self._in_chunk = True
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                at += len(piece)
                self._left -= len(piece)
            if self._left or not self._ends(data, at):
                break
            at += 2
        if self._trailer >= 0:
            self._skip_trailer(data, at)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def finish(self) -> None:
        if not self.is_done:
            raise httpx.RemoteProtocolError("the body ends inside its chunks")

    def _ends(self, data: bytes, at: int) -> bool:
        """Whether the line break behind a chunk is there; False while it is yet to come."""
        if data.startswith(b"\r\n", at):
            self._in_chunk = False
            return True
        if data[at:] not in (b"", b"\r"):
            raise httpx.RemoteProtocolError("a chunk does not end where its length says")
        self._held = data[at:]
        return False

    def _hold(self, data: bytes, at: int) -> None:
        if b"\n" in data[at : at + MAX_CHUNK_LINE] or len(data) - at > MAX_CHUNK_LINE:
            raise httpx.RemoteProtocolError("a chunk has no length")
        self._held = data[at:]

    def _skip_trailer(self, data: bytes, at: int) -> None:
        """Skip the lines behind the last chunk, up to an empty one."""
        while (end := data.find(b"\r\n", at)) >= 0:
            self._trailer += end - at
            if end == at:
                self.is_done = True
                self.has_rest = end + 2 < len(data)
                return
            at = end + 2
        self._held = data[at:]
        if self._trailer + len(self._held) > MAX_HEAD_BYTES:
            raise httpx.RemoteProtocolError("the trailer is too long")


class ReplyReader:
    """Reads the reply to one request: first its head, then its body."""

    __slots__ = ("_buffer", "_method", "body", "headers", "keeps_alive", "rest", "status")

    def __init__(self, method: str) -> None:
        self._method = method
        self._buffer = bytearray()
        self.status = 0
        self.headers: RawHeaders = []
        self.body: Body = SizedBody(0)
        self.keeps_alive = False
        # What came together with the head.
        self.rest = b""

    @property
    def has_begun(self) -> bool:
        """Whether anything of the reply has come."""
        return bool(self.status or self._buffer)

    @property
    def is_reusable(self) -> bool:
        """Whether the connection can take another request."""
        return self.keeps_alive and self.body.is_done and not self.body.has_rest

    def feed_head(self, data: bytes) -> bool:
        """Take bytes until the head is complete, which is told by True."""
        if not data:
            raise httpx.RemoteProtocolError("the connection ended before the reply")
        searched = max(len(self._buffer) - 3, 0)
        self._buffer += data
        while (end := _HEAD_END.search(self._buffer, searched)) is not None:
            if end.end() > MAX_HEAD_BYTES:
                break
            is_old = self._read_head(bytes(self._buffer[: end.start()]))
            del self._buffer[: end.end()]
            # 100 and its like announce another head; a switch of protocols was not asked for.
            if self.status >= 200:
                self.rest = bytes(self._buffer)
                self._choose_body(is_old)
                return True
            if self.status == 101:
                raise httpx.RemoteProtocolError("the server switched protocols unasked")
            searched = 0
        if len(self._buffer) > MAX_HEAD_BYTES:
            raise httpx.RemoteProtocolError("the head is too long")
        return False

    def _read_head(self, head: bytes) -> bool:
        """Read one head; whether it speaks HTTP/1.0."""
        first, *lines = [line.removesuffix(b"\r") for line in head.split(b"\n")]
        status = _STATUS_LINE.fullmatch(first)
        if status is None:
            raise httpx.RemoteProtocolError("the reply is not HTTP/1")
        headers: RawHeaders = []
        for line in lines:
            found = _HEADER_LINE.fullmatch(line)
            if found is not None:
                headers.append((found[1].lower(), found[2].rstrip(b" \t")))
            elif headers and line[:1] in (b" ", b"\t") and not (b"\0" in line or b"\r" in line):
                # An obsolete way to go on with a value; it stands for one blank.
                name, value = headers[-1]
                headers[-1] = (name, value + b" " + line.strip(b" \t"))
            else:
                raise httpx.RemoteProtocolError("a header of the reply is malformed")
        self.status = int(status[2])
        self.headers = headers
        return status[1] == b"0"

    def _choose_body(self, is_old: bool) -> None:
        """Decide where the body ends, after RFC 9112, 6.3."""
        codings = self._listed(b"transfer-encoding")
        lengths = set(self._listed(b"content-length"))
        closes = is_old or b"close" in self._listed(b"connection")
        if self._method == "HEAD" or self.status in (204, 304):
            self.body = SizedBody(0)
        elif codings:
            if codings != [b"chunked"]:
                raise httpx.RemoteProtocolError("the transfer coding is not chunked")
            self.body = ChunkedBody()
            closes = closes or bool(lengths)
        elif lengths:
            self.body = SizedBody(_only_length(lengths))
        else:
            self.body = EndlessBody()
        # Some servers send a body where none belongs.
        self.body.has_rest = self.body.has_rest or (self.body.is_done and bool(self.rest))
        self.keeps_alive = not closes

    def _listed(self, wanted: bytes) -> list[bytes]:
        found = [value for name, value in self.headers if name == wanted]
        if not found:
            return found
        return [item.strip(b" \t").lower() for value in found for item in value.split(b",")]


def _only_length(lengths: set[bytes]) -> int:
    length, *others = lengths
    if others or not length.isdigit() or len(length) > MAX_LENGTH_DIGITS:
        raise httpx.RemoteProtocolError("the content-length cannot be read")
    return int(length)
