"""Jinja's tree to closures: the allow-list of node types, and what each of them does.

Only the nodes of `NODES` are accepted; nothing of a spec ever reaches Jinja's code generator.
Absent is false, its attributes are Absent, and comparing with it is false.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from model_runtime.absent import Absent
from model_runtime.branches import watched
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.spec.similar import close_match

from .calls import Call, call_fault, filter_shape
from .conditions import COMPARISONS, TAKE_ABSENT, TESTS
from .filters import FILTERS, Filter
from .grammar import Piece, Refused, kind_of, read_expression
from .lookups import item_of, look_up, member_of
from .rendering import (
    ABSENT,
    FAULTY,
    Reads,
    Render,
    Scope,
    Spot,
    Value,
    constant,
    join_text,
    some,
)
from .scopes import ANY, BOOLEAN, OPEN_LIST, OPEN_MAP, TEXT, Shape
from .template_words import ACCEPTED, SECRET_HELP
from .text_filters import pattern_fault

if TYPE_CHECKING:
    from jinja2 import nodes

RESERVED: Final = "omit"


def compile_expression(
    text: str,
    names: Mapping[str, Shape],
    findings: Findings,
    place: Place | None,
    *,
    filters: Mapping[str, Filter] = FILTERS,
    reads: Reads | None = None,
) -> Render:
    """Compile an expression without braces into a closure over the scope.

    Faults go to `findings`, and the closure then gives Absent. What it reads is added to `reads`.
    """
    compiler = Compiler(names, findings, place, filters, Reads() if reads is None else reads)
    return compiler.bare(text).render


def report_refusal(refusal: Refused, findings: Findings, place: Place | None) -> None:
    where = place.within(refusal.offset) if place else None
    findings.add(refusal.code, refusal.message, where, help=refusal.help)


@dataclass(slots=True)
class Compiler:
    """Compiles the expressions of one place.

    `source` is the expression at hand, and `shift` turns its tree's offsets into offsets of the
    spec's text.
    """

    names: Mapping[str, Shape]
    findings: Findings
    place: Place | None
    filters: Mapping[str, Filter]
    reads: Reads
    loop_names: frozenset[str] = frozenset()
    source: str = ""
    shift: int = 0

    @property
    def spot(self) -> Spot:
        return Spot(self.source, self.place)

    def bare(self, text: str) -> Value:
        """Compile an expression without braces."""
        try:
            piece = read_expression(text)
        except Refused as refusal:
            report_refusal(refusal, self.findings, self.place)
            return FAULTY
        # The offsets of the tree count from the braces that were put around the text.
        return self.piece(piece, -3)

    def piece(self, piece: Piece, shift: int = 0) -> Value:
        """Compile one expression of a template."""
        assert piece.tree is not None
        self.source, self.shift = piece.text, shift
        return self.whole(piece.tree)

    def value(self, node: nodes.Node) -> Value:
        """Compile a node whose attributes may be read next."""
        handler = NODES.get(type(node).__name__)
        if handler is None:
            return self.refuse(node, f"{kind_of(node)} in an expression", help=_help(self, node))
        return handler(self, node)

    def whole(self, node: nodes.Node) -> Value:
        """Compile a node whose value is used as it is."""
        value = self.value(node)
        if value.shape.has_refused_fields:
            name = ".".join(value.path) or value.shape.name
            return self.refuse(
                node,
                f"`{name}` as a whole holds secret credentials; read one field of it",
                code="T302",
                help=SECRET_HELP,
                length=len(name),
            )
        return value

    def refuse(
        self,
        node: nodes.Node,
        message: str,
        *,
        code: str = "T304",
        offset: int | None = None,
        hint: str = "",
        help: str = "",
        length: int = 1,
    ) -> Value:
        """Report a fault of a node and return a value that stands in for it."""
        at = (node.lineno if offset is None else offset) + self.shift
        where = self.place.within(max(0, at)) if self.place else None
        self.findings.add(code, message, where, hint=hint, help=help, length=max(1, length))
        return FAULTY

    def fold(self, node: nodes.Node, value: Value, *parts: Value) -> Value:
        """Run a node now when everything in it is constant."""
        if not all(part.is_constant for part in parts):
            return value
        try:
            return constant(value.render({}), value.shape)
        except InvalidParameter as error:
            return self.refuse(node, f"this always fails: {error}", help="Correct the constant.")


_NO_UNDERSCORE: Final = "Names of the language begin with a letter; read another one."


def _help(compiler: Compiler, node: nodes.Node) -> str:
    """What to write instead of a node that expressions may not hold."""
    called = getattr(getattr(node, "node", None), "attr", None)
    if called in compiler.filters:
        return f"Use the filter: `value | {called}`. {ACCEPTED}"
    return ACCEPTED


# --- names, attributes, items ----------------------------------------------------------------


def _name(compiler: Compiler, node: nodes.Name) -> Value:
    name = node.name
    if name == RESERVED:
        return ABSENT
    if name.startswith("_"):
        return compiler.refuse(
            node, f"the name `{name}` begins with `_`", help=_NO_UNDERSCORE, length=len(name)
        )
    shape = compiler.names.get(name)
    if shape is None:
        return compiler.refuse(
            node,
            f"`{name}` is not in scope here",
            code="T302",
            hint=close_match(name, compiler.names),
            help=f"Names here: {some(compiler.names)}.",
            length=len(name),
        )
    _note_read(compiler, (name,))
    return Value(look_up((name,)), shape, path=(name,))


def _note_read(compiler: Compiler, path: tuple[str, ...]) -> None:
    if path[0] not in compiler.loop_names:
        compiler.reads.names.add(".".join(path))


def _getattr(compiler: Compiler, node: nodes.Getattr) -> Value:
    base = compiler.value(node.node)
    # The tree tells where the dot is.
    return _member(compiler, node, base, node.attr, node.lineno + 1)


def _member(compiler: Compiler, node: nodes.Expr, base: Value, name: str, offset: int) -> Value:
    """Compile the attribute or constant text item `name` of a value."""
    if base is FAULTY:
        return FAULTY
    if name.startswith("_"):
        message = f"the attribute `{name}` begins with `_`"
        return compiler.refuse(node, message, offset=offset, help=_NO_UNDERSCORE, length=len(name))
    shape = _member_shape(compiler, node, base, name, offset)
    if shape is None:
        return FAULTY
    if base.path:
        path = (*base.path, name)
        _note_read(compiler, path)
        return Value(look_up(path), shape, path=path)
    inner = base.render
    value = Value(lambda scope: member_of(inner(scope), name), shape)
    return compiler.fold(node, value, base)


def _member_shape(
    compiler: Compiler, node: nodes.Expr, base: Value, name: str, offset: int
) -> Shape | None:
    """The shape of an attribute, or None after reporting that it must not be read."""
    shape = base.shape
    if shape.is_secret:
        return shape
    if shape.fields is None:
        return ANY
    known = shape.fields.get(name)
    if known is None:
        whole = ".".join((*base.path, name)) if base.path else name
        compiler.refuse(
            node,
            f"`{whole}` is not known: {shape.name} has no field `{name}`",
            code="T303",
            offset=offset,
            hint=close_match(name, shape.fields),
            help=f"Known here: {some(shape.fields)}.",
            length=len(name),
        )
        return None
    if known.refused:
        message = f"`{known.name}` must not be read here: {known.refused}"
        help = SECRET_HELP
        compiler.refuse(node, message, code="T302", offset=offset, help=help, length=len(name))
        return None
    return known


def _getitem(compiler: Compiler, node: nodes.Getitem) -> Value:
    base = compiler.value(node.node)
    key = compiler.whole(node.arg)
    if key.is_constant:
        found = key.render({})
        if isinstance(found, str):
            return _member(compiler, node, base, found, node.arg.lineno)
    if base.shape.has_refused_fields:
        return compiler.whole(node.node)
    outer, inner = base.render, key.render
    shape = base.shape.item or (base.shape if base.shape.is_secret else ANY)
    value = Value(lambda scope: item_of(outer(scope), inner(scope)), shape)
    return compiler.fold(node, value, base, key)


# --- constants -------------------------------------------------------------------------------


def _const(compiler: Compiler, node: nodes.Const) -> Value:
    value: object = node.value
    return constant(value, TEXT if isinstance(value, str) else ANY)


def _neg(compiler: Compiler, node: nodes.Neg) -> Value:
    inner = compiler.value(node.node)
    value = inner.render({}) if inner.is_constant else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return constant(-value)
    return compiler.refuse(node, "arithmetic (`-`) in an expression", help=ACCEPTED)


def _list(compiler: Compiler, node: nodes.List | nodes.Tuple) -> Value:
    parts = [compiler.whole(item) for item in node.items]
    renders = tuple(part.render for part in parts)

    def render(scope: Scope) -> object:
        found = [item(scope) for item in renders]
        return [item for item in found if item is not Absent]

    return compiler.fold(node, Value(render, OPEN_LIST), *parts)


def _dict(compiler: Compiler, node: nodes.Dict) -> Value:
    keys = [compiler.whole(pair.key) for pair in node.items]
    parts = [compiler.whole(pair.value) for pair in node.items]
    if not all(key.is_constant and _is_key(key.render({})) for key in keys):
        message = "a map whose keys are not constant texts or numbers"
        return compiler.refuse(node, message, help="Put quotes around its keys.")
    members = tuple((key.render({}), part.render) for key, part in zip(keys, parts, strict=True))

    def render(scope: Scope) -> object:
        found = {key: member(scope) for key, member in members}
        return {key: value for key, value in found.items() if value is not Absent}

    return compiler.fold(node, Value(render, OPEN_MAP), *parts)


def _is_key(value: object) -> bool:
    return isinstance(value, str | int | float) or value is None


# --- conditions and operators ----------------------------------------------------------------


def _and(compiler: Compiler, node: nodes.And) -> Value:
    first, second = compiler.whole(node.left), compiler.whole(node.right)
    left, right = first.render, second.render
    value = Value(lambda scope: left(scope) and right(scope), _same(first, second))
    return compiler.fold(node, value, first, second)


def _or(compiler: Compiler, node: nodes.Or) -> Value:
    first, second = compiler.whole(node.left), compiler.whole(node.right)
    left, right = first.render, second.render
    value = Value(lambda scope: left(scope) or right(scope), _same(first, second))
    return compiler.fold(node, value, first, second)


def _same(first: Value, second: Value) -> Shape:
    """The shape of two values of which either may be given."""
    return first.shape if first.shape is second.shape else _secret_or_any(first, second)


def _secret_or_any(*parts: Value) -> Shape:
    return next((part.shape for part in parts if part.shape.is_secret), ANY)


def _not(compiler: Compiler, node: nodes.Not) -> Value:
    inner = compiler.whole(node.node)
    test = inner.render
    return compiler.fold(node, Value(lambda scope: not test(scope), BOOLEAN), inner)


def _condition(compiler: Compiler, node: nodes.CondExpr) -> Value:
    test = compiler.whole(node.test)
    then = compiler.whole(node.expr1)
    other = compiler.whole(node.expr2) if node.expr2 is not None else ABSENT
    check = test.render
    first, second = _side(compiler, node, then, "if"), _side(compiler, node, other, "else")
    shape = then.shape if other is ABSENT else _same(then, other)
    value = Value(lambda scope: first(scope) if check(scope) else second(scope), shape)
    return compiler.fold(node, value, test, then, other)


def _side(compiler: Compiler, node: nodes.CondExpr, value: Value, word: str) -> Render:
    """The render of one side of a condition, which is a branch of the spec."""
    branches = compiler.findings.branches
    side = node.expr1 if word == "if" else node.expr2
    if branches is None or side is None:
        return value.render
    place = compiler.place.within(side.lineno + compiler.shift) if compiler.place else None
    return watched(value.render, branches, "condition", place, f"{word} of {compiler.source}")


def _concat(compiler: Compiler, node: nodes.Concat) -> Value:
    parts = [compiler.whole(item) for item in node.nodes]
    renders = tuple(part.render for part in parts)
    spots: list[Spot | None] = [compiler.spot] * len(parts)

    def render(scope: Scope) -> object:
        return join_text([part(scope) for part in renders], spots, None)

    shape = _secret_or_any(*parts)
    return compiler.fold(node, Value(render, shape if shape.is_secret else TEXT), *parts)


def _compare(compiler: Compiler, node: nodes.Compare) -> Value:
    first = compiler.whole(node.expr)
    others = [compiler.whole(operand.expr) for operand in node.ops]
    steps = tuple(
        (COMPARISONS[operand.op], other.render)
        for operand, other in zip(node.ops, others, strict=True)
    )
    left, spot = first.render, compiler.spot

    def render(scope: Scope) -> object:
        value = left(scope)
        for holds, operand in steps:
            following = operand(scope)
            try:
                if not holds(value, following):
                    return False
            except TypeError:
                message = f"{spot}: these values cannot be compared. Compare values of one kind."
                raise InvalidParameter(message) from None
            value = following
        return True

    return compiler.fold(node, Value(render, BOOLEAN), first, *others)


# --- filters and tests -----------------------------------------------------------------------


def _filter(compiler: Compiler, node: nodes.Filter) -> Value:
    entry = compiler.filters.get(node.name)
    if entry is None or node.node is None:
        hint = close_match(node.name, compiler.filters)
        return compiler.refuse(
            node,
            f"`{node.name}` is no filter",
            hint=hint,
            help="" if hint else f"Filters: {some(compiler.filters, 80)}.",
            length=len(node.name),
        )
    source = compiler.whole(node.node)
    arguments = [compiler.whole(argument) for argument in node.args]
    keywords = {str(pair.key): compiler.whole(pair.value) for pair in node.kwargs}
    if fault := call_fault(entry, node):
        message = f"the filter `{node.name}` {fault}"
        help = f"Write the arguments in brackets: `| {node.name}(...)`."
        return compiler.refuse(node, message, help=help, length=len(node.name))
    if entry.takes_pattern and (fault := _pattern_fault(arguments[0])):
        return compiler.refuse(node, f"the filter `{node.name}` {fault}", length=len(node.name))
    parts = (source, *arguments, *keywords.values())
    if not entry.takes_secret and any(part.shape.is_secret for part in parts):
        message = f"the filter `{node.name}` does not take a secret"
        return compiler.refuse(node, message, help=SECRET_HELP, length=len(node.name))
    call = Call(
        node.name,
        entry,
        source.render,
        tuple(argument.render for argument in arguments),
        {name: value.render for name, value in keywords.items()},
        compiler.spot,
    )
    value = Value(call.closure(), filter_shape(node.name, source.shape))
    return compiler.fold(node, value, *parts) if entry.is_pure else value


def _pattern_fault(pattern: Value) -> str:
    return pattern_fault(pattern.render({}) if pattern.is_constant else None)


def _test(compiler: Compiler, node: nodes.Test) -> Value:
    source = compiler.whole(node.node)
    arguments = [compiler.whole(argument) for argument in node.args]
    test = TESTS.get(node.name)
    if test is None:
        return compiler.refuse(
            node,
            f"`{node.name}` is no test",
            hint=close_match(node.name, TESTS),
            help=f"Tests: {some(TESTS, 80)}.",
            length=len(node.name),
        )
    if node.kwargs or node.dyn_args or node.dyn_kwargs or len(arguments) != test.arguments:
        message = f"the test `{node.name}` takes {test.arguments} arguments, not {len(arguments)}"
        return compiler.refuse(node, message, help="Write them in brackets behind its name.")
    if test.takes_pattern and (fault := _pattern_fault(arguments[0])):
        return compiler.refuse(node, f"the test `{node.name}` {fault}")
    tested, renders, spot = source.render, tuple(item.render for item in arguments), compiler.spot
    function, takes_absent, name = test.function, node.name in TAKE_ABSENT, node.name

    def render(scope: Scope) -> object:
        value = tested(scope)
        if value is Absent and not takes_absent:
            return False
        try:
            return function(value, *[item(scope) for item in renders])
        except TypeError:
            message = f"{spot}: the test `{name}` does not fit this value."
            raise InvalidParameter(message) from None

    return compiler.fold(node, Value(render, BOOLEAN), source, *arguments)


# Node types differ per handler, so the table cannot name one.
NODES: Final[dict[str, Callable[..., Value]]] = {
    "And": _and,
    "Compare": _compare,
    "Concat": _concat,
    "CondExpr": _condition,
    "Const": _const,
    "Dict": _dict,
    "Filter": _filter,
    "Getattr": _getattr,
    "Getitem": _getitem,
    "List": _list,
    "Name": _name,
    "Neg": _neg,
    "Not": _not,
    "Or": _or,
    "Test": _test,
    "Tuple": _list,
}
