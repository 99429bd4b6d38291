"""The tests of an expression (`x is defined`) and its comparisons, Absent included.

Comparing with Absent is false, except `!=` and `not in`, which are true.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, cast

from model_runtime.absent import Absent

from .text_filters import matches

Comparison = Callable[[object, object], bool]


def equal(left: object, right: object) -> bool:
    return left is not Absent and right is not Absent and left == right


def not_equal(left: object, right: object) -> bool:
    return not equal(left, right)


def contained(left: object, right: object) -> bool:
    if left is Absent or right is Absent:
        return False
    # What cannot be searched raises TypeError, and the expression reports it.
    return left in cast(Any, right)


def not_contained(left: object, right: object) -> bool:
    return not contained(left, right)


def _ordering(compare: Callable[[Any, Any], Any]) -> Comparison:
    def ordered(left: object, right: object) -> bool:
        return left is not Absent and right is not Absent and bool(compare(left, right))

    return ordered


less: Final = _ordering(operator.lt)
less_or_equal: Final = _ordering(operator.le)
greater: Final = _ordering(operator.gt)
greater_or_equal: Final = _ordering(operator.ge)

COMPARISONS: Final[dict[str, Comparison]] = {
    "eq": equal,
    "ne": not_equal,
    "lt": less,
    "lteq": less_or_equal,
    "gt": greater,
    "gteq": greater_or_equal,
    "in": contained,
    "notin": not_contained,
}


@dataclass(frozen=True, slots=True)
class Test:
    """A test: its function and how many arguments it takes beside the tested value.

    The argument of one that `takes_pattern` is a literal regular expression.
    """

    function: Callable[..., bool]
    arguments: int = 0
    takes_pattern: bool = False


def _is_kind(*kinds: type) -> Test:
    return Test(lambda value: isinstance(value, kinds))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _divisible(value: object, by: object) -> bool:
    if not _is_integer(value) or not _is_integer(by) or not by:
        raise TypeError("divisibleby takes whole numbers")
    return cast(int, value) % cast(int, by) == 0


def _is_whole(remainder: int) -> Test:
    return Test(lambda value: _divisible(value, 2) if not remainder else not _divisible(value, 2))


TESTS: Final[dict[str, Test]] = {
    "defined": Test(lambda value: value is not Absent),
    "undefined": Test(lambda value: value is Absent),
    "none": Test(lambda value: value is None),
    "true": Test(lambda value: value is True),
    "false": Test(lambda value: value is False),
    "boolean": _is_kind(bool),
    "string": _is_kind(str),
    "number": _is_kind(int, float),
    "integer": Test(_is_integer),
    "float": _is_kind(float),
    "mapping": _is_kind(dict),
    "sequence": _is_kind(str, list, dict),
    "iterable": _is_kind(str, list, dict),
    "even": _is_whole(0),
    "odd": _is_whole(1),
    "divisibleby": Test(_divisible, 1),
    "in": Test(contained, 1),
    "equalto": Test(equal, 1),
    "eq": Test(equal, 1),
    "ne": Test(not_equal, 1),
    "lt": Test(less, 1),
    "lessthan": Test(less, 1),
    "le": Test(less_or_equal, 1),
    "gt": Test(greater, 1),
    "greaterthan": Test(greater, 1),
    "ge": Test(greater_or_equal, 1),
    "matching": Test(matches, 1, takes_pattern=True),
}

# These two say what Absent is; any other test of Absent compares as above or is false.
TAKE_ABSENT: Final = frozenset({"defined", "undefined", "ne"})
