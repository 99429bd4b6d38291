"""What comes from a caller is checked and copied once, here; each refusal names the place."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite
from typing import Any, Final, NoReturn

from model_runtime.errors import InvalidParameter

Canonical = dict[str, Any]

MAX_DEPTH: Final = 100
# Python itself refuses to print integers of more than 4,300 digits.
MAX_INTEGER_BITS: Final = 14_000


def refuse(where: str, what: str) -> NoReturn:
    """Raise InvalidParameter for the argument that stands at `where`."""
    raise InvalidParameter(f"{where}: {what}")


def shown(value: object) -> str:
    """Describe a value in a message: short ones as they are, long ones by their type."""
    if value is None or isinstance(value, bool | float):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else f"{value[:40]}...")
    if isinstance(value, int) and value.bit_length() < 64:
        return repr(value)
    return f"a value of type {type(value).__name__}"


def known(value: object, words: tuple[str, ...]) -> str:
    """The sentence that lists what was expected, with a close match when there is one."""
    close = get_close_matches(value, words, 1) if isinstance(value, str) else []
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return f"Known: {', '.join(words)}.{hint}"


def checked_text(value: object, where: str) -> str:
    """Return a plain str that UTF-8 can carry."""
    if not isinstance(value, str):
        refuse(where, f"{shown(value)} is not a text. Expected a str.")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            refuse(
                where,
                f"the text holds a lone surrogate {value[error.start]!r} at character "
                f"{error.start}, which UTF-8 cannot carry. Remove it, or replace it.",
            )
    return value if type(value) is str else str.__str__(value)


def checked_mapping(value: object, where: str) -> Mapping[str, Any]:
    """Return the value itself if it is a mapping."""
    if not isinstance(value, Mapping):
        refuse(where, f"{shown(value)} was given. Expected a mapping.")
    return value


def checked_json(value: object, where: str, depth: int = 0) -> Any:
    """Return a deep copy of a JSON value as plain dicts, lists and scalars.

    Refused are NaN and infinities, integers too long to print, keys that are not texts, lone
    surrogates, other types, and nesting (or a circle) deeper than the engine accepts.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return checked_text(value, where)
    if isinstance(value, int | float):
        return _checked_number(value, where)
    if depth >= MAX_DEPTH:
        refuse(where[:200], f"nested deeper than {MAX_DEPTH} levels. Flatten it.")
    if isinstance(value, Mapping):
        return {
            checked_text(key, f"{where}: key"): checked_json(item, f"{where}.{key}", depth + 1)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [checked_json(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    refuse(where, f"{shown(value)} cannot be written as JSON. Convert it first.")


def _checked_number(value: float, where: str) -> float:
    if isinstance(value, float):
        if not isfinite(value):
            refuse(where, f"{value!r} is not a JSON number. Expected a finite number.")
    elif value.bit_length() > MAX_INTEGER_BITS:
        refuse(where, "the integer is too long. Expected at most 4,200 digits.")
    return value


def checked_object(value: object, where: str) -> Canonical:
    """Return a deep copy of a mapping that holds JSON."""
    return {**checked_json(checked_mapping(value, where), where)}
