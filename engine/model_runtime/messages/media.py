"""Media types: told by the first bytes, taken from data URLs, and spelled as short format names."""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import unquote_to_bytes

from .checks import refuse

_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"fLaC", "audio/flac"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"FLV\x01", "video/x-flv"),
)
_RIFF: Final = {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}
_BRANDS: Final = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"mif1": "image/heif",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
FORMATS: Final[dict[str, str]] = {
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/x-m4a": "m4a",
    "audio/x-wav": "wav",
    "audio/wave": "wav",
    "audio/vnd.wave": "wav",
    "image/jpg": "jpeg",
    "video/quicktime": "mov",
    "video/x-matroska": "mkv",
    "video/x-msvideo": "avi",
    "text/plain": "txt",
    "text/markdown": "md",
    "application/msword": "doc",
    "application/vnd.ms-excel": "xls",
    f"{_OFFICE}.wordprocessingml.document": "docx",
    f"{_OFFICE}.spreadsheetml.sheet": "xlsx",
    f"{_OFFICE}.presentationml.presentation": "pptx",
}
_TYPES: Final[dict[str, str]] = {
    "txt": "text/plain",
    "md": "text/markdown",
    "csv": "text/csv",
    "html": "text/html",
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "docx": f"{_OFFICE}.wordprocessingml.document",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "mov": "video/quicktime",
    "mkv": "video/x-matroska",
}


def sniff(data: bytes, kind: str) -> str | None:
    """Tell a media type by the first bytes; None when they say nothing.

    `kind` is the part's type. It decides between sound and film where one container holds both,
    and lets a document that is plain UTF-8 be `text/plain`.
    """
    found = _by_start(data)
    if found and kind in ("audio", "video") and found.partition("/")[2] in ("ogg", "webm", "mp4"):
        return f"{kind}/{found.partition('/')[2]}"
    if found is None and kind == "document" and _is_plain_text(data[:4096]):
        return "text/plain"
    return found


def _by_start(data: bytes) -> str | None:
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[4:8] == b"ftyp":
        return _BRANDS.get(data[8:12], "video/mp4")
    for start, media_type in _STARTS:
        if data.startswith(start):
            return media_type
    # An MPEG audio frame: eleven set bits, then a version and a layer that are not reserved.
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0 and data[1] & 0x06:
        return "audio/mpeg"
    return None


def _is_plain_text(start: bytes) -> bool:
    try:
        start.decode()
    except UnicodeDecodeError as error:
        # A character cut by the 4 KiB window is no fault of the text.
        if error.start < len(start) - 3:
            return False
    return bool(start) and b"\0" not in start


def is_data_url(url: str) -> bool:
    """Whether a URL carries its content itself."""
    return url[:5].lower() == "data:"


def split_data_url(url: str, where: str) -> tuple[bytes, str | None]:
    """Return the bytes of a data URL and its media type, None when it names none."""
    head, comma, body = url[5:].partition(",")
    if not comma:
        refuse(where, "the data URL has no comma. Expected data:<media type>;base64,<data>.")
    media_type = head.partition(";")[0].strip().lower() or None
    if head.lower().rstrip().endswith(";base64"):
        return decode_base64(body, where), media_type
    return unquote_to_bytes(body), media_type


def decode_base64(text: str, where: str) -> bytes:
    """Decode base64 in its usual or URL-safe alphabet, with or without padding and line ends."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        pass
    tidy = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(tidy + "=" * (-len(tidy) % 4), validate=True)
    except (binascii.Error, ValueError):
        refuse(where, "the text is not base64. Pass bytes, base64 text or a data URL.")


def format_name(media_type: str) -> str:
    """The short name services use for a media type: `mp3` for `audio/mpeg`, `png`, `pdf` ..."""
    plain = media_type.partition(";")[0].strip().lower()
    if plain in FORMATS:
        return FORMATS[plain]
    return plain.rpartition("/")[2].removeprefix("x-").partition("+")[0]


def type_of_format(name: str, kind: str) -> str:
    """The media type for a short format name of a part of this kind."""
    if name in _TYPES:
        return _TYPES[name]
    return f"application/{name}" if kind == "document" else f"{kind}/{name}"


def kind_of(media_type: str) -> str:
    """The part type that carries a media type."""
    top = media_type.partition("/")[0]
    return top if top in ("image", "audio", "video") else "document"
