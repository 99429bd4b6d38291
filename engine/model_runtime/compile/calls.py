"""Calls of filters: the closure, Absent and secrets on the way, and the shape of the result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.secrets import Secret

from .filters import Filter
from .rendering import Render, Scope, Spot, words_for
from .scopes import ANY, BOOLEAN, MESSAGES, NUMBER, OPEN_LIST, PARTS, TEXT, Shape

if TYPE_CHECKING:
    from jinja2 import nodes

_SHAPES: Final[dict[str, Shape]] = {
    **dict.fromkeys(("role", "without_role", "join_adjacent", "drop_empty_text"), MESSAGES),
    **dict.fromkeys(("late_system_to_user", "mark_cache", "merge_system"), MESSAGES),
    "parts": PARTS,
    **dict.fromkeys(("join", "lower", "upper", "trim", "replace", "string", "escape"), TEXT),
    **dict.fromkeys(("ensure_prefix", "ensure_suffix", "regex_replace"), TEXT),
    **dict.fromkeys(("remove_prefix", "remove_suffix"), TEXT),
    **dict.fromkeys(("json", "tojson", "after", "before", "path_segments"), TEXT),
    **dict.fromkeys(("text", "base64", "data_url", "text_or_omit", "flatten_prompt"), TEXT),
    "fill_prompt": TEXT,
    **dict.fromkeys(("length", "count", "round", "abs"), NUMBER),
    **dict.fromkeys(("only_text", "is_text", "is_list", "is_map", "is_number"), BOOLEAN),
    **dict.fromkeys(("map", "list"), OPEN_LIST),
}
_SAME: Final = frozenset({"required", "sort", "unique", "reverse", "select", "reject"})
_ITEM: Final = frozenset({"first", "last"})


def filter_shape(name: str, source: Shape) -> Shape:
    """What is known of a filter's result."""
    if name in _SAME or (name in ("default", "d") and source.is_secret):
        return source
    if name in _ITEM:
        return source.item or ANY
    return _SHAPES.get(name, ANY)


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a filter in a spec."""

    name: str
    entry: Filter
    source: Render
    arguments: tuple[Render, ...]
    keywords: dict[str, Render]
    spot: Spot

    def closure(self) -> Render:
        """Return the closure of the call; without arguments it is the short one."""
        source, apply = self.source, self._apply
        if self.arguments or self.keywords:
            return self._with_arguments()
        takes_absent = self.entry.takes_absent

        def render(scope: Scope) -> object:
            value = source(scope)
            if value is Absent and not takes_absent:
                return Absent
            return apply(value, [], {})

        return render

    def _with_arguments(self) -> Render:
        source, apply, arguments = self.source, self._apply, self.arguments
        keywords, takes_absent = tuple(self.keywords.items()), self.entry.takes_absent

        def render(scope: Scope) -> object:
            value = source(scope)
            if value is Absent and not takes_absent:
                return Absent
            given = [argument(scope) for argument in arguments]
            return apply(value, given, {name: item(scope) for name, item in keywords})

        return render

    def _apply(self, value: object, arguments: list[object], keywords: dict[str, object]) -> object:
        function: Callable[..., object] = self.entry.function
        if not self.entry.takes_secret and any(type(v) is Secret for v in (value, *arguments)):
            raise InvalidParameter(f"{self.spot}: the filter `{self.name}` does not take a secret.")
        try:
            return function(value, *arguments, **keywords)
        except InvalidParameter as error:
            raise InvalidParameter(f"{self.spot}: {error}") from None
        except (TypeError, AttributeError):
            message = f"{self.spot}: the filter `{self.name}` does not take {words_for(value)} so."
            raise InvalidParameter(message) from None
        except (ValueError, ArithmeticError, LookupError, RecursionError) as error:
            message = f"{self.spot}: the filter `{self.name}` refuses the value: {error}."
            raise InvalidParameter(message) from None


def call_fault(entry: Filter, node: nodes.Filter) -> str:
    """What is wrong with the arguments of a filter; "" when they fit."""
    if node.dyn_args is not None or node.dyn_kwargs is not None:
        return "takes no `*` and `**` arguments"
    unknown = [str(pair.key) for pair in node.kwargs if str(pair.key) not in entry.keywords]
    if unknown:
        known = f"; it takes {', '.join(sorted(entry.keywords))}" if entry.keywords else ""
        return f"takes no argument named `{unknown[0]}`{known}"
    count = len(node.args) + len(node.kwargs)
    too_many = entry.most is not None and len(node.args) > entry.most
    if count < entry.least or too_many:
        most = "or more" if entry.most is None else f"to {entry.most}"
        wanted = f"{entry.least} {most}" if entry.least != entry.most else str(entry.least)
        return f"takes {wanted} arguments, not {count}"
    return ""
