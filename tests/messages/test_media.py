"""Media types, data URLs and base64."""

from __future__ import annotations

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages.media import (
    decode_base64,
    format_name,
    kind_of,
    sniff,
    split_data_url,
    type_of_format,
)


@pytest.mark.parametrize(
    ("data", "kind", "expected"),
    [
        pytest.param(b"\x89PNG\r\n\x1a\n", "image", "image/png", id="png"),
        pytest.param(b"\xff\xd8\xff\xe0", "image", "image/jpeg", id="jpeg"),
        pytest.param(b"GIF89a", "image", "image/gif", id="gif"),
        pytest.param(b"RIFF\0\0\0\0WEBP", "image", "image/webp", id="webp"),
        pytest.param(b"\0\0\0\x1cftypavif", "image", "image/avif", id="avif"),
        pytest.param(b"%PDF-1.4", "document", "application/pdf", id="pdf"),
        pytest.param(b"RIFF\0\0\0\0WAVE", "audio", "audio/wav", id="wav"),
        pytest.param(b"ID3\x04", "audio", "audio/mpeg", id="mp3 with tag"),
        pytest.param(b"\xff\xfb\x90", "audio", "audio/mpeg", id="mp3 frame"),
        pytest.param(b"\xff\xf1\x50", "audio", "audio/aac", id="aac"),
        pytest.param(b"OggS", "audio", "audio/ogg", id="ogg"),
        pytest.param(b"\x1aE\xdf\xa3", "audio", "audio/webm", id="webm sound"),
        pytest.param(b"\x1aE\xdf\xa3", "video", "video/webm", id="webm film"),
        pytest.param(b"\0\0\0\x18ftypmp42", "video", "video/mp4", id="mp4"),
        pytest.param("größe".encode(), "document", "text/plain", id="utf-8 text"),
        pytest.param(b"a" * 4095 + "ö".encode(), "document", "text/plain", id="cut character"),
        pytest.param(b"\x80\x81\x82\x83\x84", "document", None, id="unknown"),
        pytest.param(b"", "document", None, id="empty"),
        pytest.param(b"hello", "image", None, id="text is no image"),
    ],
)
def test_media_type_is_told_by_the_first_bytes(
    data: bytes, kind: str, expected: str | None
) -> None:
    """Content without a media type gets the one that its start shows, or none."""
    assert sniff(data, kind) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("data:image/png;base64,aGk=", (b"hi", "image/png"), id="base64"),
        pytest.param("DATA:Image/PNG;charset=x;BASE64,aGk", (b"hi", "image/png"), id="capitals"),
        pytest.param("data:,a%20b", (b"a b", None), id="percent-encoded"),
        pytest.param("data:;base64,", (b"", None), id="empty"),
    ],
)
def test_data_url_is_split(url: str, expected: tuple[bytes, str | None]) -> None:
    """Both forms of data URL are read, whatever their case."""
    assert split_data_url(url, "here") == expected


def test_data_url_without_comma_is_refused() -> None:
    """A broken data URL is named with its place."""
    with pytest.raises(InvalidParameter, match=r"^messages\[0\]: the data URL has no comma"):
        split_data_url("data:image/png", "messages[0]")


@pytest.mark.parametrize("text", ["+/+/", "-_-_", "+/\r\n+/", "-_-_===="])
def test_base64_is_read_in_every_common_form(text: str) -> None:
    """The URL-safe alphabet, line ends and odd padding are no fault."""
    assert decode_base64(text, "here") == b"\xfb\xff\xbf"


def test_text_that_is_not_base64_is_refused() -> None:
    """Text that is no base64 is refused and not sent as garbage."""
    with pytest.raises(InvalidParameter, match="not base64"):
        decode_base64("<elided>", "here")


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        ("audio/mpeg", "mp3"),
        ("audio/x-wav", "wav"),
        ("image/svg+xml; charset=utf-8", "svg"),
        ("application/pdf", "pdf"),
        ("text/plain", "txt"),
    ],
)
def test_format_name_is_the_short_name(media_type: str, expected: str) -> None:
    """Services that want a format get the word they use."""
    assert format_name(media_type) == expected


@pytest.mark.parametrize(("name", "kind"), [("docx", "document"), ("png", "image"), ("pdf", "x")])
def test_format_name_comes_back(name: str, kind: str) -> None:
    """A format name that is read from a wire gives the media type with that name."""
    assert format_name(type_of_format(name, kind)) == name


def test_kind_follows_the_media_type() -> None:
    """What is neither image, audio nor video is a document."""
    found = [kind_of(m) for m in ("image/png", "audio/wav", "video/mp4", "text/csv")]
    assert found == ["image", "audio", "video", "document"]
