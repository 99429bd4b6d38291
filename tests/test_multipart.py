"""Bodies of multipart/form-data."""

from __future__ import annotations

from email.parser import BytesParser
from email.policy import HTTP

import pytest

from model_runtime.multipart import FilePart, encode_multipart


def parts_of(data: bytes, content_type: str) -> list[tuple[dict[str, str], bytes]]:
    """Read a form back with an independent parser."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = BytesParser(policy=HTTP).parsebytes(head + data)
    assert not message.defects
    return [
        (dict(part.items()), part.get_payload(decode=True))  # type: ignore[misc]
        for part in message.iter_parts()  # type: ignore[attr-defined]
    ]


def test_fields_and_files_are_read_back_in_order() -> None:
    """Names may repeat; bytes go through untouched."""
    file = FilePart(content=b"\x00\xff", filename="a.wav", media_type="audio/wav")
    parts = parts_of(
        *encode_multipart([("model", "m"), ("tag", "1"), ("tag", "2"), ("file", file)])
    )
    assert [content for _, content in parts] == [b"m", b"1", b"2", b"\x00\xff"]
    assert parts[3][0]["Content-Type"] == "audio/wav"
    assert 'filename="a.wav"' in parts[3][0]["Content-Disposition"]


def test_names_and_file_names_cannot_end_their_quotes_or_line() -> None:
    """Quotes and line breaks are escaped as forms in browsers do."""
    file = FilePart(content=b"", filename='a"\r\nX-Evil: 1', media_type=None)
    data, _ = encode_multipart([('n"\r\nX-Evil: 1', "v"), ("file", file)], boundary="B")
    assert b"\r\nX-Evil" not in data
    assert b'name="n%22%0D%0AX-Evil: 1"' in data
    assert b'filename="a%22%0D%0AX-Evil: 1"' in data


def test_file_name_outside_ascii_is_sent_as_utf8() -> None:
    """A name in any script arrives."""
    file = FilePart(content=b"", filename="h\u00f6r.wav")
    assert "h\u00f6r.wav".encode() in encode_multipart([("file", file)])[0]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("audio/wav", "audio/wav"),
        ("application/vnd.api+json", "application/vnd.api+json"),
        ("audio/webm; codecs=opus", "audio/webm"),
        (None, "application/octet-stream"),
        ("", "application/octet-stream"),
        ("audio/wav\r\nX-Evil: 1", "application/octet-stream"),
        ("audio/wav\n", "application/octet-stream"),
        ("audio", "application/octet-stream"),
        ("au dio/wav", "application/octet-stream"),
        ("audio/w\u00e4v", "application/octet-stream"),
    ],
)
def test_media_type_is_a_plain_type_or_none(given: str | None, sent: str) -> None:
    """No media type can add a header to its part."""
    file = FilePart(content=b"x", filename="f", media_type=given)
    data, _ = encode_multipart([("file", file)], boundary="B")
    assert f"Content-Type: {sent}\r\n\r\nx".encode() in data
    assert b"Evil" not in data


def test_each_form_has_a_boundary_of_its_own() -> None:
    """A boundary cannot be foreseen, so no content can hold it on purpose."""
    assert encode_multipart([])[1] != encode_multipart([])[1]
