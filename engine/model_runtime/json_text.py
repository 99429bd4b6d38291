"""JSON as text and bytes: compact, strict on the way out, tolerant on the way in.

With the extra `fast` most documents are written and read by its library. What that library would
treat otherwise than the standard one is left to the standard one, so that results do not depend
on what is installed; only the spelling of a number's exponent may differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, Final

from .errors import InvalidParameter

# Digits become 0 and all else but the point a blank, so that one search finds long whole numbers.
_LONG_WHOLE: Final = b" " + b"0" * 19
_SHAPES: Final = bytes(48 if 48 <= n <= 57 else 46 if n == 46 else 32 for n in range(256))


def _written_as(value: object) -> object:
    """What stands in JSON for a value that is none of JSON's; the faster library agrees."""
    if isinstance(value, Enum):
        return value.value
    # A value of this class comes from a process that has loaded its module.
    from uuid import UUID

    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_written_as
).encode


def encode_json(value: object) -> bytes:
    """Return `value` as compact UTF-8 JSON, or raise InvalidParameter naming what JSON lacks.

    Lone surrogates, NaN and infinities have no JSON form that a service would take.
    """
    fast = _fast_writer()
    if fast is not None:
        try:
            data = fast(value)
        except TypeError:
            # Long numbers, odd keys, deep trees and faults are written, or named, below.
            pass
        else:
            # It writes null for NaN and infinities.
            if b"null" not in data:
                return data
    try:
        return _encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        found = f"U+{ord(error.object[error.start]):04X}"
        raise InvalidParameter(
            f"The request holds the lone surrogate {found}, which is no valid text. "
            "Remove it, or decode the text with errors='replace'."
        ) from None
    except (ValueError, TypeError, RecursionError) as error:
        raise InvalidParameter(f"The request cannot be written as JSON: {error}.") from None


def decode_json(data: bytes | str) -> Any:
    """Return the value of a JSON document; ValueError when it is none.

    A byte order mark and blanks around the document are accepted, and bytes that are no UTF-8
    become U+FFFD, as in streams: a broken character must not cost a whole answer.
    """
    fast = _fast_reader()
    if fast is not None:
        try:
            return fast(data)
        except ValueError:
            # What it refuses may be NaN, half a character or a long number, which are read here.
            pass
    if isinstance(data, bytes):
        data = data.decode("utf-8", "replace")
    try:
        return json.loads(data.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("nested too deeply") from None


@cache
def _fast_writer() -> Callable[[object], bytes] | None:
    try:
        from orjson import OPT_PASSTHROUGH_DATACLASS, OPT_PASSTHROUGH_DATETIME, dumps
    except ImportError:
        return None
    # Of these it would write forms that the standard library does not know.
    strict = OPT_PASSTHROUGH_DATACLASS | OPT_PASSTHROUGH_DATETIME
    return lambda value: dumps(value, None, strict)


@cache
def _fast_reader() -> Callable[[bytes | str], Any] | None:
    try:
        from orjson import loads
    except ImportError:
        return None

    def read(data: bytes | str) -> Any:
        raw = data.encode() if isinstance(data, str) else data
        shape = raw.translate(_SHAPES)
        # It would round whole numbers of more than 64 bits.
        if _LONG_WHOLE in shape or shape.startswith(_LONG_WHOLE[1:]):
            raise ValueError("a long whole number")
        return loads(raw)

    return read


def mend_text(text: str) -> str:
    """Return `text` with surrogate pairs joined and lone surrogates as U+FFFD.

    JSON may escape half a character. Services that count in UTF-16 cut one in two between frames,
    and a text with a half can neither be written as UTF-8 nor be sent back.
    """
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
