"""The functions an extractor may call beyond JMESPath's own, and the one door to jmespath.

The conversions give null for null and for what they cannot read, as `to_number` does, so that a
missing value stays a missing value; `required: true` on the extractor turns it into an error.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NoReturn, cast

Path = Callable[[Any], Any]
Node = Mapping[str, Any]
SUBJECT_LIMIT: Final = 2_000
DURATION_LIMIT: Final = 64
# A separator of the reply's own between many empty texts makes much of little.
JOINED_LIMIT: Final = 128 * 1024 * 1024

_DURATION_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(d|h|ms|m|s|us|µs|ns)")
_SECONDS: Final = {
    "d": 86_400.0,
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}


def items(value: dict[str, Any] | None) -> list[list[Any]] | None:
    """Return an object's members as `[key, value]` pairs."""
    return None if value is None else [[key, item] for key, item in value.items()]


def zip_arrays(*arrays: list[Any] | None) -> list[list[Any]] | None:
    """Return the first items of all arrays, the second ones, and so on to the shortest's end."""
    if any(array is None for array in arrays):
        return None
    if not all(isinstance(array, list) for array in arrays):
        raise TypeError("zip takes arrays")
    return [list(row) for row in zip(*(array or [] for array in arrays), strict=False)]


def subtract(left: float | None, right: float | None) -> float | None:
    """Return `left` minus `right`."""
    return None if left is None or right is None else left - right


def from_json(text: str | None) -> Any:
    """Return what a JSON text says; NaN and the infinities are not JSON."""
    if text is None:
        return None
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return None


def b64decode(text: str | None) -> str | None:
    """Return the UTF-8 text behind base64 of either alphabet, padded or not."""
    if text is None:
        return None
    plain = "".join(text.split()).rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode()
    except ValueError:
        return None


def hexdecode(text: str | None) -> str | None:
    """Return the UTF-8 text behind hexadecimal digits."""
    if text is None:
        return None
    try:
        return bytes.fromhex(text).decode()
    except ValueError:
        return None


def regex_extract(text: str | None, pattern: str) -> str | None:
    """Return the first group of the first match, or the match where there is no group.

    A compiled extractor calls `first_match` with a pattern compiled at load; this form serves
    jmespath's own interpreter.
    """
    return first_match(re.compile(pattern), text)


def first_match(pattern: re.Pattern[str], text: str | None) -> str | None:
    """Search the first 2,000 characters of `text`: a reply must not set the cost of a search."""
    if text is None or (match := pattern.search(text[:SUBJECT_LIMIT])) is None:
        return None
    return match[1] if pattern.groups else match[0]


def sigmoid(number: float | None) -> float | None:
    """Return the logistic function of a number, without overflow at either end."""
    if number is None:
        return None
    if number >= 0:
        return 1 / (1 + math.exp(-number))
    power = math.exp(number)
    return power / (1 + power)


def parse_duration(value: str | float | None) -> float | None:
    """Return the seconds of `34s`, `1m30.5s`, `500ms`, `PT1M` or a plain number."""
    if not isinstance(value, str):
        return value
    text = value.strip().lower()
    if not text or len(text) > DURATION_LIMIT:
        return None
    if text.replace(".", "", 1).isdecimal():
        return float(text)
    return _sum_of_parts(text.removeprefix("pt"))


def coalesce(*values: Any) -> Any:
    """Return the first value that is neither null nor an empty text, array or object.

    0 and false are values, which is the difference to `||`; `not_null` lets empty ones through.
    """
    for value in values:
        if value or (value is not None and isinstance(value, (bool, int, float))):
            return value
    return None


def join(separator: str, values: list[str]) -> str:
    """Join texts; a ValueError for what would be longer than any reply."""
    size = sum(map(len, values)) + len(separator) * len(values)
    if size > JOINED_LIMIT:
        raise ValueError(f"a text of {size} characters; the most is {JOINED_LIMIT}")
    return separator.join(values)


def safe_join(separator: str, values: str | list[Any] | None) -> str | None:
    """Join an array as text: null items are left out and others than texts become JSON.

    A text is returned as it is, since many services send either a text or a list of texts.
    """
    if values is None or isinstance(values, str):
        return values
    return join(separator, [to_json(value) for value in values if value is not None])


def to_json(value: Any) -> str:
    """Return a text as it is, and anything else as compact JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _sum_of_parts(text: str) -> float | None:
    total, position = 0.0, 0
    for part in _DURATION_PART.finditer(text):
        if part.start() != position:
            return None
        total += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    return total if 0 < position == len(text) else None


@dataclass(frozen=True, slots=True)
class Added:
    """A function of ours and the JMESPath types that each argument takes (none: any)."""

    run: Callable[..., Any]
    takes: tuple[tuple[str, ...], ...]
    is_variadic: bool = False


_TEXT: Final = ("string", "null")
_NUMBER: Final = ("number", "null")

ADDED_FUNCTIONS: Final[dict[str, Added]] = {
    "items": Added(items, (("object", "null"),)),
    "zip": Added(zip_arrays, (("array", "null"),), is_variadic=True),
    "sub": Added(subtract, (_NUMBER, _NUMBER)),
    "from_json": Added(from_json, (_TEXT,)),
    "b64decode": Added(b64decode, (_TEXT,)),
    "hexdecode": Added(hexdecode, (_TEXT,)),
    "regex_extract": Added(regex_extract, (_TEXT, ("string",))),
    "sigmoid": Added(sigmoid, (_NUMBER,)),
    "parse_duration": Added(parse_duration, (("string", "number", "null"),)),
    "coalesce": Added(coalesce, ((),), is_variadic=True),
    "safe_join": Added(safe_join, (("string",), ("array", "string", "null"))),
}


@dataclass(frozen=True, slots=True)
class Library:
    """What we use of jmespath: the grammar, the function table and the interpreter."""

    parse: Callable[[str], Node]
    tokens: Callable[[str], list[Mapping[str, Any]]]
    table: Mapping[str, Mapping[str, Any]]
    functions: Any
    interpret: Callable[[Node, Any], Any]
    reference: Callable[[Path], object]
    type_error: type[ValueError]


@cache
def library() -> Library:
    """Import jmespath, on the first extractor that is compiled, and add our functions to it."""
    import jmespath.exceptions
    import jmespath.functions
    import jmespath.lexer
    import jmespath.visitor

    added = {**ADDED_FUNCTIONS, "join": Added(join, (("string",), ("array-string",)))}
    methods = {f"_func_{name}": _method(function) for name, function in added.items()}
    functions = type("SpecFunctions", (jmespath.functions.Functions,), methods)()
    options = jmespath.visitor.Options(custom_functions=functions)
    interpreter = jmespath.visitor.TreeInterpreter(options)
    # An expression reference calls `visit(closure, element)` of what made it.
    runner = type("ClosureRunner", (jmespath.visitor.TreeInterpreter,), {"visit": _run})()
    return Library(
        parse=lambda text: jmespath.compile(text).parsed,
        tokens=lambda text: list(jmespath.lexer.Lexer().tokenize(text)),
        table=functions.FUNCTION_TABLE,
        functions=functions,
        interpret=lambda node, value: interpreter.visit(cast(Any, node), value),
        reference=lambda path: runner.visit_expref(cast(Any, {"children": [path]}), None),
        type_error=jmespath.exceptions.JMESPathTypeError,
    )


def _run(_runner: object, path: Path, value: Any) -> Any:
    return path(value)


def _method(added: Added) -> Callable[..., Any]:
    """Wrap a function the way jmespath's registry finds it: a method with a signature."""

    def method(_functions: object, *arguments: Any) -> Any:
        return added.run(*arguments)

    signature: list[dict[str, Any]] = [{"types": list(types)} for types in added.takes]
    if added.is_variadic:
        signature[-1]["variadic"] = True
    method.signature = tuple(signature)  # type: ignore[attr-defined]
    return method
