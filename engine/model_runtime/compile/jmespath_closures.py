"""JMESPath's tree -> closures that read a reply exactly as jmespath's own interpreter does.

Replies are JSON: objects are dicts and arrays are lists. A node that this table does not know is
left to jmespath's interpreter. What can raise is listed in `can_raise`; the rest never does.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final

from model_runtime.patterns import compile_regex

from .jmespath_functions import Node, Path, first_match, library

Steps = tuple[str | int, ...]

SEQUENCES: Final = frozenset({"subexpression", "index_expression", "pipe"})
_TOTAL_FUNCTIONS: Final = frozenset({"not_null", "coalesce", "type", "to_array", "to_number"})
_ORDERINGS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "lt": operator.lt,
    "lte": operator.le,
    "gt": operator.gt,
    "gte": operator.ge,
}
_PYTHON_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "array": (list,),
    "boolean": (bool,),
    "null": (type(None),),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


def build(node: Node) -> Path:
    """Return the closure of a tree that `jmespath_checks` has passed."""
    steps = steps_of(node)
    if steps is not None:
        return walk(steps)
    builder = _BUILDERS.get(node["type"], _interpreted)
    return builder(node)


def steps_of(node: Node) -> Steps | None:
    """Return the keys and indexes of a plain chain such as `choices[0].delta`, else None."""
    match node["type"]:
        case "field" | "index":
            return (node["value"],)
        case "identity" | "current":
            return ()
        case kind if kind in SEQUENCES:
            return _joined_steps(node["children"])
        case _:
            return None


def can_raise(node: Node) -> bool:
    """Whether a reply of an unexpected shape can make this tree raise."""
    kind = node["type"]
    if kind == "slot":
        return False
    if kind not in _BUILDERS and steps_of(node) is None:
        return True
    if kind == "function_expression" and node["value"] not in _TOTAL_FUNCTIONS:
        return True
    if kind == "comparator" and not _compares_with_scalar(node):
        return True
    return any(can_raise(child) for child in node["children"] if isinstance(child, dict))


def is_false(value: Any) -> bool:
    """Whether JMESPath takes a value as false: null, false and what is empty, but never 0."""
    return not value and (value is None or value is False or isinstance(value, (str, list, dict)))


def walk(steps: Steps) -> Path:
    """Return one closure for a chain of keys and indexes."""
    if not steps:
        return _itself
    if len(steps) == 1:
        return _one_step(steps[0])

    def read(value: Any) -> Any:
        for step in steps:
            if isinstance(step, str):
                if not isinstance(value, dict):
                    return None
                value = value.get(step)
            elif not isinstance(value, list):
                return None
            else:
                try:
                    value = value[step]
                except IndexError:
                    return None
        return value

    return read


def _itself(value: Any) -> Any:
    return value


def _one_step(step: str | int) -> Path:
    if isinstance(step, str):
        return lambda value: value.get(step) if isinstance(value, dict) else None
    needed = step + 1 if step >= 0 else -step
    return lambda value: value[step] if isinstance(value, list) and len(value) >= needed else None


def _joined_steps(nodes: Sequence[Node]) -> Steps | None:
    joined: Steps = ()
    for node in nodes:
        steps = steps_of(node)
        if steps is None:
            return None
        joined += steps
    return joined


def _sequence(node: Node) -> Path:
    """Run parts one after the other; neighbouring plain steps become one closure."""
    paths: list[Path] = []
    steps: Steps = ()
    for child in node["children"]:
        below = steps_of(child)
        if below is not None:
            steps += below
            continue
        if steps:
            paths.append(walk(steps))
        paths.append(build(child))
        steps = ()
    if steps:
        paths.append(walk(steps))
    return _compose(paths)


def _compose(paths: list[Path]) -> Path:
    if len(paths) == 1:
        return paths[0]
    if len(paths) == 2:
        first, second = paths
        return lambda value: second(first(value))

    def read(value: Any) -> Any:
        for path in paths:
            value = path(value)
        return value

    return read


def _slot(node: Node) -> Path:
    return operator.itemgetter(node["value"])


def _literal(node: Node) -> Path:
    literal = node["value"]
    if isinstance(literal, (dict, list)):
        # A caller may change what it gets, and must not change the spec by it.
        return lambda _value: copy.deepcopy(literal)
    return lambda _value: literal


def _projection(node: Node) -> Path:
    base, element = build(node["children"][0]), build(node["children"][1])

    def read(value: Any) -> Any:
        array = base(value)
        if not isinstance(array, list):
            return None
        return [found for item in array if (found := element(item)) is not None]

    return read


def _value_projection(node: Node) -> Path:
    base, element = build(node["children"][0]), build(node["children"][1])

    def read(value: Any) -> Any:
        members = base(value)
        if not isinstance(members, dict):
            return None
        return [found for item in members.values() if (found := element(item)) is not None]

    return read


def _filter(node: Node) -> Path:
    base, element, condition = (build(child) for child in node["children"])

    def read(value: Any) -> Any:
        array = base(value)
        if not isinstance(array, list):
            return None
        return [
            found
            for item in array
            if not is_false(condition(item)) and (found := element(item)) is not None
        ]

    return read


def _flatten(node: Node) -> Path:
    base = build(node["children"][0])

    def read(value: Any) -> Any:
        array = base(value)
        if not isinstance(array, list):
            return None
        flat: list[Any] = []
        for item in array:
            if isinstance(item, list):
                flat.extend(item)
            else:
                flat.append(item)
        return flat

    return read


def _slice(node: Node) -> Path:
    part = slice(*node["children"])
    return lambda value: value[part] if isinstance(value, list) else None


def _select_list(node: Node) -> Path:
    paths = [build(child) for child in node["children"]]
    return lambda value: None if value is None else [path(value) for path in paths]


def _select_dict(node: Node) -> Path:
    paths = [(pair["value"], build(pair["children"][0])) for pair in node["children"]]
    return lambda value: None if value is None else {name: path(value) for name, path in paths}


def _or(node: Node) -> Path:
    left, right = (build(child) for child in node["children"])

    def read(value: Any) -> Any:
        found = left(value)
        return right(value) if not found and is_false(found) else found

    return read


def _and(node: Node) -> Path:
    left, right = (build(child) for child in node["children"])

    def read(value: Any) -> Any:
        found = left(value)
        return found if not found and is_false(found) else right(value)

    return read


def _not(node: Node) -> Path:
    operand = build(node["children"][0])

    def read(value: Any) -> bool:
        found = operand(value)
        return not found and (isinstance(found, bool) or not isinstance(found, (int, float)))

    return read


def _comparator(node: Node) -> Path:
    order = _ORDERINGS.get(node["value"])
    if order is not None:
        return _ordering(node, order)
    is_negated = node["value"] == "ne"
    left, right = (build(child) for child in node["children"])
    second = node["children"][1]
    if second["type"] == "literal" and isinstance(second["value"], str):
        text = second["value"]
        if is_negated:
            return lambda value: left(value) != text
        return lambda value: left(value) == text
    return lambda value: _equals(left(value), right(value)) is not is_negated


def _equals(left: Any, right: Any) -> bool:
    """Compare as JSON does: Python takes 1 and true as equal, JSON does not."""
    return bool(left == right and isinstance(left, bool) is isinstance(right, bool))


def _ordering(node: Node, order: Callable[[Any, Any], Any]) -> Path:
    left, right = (build(child) for child in node["children"])

    def read(value: Any) -> Any:
        first, second = left(value), right(value)
        return order(first, second) if _has_order(first) and _has_order(second) else None

    return read


def _has_order(value: Any) -> bool:
    return isinstance(value, (int, float, str)) and not isinstance(value, bool)


def _compares_with_scalar(node: Node) -> bool:
    """Equality with a constant that is no list or object cannot recurse, so it cannot raise."""
    return node["value"] in ("eq", "ne") and any(
        child["type"] == "literal" and not isinstance(child["value"], (dict, list))
        for child in node["children"]
    )


def _reference(node: Node) -> Path:
    reference = library().reference(build(node["children"][0]))
    return lambda _value: reference


def _function(node: Node) -> Path:
    name = node["value"]
    if name == "regex_extract":
        return _regex_extract(node)
    arguments = [build(child) for child in node["children"]]
    if name == "not_null" and not any(can_raise(child) for child in node["children"]):
        return _not_null(arguments)
    allowed = _allowed_types(name)
    if len(arguments) == 1 and len(allowed) == 1:
        return _call_with_one(name, arguments[0], allowed[0])
    if len(arguments) == 2 and len(allowed) == 2:
        return _call_with_two(name, arguments, allowed)
    call = library().functions.call_function
    return lambda value: call(name, [argument(value) for argument in arguments])


def _not_null(arguments: list[Path]) -> Path:
    """Stop at the first value; jmespath reads all, which shows only where one of them raises."""
    if len(arguments) == 2:
        first, second = arguments

        def read_two(value: Any) -> Any:
            found = first(value)
            return second(value) if found is None else found

        return read_two

    def read(value: Any) -> Any:
        for argument in arguments:
            if (found := argument(value)) is not None:
                return found
        return None

    return read


def _regex_extract(node: Node) -> Path:
    subject, pattern = build(node["children"][0]), compile_regex(node["children"][1]["value"])
    text = node["children"][1]["value"]
    call = library().functions.call_function

    def read(value: Any) -> Any:
        found = subject(value)
        if found is None or isinstance(found, str):
            return first_match(pattern, found)
        return call("regex_extract", [found, text])

    return read


def _allowed_types(name: str) -> list[frozenset[type] | None]:
    """Return per argument the Python types that need no closer look; None takes any value.

    An argument whose items have a type as well (`array-string`) has no such types.
    """
    allowed: list[frozenset[type] | None] = []
    for argument in library().table[name]["signature"]:
        names = argument["types"]
        found = (kind for name in names for kind in _PYTHON_TYPES.get(name, ()))
        allowed.append(frozenset(found) if names else None)
    return allowed


def _call_with_one(name: str, argument: Path, allowed: frozenset[type] | None) -> Path:
    functions, run = library().functions, library().table[name]["function"]

    def read(value: Any) -> Any:
        found = argument(value)
        if allowed is None or type(found) in allowed:
            return run(functions, found)
        # jmespath's own check knows item types, and says what is wrong.
        return functions.call_function(name, [found])

    return read


def _call_with_two(name: str, arguments: list[Path], allowed: list[frozenset[type] | None]) -> Path:
    functions, run = library().functions, library().table[name]["function"]
    (left, right), (lefts, rights) = arguments, allowed

    def read(value: Any) -> Any:
        first, second = left(value), right(value)
        if (lefts is None or type(first) in lefts) and (rights is None or type(second) in rights):
            return run(functions, first, second)
        return functions.call_function(name, [first, second])

    return read


def _interpreted(node: Node) -> Path:
    interpret = library().interpret
    return lambda value: interpret(node, value)


_BUILDERS: Final[dict[str, Callable[[Node], Path]]] = {
    "and_expression": _and,
    "comparator": _comparator,
    "expref": _reference,
    "filter_projection": _filter,
    "flatten": _flatten,
    "function_expression": _function,
    "index_expression": _sequence,
    "literal": _literal,
    "multi_select_dict": _select_dict,
    "multi_select_list": _select_list,
    "not_expression": _not,
    "or_expression": _or,
    "pipe": _sequence,
    "projection": _projection,
    "slice": _slice,
    "slot": _slot,
    "subexpression": _sequence,
    "value_projection": _value_projection,
}
