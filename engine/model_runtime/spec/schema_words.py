"""Values, paths and types of a file in words for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

_SHORT: Final = 60
_MOST: Final = 24
_TYPE_WORDS: Final[Mapping[str, str]] = {
    "object": "a map",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}
# What may stand without quotes, and what of it YAML takes for something else than text.
_PLAIN: Final = re.compile(r"[\w$/](?:[\w$./:-]*[\w$./-])?")
_OTHER: Final = re.compile(r"[-+.\d_]+(?:e[-+]?\d+)?|true|false|null|yes|no|on|off", re.IGNORECASE)


def types_in_words(names: Sequence[str]) -> str:
    """Say what types a schema wants."""
    return " or ".join(_TYPE_WORDS.get(name, name) for name in names)


def flow(value: object) -> str:
    """A value in one line of YAML."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and not _OTHER.fullmatch(value)
        return value if is_plain else json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def dotted(path: Iterable[str | int]) -> str:
    """Write a path with dots between keys."""
    text = ""
    for key in path:
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text


def in_words(value: object) -> str:
    """Say what stands there: its kind, and its value when that is short."""
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, str):
        return f"text {short(value)}"
    if value is None:
        return "null (nothing)"
    if isinstance(value, bool):
        return str(value).lower()
    return f"the number {short(value)}"


def short(value: object) -> str:
    """A value as it is shown, cut when it is long."""
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 3]}..."


def listed(words: Sequence[str]) -> str:
    """Words with commas between them; of very many the first ones."""
    return ", ".join(words[:_MOST]) + (" ..." if len(words) > _MOST else "")


def sentence(text: str) -> str:
    """A text with a full stop at its end."""
    first = text.strip()
    return first if first.endswith(".") else f"{first}."
