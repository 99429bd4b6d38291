"""Writes multipart/form-data bodies (RFC 7578; names escaped as the WHATWG form rules say)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from . import outside

# A media type without parameters: two tokens of RFC 9110. Nothing else goes into a part's head.
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}")
_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FilePart:
    """A file in a form. `filename` may hold anything: it is escaped.

    A `media_type` that is no plain `type/subtype` is sent as application/octet-stream.
    """

    content: bytes
    filename: str
    media_type: str | None = None


def encode_multipart(
    fields: Iterable[tuple[str, str | FilePart]], *, boundary: str | None = None
) -> tuple[bytes, str]:
    """Return the body and its content type. Fields of the same name are repeated."""
    boundary = boundary or outside.token(16)
    lines: list[bytes] = []
    for name, value in fields:
        lines.append(f"--{boundary}\r\n".encode())
        disposition = f'Content-Disposition: form-data; name="{name.translate(_ESCAPES)}"'
        if isinstance(value, FilePart):
            filename = value.filename.translate(_ESCAPES)
            media_type = _safe_type(value.media_type)
            head = f'{disposition}; filename="{filename}"\r\nContent-Type: {media_type}\r\n\r\n'
            lines += [head.encode("utf-8", "replace"), value.content, b"\r\n"]
        else:
            lines.append(f"{disposition}\r\n\r\n{value}\r\n".encode("utf-8", "replace"))
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def _safe_type(media_type: str | None) -> str:
    plain = (media_type or "").partition(";")[0].strip(" ")
    return plain if _MEDIA_TYPE.fullmatch(plain) else "application/octet-stream"
