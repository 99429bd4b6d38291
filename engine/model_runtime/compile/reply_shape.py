"""The shape of a reply for error messages: keys and types, never values."""

from __future__ import annotations

import re
from typing import Any, Final

SHAPE_LIMIT: Final = 300

_DEPTH: Final = 4
_KEYS: Final = 12
_KEY_LENGTH: Final = 40
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][\w.-]*")


def shape_of(value: Any) -> str:
    """Describe a JSON value by its keys and types in at most 300 characters.

    An array is described by its first item and its length.
    """
    shape = _shape(value, _DEPTH)
    return shape if len(shape) <= SHAPE_LIMIT else f"{shape[: SHAPE_LIMIT - 3]}..."


def _shape(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        return _object_shape(value, depth)
    if isinstance(value, list):
        return _array_shape(value, depth)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "string" if isinstance(value, str) else type(value).__name__


def _object_shape(value: dict[Any, Any], depth: int) -> str:
    if not value:
        return "{}"
    if depth == 0:
        return "object"
    keys = list(value)[:_KEYS]
    members = [f"{_key(key)}: {_shape(value[key], depth - 1)}" for key in keys]
    if len(value) > _KEYS:
        members.append(f"{len(value) - _KEYS} more")
    return f"{{{', '.join(members)}}}"


def _array_shape(value: list[Any], depth: int) -> str:
    if not value:
        return "[]"
    if depth == 0:
        return "array"
    more = f", {len(value) - 1} more" if len(value) > 1 else ""
    return f"[{_shape(value[0], depth - 1)}{more}]"


def _key(key: object) -> str:
    text = str(key)
    if len(text) > _KEY_LENGTH:
        text = f"{text[:_KEY_LENGTH]}..."
    return text if _PLAIN_KEY.fullmatch(text) else ascii(text)
