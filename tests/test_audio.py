"""Audio as bytes: WAV headers, and pieces joined into one."""

from __future__ import annotations

import io
import wave

import pytest

from model_runtime.audio import can_append, can_join, join_audio, refuse_unjoinable, wrap_wav
from model_runtime.errors import UnsupportedOperation


def read(data: bytes) -> tuple[int, int, int, bytes]:
    """Rate, channels, bits and samples, as Python's own reader sees them."""
    with wave.open(io.BytesIO(data)) as file:
        frames = file.readframes(file.getnframes())
        return file.getframerate(), file.getnchannels(), file.getsampwidth() * 8, frames


@pytest.mark.parametrize(("rate", "channels"), [(24_000, 1), (44_100, 2)])
def test_header_is_one_that_others_read(rate: int, channels: int) -> None:
    """Bare samples become a file."""
    samples = bytes(range(16))
    found = read(wrap_wav(samples, sample_rate=rate, channels=channels))
    assert found == (rate, channels, 16, samples)


def test_pieces_of_wav_become_one_file() -> None:
    """Also those with other chunks, and those whose length a streaming service left open."""
    plain = wrap_wav(b"\1\0", sample_rate=8_000)
    noted = plain[:12] + b"LIST\x03\0\0\0abc\0" + plain[12:]
    endless = wrap_wav(b"\2\0", sample_rate=8_000)
    endless = endless[:40] + b"\xff\xff\xff\xff" + endless[44:]
    joined = join_audio([plain, noted, endless], "audio/x-wav; codec=1")
    assert read(joined) == (8_000, 1, 16, b"\1\0\1\0\2\0")


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([wrap_wav(b"\0\0", sample_rate=8_000), wrap_wav(b"\0\0")], "differ in sample rate"),
        ([wrap_wav(b"\0\0"), b"ID3"], "not the WAV file"),
        ([wrap_wav(b"\0\0")[:30], wrap_wav(b"\0\0")], "without samples"),
    ],
    ids=["rates", "other format", "cut off"],
)
def test_pieces_that_do_not_fit_are_refused(pieces: list[bytes], said: str) -> None:
    """Noise would be worse than an error."""
    with pytest.raises(UnsupportedOperation, match=said):
        join_audio(pieces, "audio/wav")


def test_single_piece_of_any_type_is_itself() -> None:
    """There is nothing to join."""
    assert join_audio([b"OggS"], "audio/ogg") == b"OggS"
    with pytest.raises(UnsupportedOperation, match="'audio/ogg'"):
        join_audio([b"OggS", b"OggS"], "audio/ogg")


@pytest.mark.parametrize(
    ("media_type", "joins", "appends"),
    [
        ("audio/mpeg", True, True),
        ("audio/L16; rate=16000", True, True),
        ("audio/wav", True, False),
        ("audio/ogg", False, False),
        (None, False, False),
    ],
)
def test_media_type_tells_how_pieces_are_joined(
    media_type: str | None, joins: bool, appends: bool
) -> None:
    """WAV has a header, so its pieces cannot simply follow each other."""
    assert (can_join(media_type), can_append(media_type)) == (joins, appends)


@pytest.mark.parametrize("name", ["mp3", "pcm_16000", "wav", "linear16", "Absent", "mp3_44100_128"])
def test_names_of_formats_that_may_be_joined_pass(name: str) -> None:
    """Services have names of their own; what is not known is decided by its media type."""
    refuse_unjoinable(name)
