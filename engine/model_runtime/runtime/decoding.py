"""Decodes gzip and deflate bodies in pieces of bounded size, whatever the server packed."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Final

from model_runtime.errors import ReplyError

ACCEPT_ENCODING: Final = "gzip, deflate"
PIECE_BYTES: Final = 1024 * 1024
_GZIP_MAGIC: Final = b"\x1f\x8b"


class Inflater:
    """Turns compressed chunks into plain pieces of at most `PIECE_BYTES`.

    A small chunk can stand for gigabytes, so nothing here ever holds more than one piece: the
    caller counts what it takes and stops when it has had enough.
    """

    def __init__(self, *, gzip: bool) -> None:
        self._gzip = gzip
        self._held = b""
        self._machine: zlib._Decompress | None = None
        self._begun = False

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take the next compressed bytes and yield what they stand for."""
        data = self._held + chunk
        self._held = b""
        while data:
            if self._machine is None and not self._start(data):
                return
            yield from self._inflate(data)
            machine = self._machine
            if machine is None or not machine.eof:
                return
            data = machine.unused_data if self._gzip else b""
            self._machine = None

    def finish(self) -> None:
        """Say that no more bytes come; a body that stops inside its compression is an error."""
        if self._machine is not None or (self._held and not self._begun):
            raise ReplyError(
                "the reply ends inside its compressed body; expected a whole gzip or deflate "
                "stream; send the request again"
            )

    def _start(self, data: bytes) -> bool:
        # Two bytes tell gzip from padding after a gzip member, and zlib from raw deflate.
        if len(data) < 2:
            self._held = data
            return False
        if self._gzip and not data.startswith(_GZIP_MAGIC) and self._begun:
            return False
        self._begun = True
        self._machine = zlib.decompressobj(self._window(data))
        return True

    def _window(self, data: bytes) -> int:
        if self._gzip:
            return zlib.MAX_WBITS | 16
        # RFC 9110 says deflate means the zlib format, yet some servers send it without its header.
        has_header = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
        return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS

    def _inflate(self, data: bytes) -> Iterator[bytes]:
        machine = self._machine
        assert machine is not None
        while True:
            try:
                piece = machine.decompress(data, PIECE_BYTES)
            except zlib.error:
                raise ReplyError(
                    "the reply says that it is compressed and is not; "
                    "expected gzip or deflate as its content-encoding tells"
                ) from None
            if piece:
                yield piece
            data = machine.unconsumed_tail
            # A full piece may leave more output inside zlib although all input is taken. At the
            # end zlib still names the input behind it as its own, however often it is given it.
            if machine.eof or (not data and len(piece) < PIECE_BYTES):
                return


def inflater_for(encoding: str | None) -> Inflater | None:
    """Return what decodes a content-encoding; None for a body that is sent as it is.

    Only one layer of gzip or deflate is read. Layers over layers are how a small reply becomes
    an endless one, and other codings were not asked for.
    """
    names = [name.strip().lower() for name in (encoding or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not names:
        return None
    if len(names) > 1 or names[0] not in ("gzip", "x-gzip", "deflate"):
        raise ReplyError(
            f"the reply has the content-encoding {encoding!r}; "
            f"expected one of: gzip, deflate, identity"
        )
    return Inflater(gzip=names[0] != "deflate")


def inflated(chunks: Iterator[bytes], inflater: Inflater) -> Iterator[bytes]:
    """Decode the chunks of a body."""
    for chunk in chunks:
        yield from inflater.feed(chunk)
    inflater.finish()


async def async_inflated(chunks: AsyncIterator[bytes], inflater: Inflater) -> AsyncIterator[bytes]:
    """Decode the chunks of a body that arrives asynchronously."""
    async for chunk in chunks:
        for piece in inflater.feed(chunk):
            yield piece
    inflater.finish()
