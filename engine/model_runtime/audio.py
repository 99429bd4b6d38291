"""Audio as bytes: a WAV header for bare PCM, and several pieces joined into one."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

from .errors import UnsupportedOperation

# Formats whose pieces make one file when they are simply put one after the other.
_CONCATENABLE = frozenset({"audio/mpeg", "audio/mp3", "audio/pcm", "audio/l16", "audio/basic"})
# Formats that cannot be joined, wherever they stand in a service's name for one.
_WORD = re.compile(r"(?<![a-z])(?:aac|flac|m4a|mp4|ogg|opus|webm)(?![a-z])")
_WAV = frozenset({"audio/wav", "audio/x-wav", "audio/wave", "audio/vnd.wave"})


def wrap_wav(pcm: bytes, *, sample_rate: int = 24_000, channels: int = 1, bits: int = 16) -> bytes:
    """Put the header of a WAV file before bare little-endian PCM samples (RIFF WAVE, format 1)."""
    frame = channels * bits // 8
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(pcm),
        b"WAVE",
        b"fmt ",
        16,
        1,
        channels,
        sample_rate,
        sample_rate * frame,
        frame,
        bits,
        b"data",
        len(pcm),
    )
    return head + pcm


def can_append(media_type: str | None) -> bool:
    """Whether pieces of this media type make one when they are put one after the other."""
    return _kind(media_type) in _CONCATENABLE


def can_join(media_type: str | None) -> bool:
    """Whether pieces of this media type can be joined into one."""
    return can_append(media_type) or _kind(media_type) in _WAV


def refuse_unjoinable(format: object) -> None:
    """Refuse a format by its name where pieces have to be joined. UnsupportedOperation.

    Services have names of their own for formats, so one that is not known passes: its media type
    decides later.
    """
    found = _WORD.search(str(format).lower())
    if found is not None:
        raise UnsupportedOperation(
            f"The text is spoken in several pieces, and those of the format {format!r} cannot be "
            "joined. Ask for mp3, pcm or wav, or for a shorter text."
        )


def join_audio(pieces: Sequence[bytes], media_type: str | None) -> bytes:
    """Join pieces of speech in the order given. UnsupportedOperation for other formats."""
    if len(pieces) == 1:
        return pieces[0]
    if _kind(media_type) in _WAV:
        return _join_wav(pieces)
    if not can_join(media_type):
        raise UnsupportedOperation(
            f"Speech of the type {media_type!r} cannot be joined from several pieces. "
            "Ask for mp3, pcm or wav, or for a shorter text."
        )
    return b"".join(pieces)


def _kind(media_type: str | None) -> str:
    return (media_type or "").partition(";")[0].strip().lower()


def _join_wav(pieces: Sequence[bytes]) -> bytes:
    sample_format: bytes | None = None
    samples: list[bytes] = []
    for piece in pieces:
        found, data = _read_wav(piece)
        if sample_format is None:
            sample_format = found
        elif found != sample_format:
            raise UnsupportedOperation("The pieces of speech differ in sample rate or channels.")
        samples.append(data)
    _, channels, rate, _, _, bits = struct.unpack("<HHIIHH", (sample_format or b"")[:16])
    return wrap_wav(b"".join(samples), sample_rate=rate, channels=channels, bits=bits)


def _read_wav(piece: bytes) -> tuple[bytes, bytes]:
    """The `fmt ` chunk and the samples of a WAV file; a length of streams (0 or all ones) is
    what is left."""
    if piece[:4] != b"RIFF" or piece[8:12] != b"WAVE":
        raise UnsupportedOperation("A piece of speech is not the WAV file that it claims to be.")
    at, sample_format = 12, b""
    while at + 8 <= len(piece):
        name, length = piece[at : at + 4], int.from_bytes(piece[at + 4 : at + 8], "little")
        body = at + 8
        if name == b"data":
            end = len(piece) if length in (0, 0xFFFFFFFF) else min(body + length, len(piece))
            return sample_format, piece[body:end]
        if name == b"fmt ":
            sample_format = piece[body : body + 16]
        at = body + length + (length & 1)
    raise UnsupportedOperation("A piece of speech is a WAV file without samples.")
