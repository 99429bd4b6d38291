"""Compares what was sent and given with what an exchange says; each difference is one line."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from email.parser import BytesParser
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from model_runtime.exchange import HttpRequest

_MISSING: Final = "nothing"
_LONGEST: Final = 160

Expected = Mapping[str, Any]


def request_differences(sent: HttpRequest, expected: Expected) -> Iterator[str]:
    """Compare a request: bodies exactly, headers as a subset."""
    if "method" in expected:
        yield from _equal(expected["method"], sent.method, "method")
    if "url" in expected:
        yield from _equal(expected["url"], sent.url, "url")
    parts = urlsplit(sent.url)
    if "path" in expected:
        path = f"{parts.path}?{parts.query}" if "?" in expected["path"] else parts.path
        yield from _equal(expected["path"], path, "path")
    if "query" in expected:
        found = {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
        wanted = {name: str(value) for name, value in expected["query"].items()}
        yield from exact_differences(wanted, found, "query")
    for name, value in expected.get("headers", {}).items():
        yield from _equal(value, sent.headers.get(name.lower()), f"headers.{name}")
    for name in expected.get("no_header", ()):
        if name.lower() in sent.headers:
            yield f"headers.{name}: expected {_MISSING}, but it was sent"
    yield from _body_differences(sent, expected)


def _body_differences(sent: HttpRequest, expected: Expected) -> Iterator[str]:
    if "body" in expected:
        try:
            found = json.loads(sent.body)
        except ValueError:
            yield f"body: expected JSON, got {shown(sent.body)}"
        else:
            yield from exact_differences(expected["body"], found, "body")
    if "text" in expected:
        yield from _equal(expected["text"], sent.body.decode("utf-8", "replace"), "text")
    if "base64" in expected and b64decode(expected["base64"]) != sent.body:
        yield f"base64: other bytes were sent: {shown(sent.body)}"
    if "form" in expected:
        found = parse_qs(sent.body.decode("utf-8", "replace"), keep_blank_values=True)
        wanted = {
            name: value if isinstance(value, list) else [str(value)]
            for name, value in expected["form"].items()
        }
        yield from exact_differences(wanted, found, "form")
    if "multipart" in expected:
        yield from _equal(wanted_parts(expected["multipart"]), parts_of(sent), "multipart")


Part = tuple[str, bytes, str | None, str | None]


def parts_of(request: HttpRequest) -> list[Part]:
    """The parts of a multipart body: name, bytes, file name, and a file's media type."""
    head = f"content-type: {request.headers.get('content-type')}\r\n\r\n".encode()
    found: list[Part] = []
    for part in BytesParser().parsebytes(head + request.body).walk():
        if part.is_multipart():
            continue
        name = str(part.get_param("name", header="content-disposition"))
        data = part.get_payload(decode=True)
        filename = part.get_filename()
        kind = part.get_content_type() if filename else None
        found.append((name, data if isinstance(data, bytes) else b"", filename, kind))
    return found


def wanted_parts(parts: Expected) -> list[Part]:
    """The parts that an exchange expects; a list stands for several of one name."""
    found: list[Part] = []
    for name, values in parts.items():
        for value in values if isinstance(values, list) else [values]:
            part = value if isinstance(value, Mapping) else {"content": value}
            data = b64decode(part["base64"]) if "base64" in part else part["content"].encode()
            found.append((name, data, part.get("filename"), part.get("type")))
    return found


def exact_differences(expected: object, found: object, where: str) -> Iterator[str]:
    """Where two JSON values differ: a missing key, null, and another type all do."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key in [*expected, *(key for key in found if key not in expected)]:
            if key not in found:
                yield f"{where}.{key}: expected {shown(expected[key])}, got {_MISSING}"
            elif key not in expected:
                yield f"{where}.{key}: expected {_MISSING}, got {shown(found[key])}"
            else:
                yield from exact_differences(expected[key], found[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        yield from _length(expected, found, where)
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from exact_differences(one, other, f"{where}[{index}]")
    elif json.dumps(expected) != json.dumps(found):
        yield f"{where}: expected {shown(expected)}, got {shown(found)}"


def outcome_differences(expected: object, found: object, where: str) -> Iterator[str]:
    """Where a value does not hold what is expected of it, at least."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        for key, value in expected.items():
            yield from outcome_differences(value, found.get(key), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list | tuple):
        yield from _length(expected, found, where)
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from outcome_differences(one, other, f"{where}[{index}]")
    elif expected == [] and found is None:
        return  # what is empty is left out of a result's JSON
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{where}: expected {shown(expected)}, got {shown(found)}"


def error_differences(error: Exception, expected: Expected) -> Iterator[str]:
    """Compare an error: its class may be a child, its message matches somewhere."""
    if expected.get("error", "Exception") not in [kind.__name__ for kind in type(error).__mro__]:
        yield f"error: expected {expected['error']}, got {type(error).__name__}: {shown(error)}"
        return
    if not re.search(expected.get("message", ""), str(error)):
        yield f"message: expected a match of {expected['message']!r}, got {shown(error)}"
    for name in ("kind", "status", "retry_after", "request_id"):
        if name in expected:
            yield from outcome_differences(expected[name], getattr(error, name, None), name)
    if "retryable" in expected:
        found = getattr(error, "is_retryable", None)
        yield from outcome_differences(expected["retryable"], found, "retryable")


def shown(value: object) -> str:
    """A value for people, cut when it is long."""
    if isinstance(value, Exception):
        text = str(value)
    elif isinstance(value, bytes):
        text = repr(value)
    else:
        text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _equal(expected: object, found: object, where: str) -> Iterator[str]:
    if expected != found:
        told = _MISSING if found is None else shown(found)
        yield f"{where}: expected {shown(expected)}, got {told}"


def _length(expected: list[Any], found: list[Any] | tuple[Any, ...], where: str) -> Iterator[str]:
    if len(expected) != len(found):
        yield f"{where}: expected {len(expected)} items, got {len(found)}: {shown(found)}"
