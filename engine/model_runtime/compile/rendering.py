"""What expressions and templates compile to, and how their values become text."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.location import Place
from model_runtime.secrets import Secret, reveal

from .scopes import ANY, Shape

Scope = dict[str, object]
Render = Callable[[Scope], object]
Encode = Callable[[str], str]

JSON_TYPES: Final[frozenset[type]] = frozenset(
    {str, int, float, bool, type(None), list, dict, type(Absent)}
)
WIRE_TYPES: Final[frozenset[type]] = JSON_TYPES | {bytes, Secret}


@dataclass(frozen=True, slots=True)
class Value:
    """A compiled piece: the closure, the shape of its result, and what is known of it.

    `path` names a plain lookup (`m.role` is `("m", "role")`). The render of a constant reads
    nothing from its scope.
    """

    render: Render
    shape: Shape = ANY
    is_constant: bool = False
    path: tuple[str, ...] = ()


@dataclass(slots=True)
class Reads:
    """What templates read: dotted names from the top of the scope, and the part types handled.

    `part_types` counts only when `switches_on_part`; a `$default` sets `takes_any_part`.
    """

    names: set[str] = field(default_factory=set)
    part_types: set[str] = field(default_factory=set)
    switches_on_part: bool = False
    takes_any_part: bool = False

    def add(self, other: Reads) -> None:
        self.names |= other.names
        self.part_types |= other.part_types
        self.switches_on_part |= other.switches_on_part
        self.takes_any_part |= other.takes_any_part


@dataclass(frozen=True, slots=True)
class Spot:
    """An expression and where it stands, as an error of a call names it."""

    source: str
    place: Place | None = None

    def __str__(self) -> str:
        path = f"{self.place.path}: " if self.place and self.place.path else ""
        where = f"{self.place}: {path}" if self.place else ""
        return f"{where}`{self.source}`"


class PathSegments(str):
    """Text of several path segments: each is percent-encoded by itself and the slashes stay."""

    __slots__ = ()


def constant(value: object, shape: Shape = ANY) -> Value:
    return Value(lambda scope: value, shape, is_constant=True)


ABSENT: Final = constant(Absent)
# Stands in for what was refused. It is no constant, so that one fault is not reported twice.
FAULTY: Final = Value(lambda scope: Absent)


def words_for(value: object) -> str:
    """Name the kind of a value for a message, never the value itself."""
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words
    return f"a {type(value).__name__}"


def some(known: Iterable[str], most: int = 20) -> str:
    """The known words for a message, cut where they become too many."""
    words = sorted(known)
    return ", ".join(words[:most]) + (", ..." if len(words) > most else "")


_WORDS: Final[tuple[tuple[type, str], ...]] = (
    (type(Absent), "an absent value"),
    (type(None), "null"),
    (bool, "a boolean"),
    (int, "a number"),
    (float, "a number"),
    (str, "text"),
    (list, "a list"),
    (tuple, "a list"),
    (dict, "a map"),
    (bytes, "bytes"),
    (Secret, "a secret"),
)

_CURES: Final[dict[str, str]] = {
    "an absent value": "Add `| default('...')` or `| required`.",
    "null": "Add a condition: `x if x is not none else '...'`.",
    "a boolean": "Write `'true' if x else 'false'`.",
    "a list": "Add `| join(',')` or `| json`, or let the expression stand alone.",
    "a map": "Add `| json`, or let the expression stand alone.",
    "bytes": "Add `| base64`.",
}


def text_of(value: object, spot: Spot) -> str:
    """Return the text of a str, int or finite float. Anything else inside text is an error."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            return str(value)
        except ValueError:
            raise InvalidParameter(f"{spot}: a number of too many digits inside text.") from None
    words = words_for(value)
    cure = _CURES.get(words, "")
    message = f"{spot}: {words} inside text; text takes strings and numbers only. {cure}"
    raise InvalidParameter(message.rstrip())


def join_text(values: list[object], spots: list[Spot | None], encode: Encode | None) -> object:
    """Join the values of a text. A value with a spot is an expression's, others are literal.

    With a Secret among them the text is a Secret: it is unwrapped here and wrapped again at once,
    and an error never quotes it.
    """
    texts: list[str] = []
    is_secret = False
    for value, spot in zip(values, spots, strict=True):
        if spot is None:
            texts.append(str(value))
            continue
        is_secret = is_secret or isinstance(value, Secret)
        text = text_of(reveal(value), spot)
        texts.append(encode_text(text, encode) if encode else text)
    joined = "".join(texts)
    return Secret(joined) if is_secret else joined


def encode_text(text: str, encode: Encode) -> str:
    """Encode one expression's text; the segments of a `path_segments` text each by itself."""
    if isinstance(text, PathSegments):
        return "/".join(encode(segment) for segment in text.split("/"))
    return encode(text)
