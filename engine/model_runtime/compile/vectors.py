"""Vectors in the forms that services send: lists, and base64 of floats or small integers."""

from __future__ import annotations

import base64
import binascii
import sys
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from model_runtime.errors import ReplyError

Vector = Sequence[float]


def decode_vector(value: Any, ways: Sequence[str]) -> Vector:
    """Return a vector read in the first of `ways` that fits the value's type. ReplyError else."""
    for way in ways:
        if (found := DECODERS[way](value)) is not None:
            return found
    kind = type(value).__name__
    raise ReplyError(f"A vector came as {kind}; the spec decodes {', '.join(ways)}.")


def _list(value: Any) -> Vector | None:
    if not isinstance(value, list):
        return None
    if value and isinstance(value[0], list):
        return _mean(value)
    return value


def _mean(rows: list[list[float]]) -> list[float]:
    """One vector for a text that a model answers token by token: the mean of its rows."""
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _floats(value: Any) -> Vector | None:
    return _from_base64(value, "f")


def _bytes(value: Any) -> Vector | None:
    return _from_base64(value, "b")


def _from_base64(value: Any, code: str) -> Vector | None:
    if not isinstance(value, str):
        return None
    try:
        raw = base64.b64decode(value, validate=True)
        found = array(code, raw)
    except (binascii.Error, ValueError):
        raise ReplyError("A vector is not the base64 that the spec expects.") from None
    if sys.byteorder == "big":
        found.byteswap()
    return [float(number) for number in found]


DECODERS: dict[str, Callable[[Any], Vector | None]] = {
    "list": _list,
    "base64_float32": _floats,
    "base64_int8": _bytes,
}
