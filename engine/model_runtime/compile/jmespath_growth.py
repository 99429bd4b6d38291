"""How much larger than its reply the result of an extractor can become, read from its tree.

An expression of a few hundred characters can name one value billions of times: `[@, @] | [@, @]`
and so on. Nothing is copied when it runs, but whoever walks the result never comes to its end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from math import prod
from typing import Final

from .jmespath_functions import Node

# No expression within the limit of length comes to this without growing twice over.
GROWTH_LIMIT: Final = 600

# Functions whose result is a number, a boolean or a short text, whatever they are given.
_SMALL: Final = frozenset(
    {
        "abs",
        "avg",
        "ceil",
        "contains",
        "ends_with",
        "floor",
        "length",
        "parse_duration",
        "regex_extract",
        "sigmoid",
        "starts_with",
        "sub",
        "sum",
        "to_number",
        "type",
    }
)
# What a text must be escaped by, if it is written as JSON.
_ESCAPING: Final = 2


def growth(node: Node) -> int:
    """Return how many times as large as its input a result can be, at the most."""
    return _RULES.get(node["type"], _one)(node)


def _children(node: Node) -> list[int]:
    return [growth(child) for child in node["children"] if isinstance(child, dict)]


def _one(_node: Node) -> int:
    return 1


def _product(node: Node) -> int:
    """A value of a value: both grow."""
    return prod(_children(node))


def _sum(node: Node) -> int:
    """Several values beside each other."""
    return sum(_children(node)) or 1


def _most(node: Node) -> int:
    """One value of several."""
    return max(_children(node), default=1)


def _filtered(node: Node) -> int:
    """The condition decides and gives nothing."""
    base, element, _condition = node["children"]
    return growth(base) * growth(element)


def _literal(node: Node) -> int:
    """A text of the spec's own, which may stand for each `1,` of a list in the reply."""
    return max(1, len(json.dumps(node["value"])) // 2)


def _member(node: Node) -> int:
    return _most(node) + len(str(node["value"])) // 2


def _function(node: Node) -> int:
    name = node["value"]
    if name in _SMALL:
        return 1
    if name == "map":
        return _product(node)
    return _sum(node) * (_ESCAPING if name == "to_string" else 1)


_RULES: Final[dict[str, Callable[[Node], int]]] = {
    "and_expression": _most,
    "expref": _most,
    "filter_projection": _filtered,
    "flatten": _most,
    "function_expression": _function,
    "index_expression": _product,
    "key_val_pair": _member,
    "literal": _literal,
    "multi_select_dict": _sum,
    "multi_select_list": _sum,
    "or_expression": _most,
    "pipe": _product,
    "projection": _product,
    "subexpression": _product,
    "value_projection": _product,
}
