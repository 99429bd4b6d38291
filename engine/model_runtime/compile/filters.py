"""The table of filters: Jinja's pure ones written anew for JSON values, ours, and the messages'.

A filter that meets Absent gives Absent, unless it takes it. A filter raises TypeError, ValueError
or InvalidParameter for a value that it does not take, and the expression says where.
"""

from __future__ import annotations

import html
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.messages.filters import MESSAGE_FILTERS

from . import text_filters
from .cache_marks import mark_cache
from .conditions import TAKE_ABSENT, TESTS, Test
from .rendering import PathSegments, words_for
from .text_filters import MAX_TEXT

MAX_DIGITS: Final = 15

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter and how it may be called.

    `least` and `most` count the arguments after the value (`most` None: any number). `keywords`
    may be given by name. `is_pure` lets a call on constants run once, when the spec is compiled.
    The first argument of a filter that `takes_pattern` is a literal regular expression.
    """

    function: Callable[..., object]
    least: int = 0
    most: int | None = 0
    takes_absent: bool = False
    takes_secret: bool = False
    keywords: frozenset[str] = frozenset()
    is_pure: bool = True
    takes_pattern: bool = False


# --- text ------------------------------------------------------------------------------------


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise TypeError(f"{words_for(value)} where text is expected")


def _sized(length: int, source: int) -> None:
    """Refuse text that grows out of a small input; a large input may pass through."""
    if length > MAX_TEXT and length > 2 * source:
        raise ValueError(f"text of {length} characters; the most is {MAX_TEXT}")


def join(value: object, d: str = "", attribute: str | None = None) -> str:
    texts = [_text(item) for item in pluck(value, attribute)]
    total = sum(map(len, texts))
    _sized(total + len(_text(d)) * len(texts), total)
    return _text(d).join(texts)


def replace(value: object, old: object, new: object, count: int | None = None) -> str:
    text, old_text, new_text = _text(value), _text(old), _text(new)
    limit = -1 if count is None else _whole(count)
    # An empty `old` matches before every character.
    found = text.count(old_text) if limit < 0 else min(limit, text.count(old_text))
    _sized(len(text) + found * (len(new_text) - len(old_text)), len(text))
    return text.replace(old_text, new_text, limit)


def _on_text(function: Callable[..., str]) -> Callable[..., str]:
    """A filter of one text by others; the result stays within bounds."""

    def run(value: object, *arguments: object) -> str:
        text = _text(value)
        result = function(text, *map(_text, arguments))
        _sized(len(result), len(text))
        return result

    return run


def trim(value: object, chars: str | None = None) -> str:
    return _text(value).strip(chars)


def escape(value: object) -> str:
    """Text with the five characters escaped that mean something in XML, such as SSML."""
    return html.escape(_text(value), quote=False).replace('"', "&#34;").replace("'", "&#39;")


def after(value: object, separator: str) -> str:
    """The text after the first `separator`, or all of it when there is none."""
    head, found, tail = _text(value).partition(separator)
    return tail if found else head


def before(value: object, separator: str) -> str:
    """The text before the first `separator`, or all of it when there is none."""
    return _text(value).partition(separator)[0]


def string(value: object) -> str:
    """Text as it is; any other value as its JSON text."""
    return value if isinstance(value, str) else to_json(value)


def to_json(value: object) -> str:
    """Compact JSON, characters as they are. NaN and infinity are refused."""
    return _encode(value)


def path_segments(value: object, most: int) -> PathSegments:
    """Mark text as at most `most` path segments, so that its slashes are kept."""
    segments = _text(value).split("/")
    if len(segments) > _whole(most) or not all(segments) or {".", ".."} & set(segments):
        raise ValueError(f"{value!r} where 1 to {most} path segments are expected")
    return PathSegments("/".join(segments))


# --- numbers ---------------------------------------------------------------------------------


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise TypeError(f"{words_for(value)} where a whole number is expected")


def _number(value: object) -> int | float:
    if isinstance(value, int | float):
        return value
    raise TypeError(f"{words_for(value)} where a number is expected")


def to_int(value: object, default: object = 0) -> object:
    try:
        return int(value) if isinstance(value, str | int | float) else default
    except (ValueError, OverflowError):
        pass
    try:
        return int(float(cast(str, value)))
    except (ValueError, OverflowError):
        return default


def to_float(value: object, default: object = 0.0) -> object:
    try:
        number = float(value) if isinstance(value, str | int | float) else math.nan
    except (ValueError, OverflowError):
        return default
    return number if math.isfinite(number) else default


def round_number(value: object, precision: int = 0) -> float:
    """Round as Jinja does; the precision is bounded, since a huge one costs without end."""
    if abs(_whole(precision)) > MAX_DIGITS:
        raise ValueError(f"a precision of {precision}; the most is {MAX_DIGITS}")
    return round(_number(value), precision)


# --- lists -----------------------------------------------------------------------------------


def _items(value: object) -> list[object]:
    if isinstance(value, list | tuple | dict | str):
        return list(value)
    raise TypeError(f"{words_for(value)} where a list is expected")


def pluck(value: object, attribute: str | None) -> list[object]:
    """The items of a list, or one attribute (`a.b`) of each."""
    items = _items(value)
    return items if attribute is None else [_attribute(item, attribute) for item in items]


def _attribute(item: object, path: str) -> object:
    for name in path.split("."):
        item = item.get(name, Absent) if isinstance(item, Mapping) else Absent
    return item


def map_items(value: object, *, attribute: str, default: object = Absent) -> list[object]:
    found = (default if item is Absent else item for item in pluck(value, attribute))
    return [item for item in found if item is not Absent]


def _fold_case(value: object, case_sensitive: bool) -> Any:
    return value.lower() if isinstance(value, str) and not case_sensitive else value


def sort(
    value: object,
    reverse: bool = False,
    case_sensitive: bool = False,
    attribute: str | None = None,
) -> list[object]:
    def key(item: object) -> Any:
        return _fold_case(
            item if attribute is None else _attribute(item, attribute), case_sensitive
        )

    return sorted(_items(value), key=key, reverse=reverse)


def unique(
    value: object, case_sensitive: bool = False, attribute: str | None = None
) -> list[object]:
    """The items without repetition, in order, by their JSON text where they cannot be hashed."""
    seen: set[object] = set()
    kept: list[object] = []
    for item in _items(value):
        key = _fold_case(item if attribute is None else _attribute(item, attribute), case_sensitive)
        mark = to_json(key) if isinstance(key, dict | list) else key
        if mark not in seen:
            seen.add(mark)
            kept.append(item)
    return kept


def first(value: object) -> object:
    items = _items(value)
    return items[0] if items else Absent


def last(value: object) -> object:
    items = _items(value)
    return items[-1] if items else Absent


def length(value: object) -> int:
    if isinstance(value, str | list | tuple | dict | bytes):
        return len(value)
    raise TypeError(f"{words_for(value)} where a list, map or text is expected")


def total(value: object, attribute: str | None = None, start: float = 0) -> float:
    return sum((_number(item) for item in pluck(value, attribute)), start)


def smallest(value: object, case_sensitive: bool = False) -> object:
    return _extreme(min, value, case_sensitive)


def largest(value: object, case_sensitive: bool = False) -> object:
    return _extreme(max, value, case_sensitive)


def _extreme(choose: Callable[..., object], value: object, case_sensitive: bool) -> object:
    items = _items(value)
    return choose(items, key=lambda item: _fold_case(item, case_sensitive)) if items else Absent


def _chooser(keep: bool, by_attribute: bool) -> Callable[..., list[object]]:
    def choose(value: object, *arguments: object) -> list[object]:
        path = cast(str, arguments[0]) if by_attribute else None
        passes = _predicate(arguments[1:] if by_attribute else arguments)
        return [
            item
            for item in _items(value)
            if passes(item if path is None else _attribute(item, path)) is keep
        ]

    return choose


def _predicate(arguments: tuple[object, ...]) -> Callable[[object], bool]:
    """A test by name with its argument, or truth when there is none."""
    if not arguments:
        return bool
    name, *rest = arguments
    test = TESTS.get(name) if isinstance(name, str) else None
    if test is None or test.arguments != len(rest) or test.takes_pattern:
        raise ValueError(f"{name!r} is no test of {len(rest)} arguments")
    known: Test = test
    takes_absent = name in TAKE_ABSENT
    return lambda item: (takes_absent or item is not Absent) and known.function(item, *rest)


# --- ours ------------------------------------------------------------------------------------


def default(value: object, default_value: object = "", boolean: bool = False) -> object:
    return default_value if value is Absent or (boolean and not value) else value


def required(value: object, message: str = "a value is required here and was not given") -> object:
    if value is Absent:
        raise InvalidParameter(message)
    return value


_REFUSE: Final = object()


def lookup(value: object, table: Mapping[object, object], fallback: object = _REFUSE) -> object:
    """What `table` holds for the value; without a fallback a value it lacks is an error."""
    if not isinstance(table, Mapping):
        raise TypeError(f"{words_for(table)} where a map is expected")
    if isinstance(value, str | int | float) and value in table:
        return table[value]
    if fallback is _REFUSE:
        known = ", ".join(sorted(map(str, table)))
        raise InvalidParameter(f"{_shown(value)} is not known here. Known: {known}.")
    return fallback


def _shown(value: object) -> str:
    return repr(value)[:80] if isinstance(value, str | int | float) else words_for(value)


def _kind_check(*kinds: type, but: tuple[type, ...] = ()) -> Callable[[object], bool]:
    return lambda value: isinstance(value, kinds) and not isinstance(value, but)


def _named(*names: str) -> frozenset[str]:
    return frozenset(names)


_OWN_FILTERS: Final[dict[str, Filter]] = {
    "abs": Filter(lambda value: abs(_number(value))),
    "after": Filter(after, 1, 1),
    "before": Filter(before, 1, 1),
    "count": Filter(length),
    "d": Filter(default, 0, 2, True, True, _named("default_value", "boolean")),
    "default": Filter(default, 0, 2, True, True, _named("default_value", "boolean")),
    "ensure_prefix": Filter(_on_text(text_filters.ensure_prefix), 1, 1),
    "ensure_suffix": Filter(_on_text(text_filters.ensure_suffix), 1, 1),
    "escape": Filter(escape),
    "first": Filter(first),
    "float": Filter(to_float, 0, 1, keywords=_named("default")),
    "int": Filter(to_int, 0, 1, keywords=_named("default")),
    "is_boolean": Filter(_kind_check(bool)),
    "is_list": Filter(_kind_check(list)),
    "is_map": Filter(_kind_check(dict)),
    "is_number": Filter(_kind_check(int, float, but=(bool,))),
    "join": Filter(join, 0, 2, keywords=_named("d", "attribute")),
    "json": Filter(to_json),
    "last": Filter(last),
    "length": Filter(length),
    "list": Filter(_items),
    "lookup": Filter(lookup, 1, 2),
    "lower": Filter(lambda value: _text(value).lower()),
    "map": Filter(map_items, keywords=_named("attribute", "default")),
    "mark_cache": Filter(mark_cache, 0, 1, is_pure=False),
    "max": Filter(largest, 0, 1, keywords=_named("case_sensitive")),
    "min": Filter(smallest, 0, 1, keywords=_named("case_sensitive")),
    "path_segments": Filter(path_segments, 1, 1),
    "regex_replace": Filter(_on_text(text_filters.regex_replace), 2, 2, takes_pattern=True),
    "reject": Filter(_chooser(False, False), 0, 2),
    "rejectattr": Filter(_chooser(False, True), 1, 3),
    "remove_prefix": Filter(_on_text(text_filters.remove_prefix), 1, 1),
    "remove_suffix": Filter(_on_text(text_filters.remove_suffix), 1, 1),
    "replace": Filter(replace, 2, 3, keywords=_named("count")),
    "required": Filter(required, 0, 1, True, True),
    "reverse": Filter(lambda value: _items(value)[::-1]),
    "round": Filter(round_number, 0, 1, keywords=_named("precision")),
    "select": Filter(_chooser(True, False), 0, 2),
    "selectattr": Filter(_chooser(True, True), 1, 3),
    "sort": Filter(sort, 0, 3, keywords=_named("reverse", "case_sensitive", "attribute")),
    "string": Filter(string),
    "sum": Filter(total, 0, 2, keywords=_named("attribute", "start")),
    "tojson": Filter(to_json),
    "trim": Filter(trim, 0, 1, keywords=_named("chars")),
    "unique": Filter(unique, 0, 2, keywords=_named("case_sensitive", "attribute")),
    "upper": Filter(lambda value: _text(value).upper()),
}

FILTERS: Final[dict[str, Filter]] = {
    **_OWN_FILTERS,
    **{
        name: Filter(
            entry.function, entry.min_args, entry.max_args, entry.takes_absent, is_pure=False
        )
        for name, entry in MESSAGE_FILTERS.items()
    },
}
