"""The five directives of a template: `$each`, `$if`, `$switch`, `$use` and `$merge`.

Their arguments are expressions without braces. A fault is reported with its code and the
directive then gives Absent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from model_runtime.absent import Absent
from model_runtime.branches import BranchKind, watched
from model_runtime.errors import InvalidParameter
from model_runtime.location import Place
from model_runtime.spec.similar import close_match
from model_runtime.spec.tree import copy_map, key_place_of, place_of
from model_runtime.vocabulary import PART_TYPES

from .directive_faults import NEEDS, directive_faults
from .fragments import MAX_DEPTH, MAX_VALUES, Compiled, View
from .merging import case_text, merge
from .rendering import ABSENT, FAULTY, Render, Scope, Spot, Value, constant, some, words_for
from .scopes import ANY, OPEN_LIST, OPEN_MAP, PART_TYPE, Shape

if TYPE_CHECKING:
    from .templates import TemplateCompiler

# So often may loops, and fragments inside themselves, go round inside each other.
MAX_ROUNDS: Final = 2_000_000
# Where a scope counts them. No name of a scope begins with `$`, so it hides nothing.
_ROUNDS: Final = "$rounds"


class Node(NamedTuple):
    """A map with directives, where it stands, and what it sees."""

    map: Mapping[str, object]
    place: Place | None
    view: View

    def at(self, key: str) -> Place | None:
        return place_of(self.map, key) or self.place


def map_with_directives(
    compiler: TemplateCompiler, node: Mapping[str, object], place: Place | None, view: View
) -> Value:
    """Compile a map that holds at least one directive."""
    here = Node(node, place, view)
    faults = directive_faults(list(node))
    for key, message, hint in faults:
        where = key_place_of(node, key) or place
        compiler.findings.add("T309", message, where, hint=hint, length=len(key))
    if faults:
        return FAULTY
    heads = [key for key in node if key in NEEDS]
    if heads:
        value = _HEADS[heads[0]](compiler, here)
    else:
        plain = _without(node, {"$merge"})
        value = compiler.plain_map(plain, place, view) if plain else constant({}, OPEN_MAP)
    return _merge(compiler, here, value) if "$merge" in node else value


def _without(node: Mapping[str, object], keys: set[str]) -> Mapping[str, object]:
    """The map without some keys; the others keep their places."""
    from_tree = copy_map(node)
    for key in keys & set(node):
        from_tree.remove(key)
    return from_tree


# --- arguments -------------------------------------------------------------------------------


def _argument(compiler: TemplateCompiler, node: Node, key: str, text: object) -> Value:
    """Compile an argument: an expression without braces, or a YAML boolean."""
    place = node.at(key)
    if isinstance(text, bool):
        return constant(text)
    if not isinstance(text, str):
        message = f"`{key}` takes an expression, found {words_for(text)}"
        compiler.findings.add("T309", message, place, help="Write a name, such as `tools`.")
        return FAULTY
    if "{{" in text:
        bare = text.replace("{{", "").replace("}}", "").strip()
        compiler.findings.add(
            "T308",
            f"`{key}` takes an expression without braces",
            place,
            hint=f"write `{bare}`",
            length=len(text),
        )
        return FAULTY
    return compiler.expressions(place, node.view).bare(text)


def _spot(node: Node, key: str) -> Spot:
    return Spot(f"{key}: {node.map[key]}", node.at(key))


def _branch(compiler: TemplateCompiler, node: Node, key: str) -> Value:
    if key not in node.map:
        return ABSENT
    kind: BranchKind = "case" if key == "$default" else "condition"
    value = compiler.compile(node.map[key], node.at(key), node.view)
    return _watched(compiler, value, kind, key_place_of(node.map, key))


def _watched(
    compiler: TemplateCompiler, value: Value, kind: BranchKind, place: Place | None
) -> Value:
    """The same value; for coverage one that counts how often it is rendered."""
    branches = compiler.findings.branches
    if branches is None:
        return value
    return replace(value, render=watched(value.render, branches, kind, place))


def _flag(compiler: TemplateCompiler, node: Node, key: str) -> bool:
    found = node.map.get(key, False)
    if not isinstance(found, bool):
        message = f"`{key}` takes true or false, found {words_for(found)}"
        compiler.findings.add("T309", message, node.at(key), help="Write true, without quotes.")
    return found is True


# --- $each -----------------------------------------------------------------------------------


def _each(compiler: TemplateCompiler, node: Node) -> Value:
    source = _argument(compiler, node, "$each", node.map["$each"])
    name = node.map["$as"]
    if not isinstance(name, str) or not name.isidentifier() or name[0] == "_" or name == "omit":
        message = f"`$as` takes a name, found {name!r}"
        compiler.findings.add("T309", message, node.at("$as"), hint="such as `m` or `p`")
        return FAULTY
    view = node.view.bind(name, source.shape.item or ANY)
    emit = compiler.compile(node.map["$emit"], node.at("$emit"), view)
    flatten = _flag(compiler, node, "$flatten")
    loop = _loop(source.render, name, emit.render, flatten, _spot(node, "$each"))
    if not _flag(compiler, node, "$omit_empty"):
        return Value(loop, OPEN_LIST)
    return Value(lambda scope: loop(scope) or Absent, OPEN_LIST)


def _loop(source: Render, name: str, emit: Render, flatten: bool, spot: Spot) -> Render:
    def render(scope: Scope) -> object:
        items = source(scope)
        if items is Absent:
            return Absent
        if not isinstance(items, list):
            raise InvalidParameter(f"{spot}: {words_for(items)} where a list is expected.")
        is_outer = _count(scope, len(items), spot)
        results: list[object] = []
        hidden = scope.get(name, _MISSING)
        try:
            for item in items:
                scope[name] = item
                result = emit(scope)
                if flatten and isinstance(result, list):
                    results.extend(result)
                elif result is not Absent:
                    results.append(result)
        finally:
            _restore(scope, name, hidden)
            if is_outer:
                scope.pop(_ROUNDS, None)
        return results

    return render


def _count(scope: Scope, rounds: int, spot: Spot) -> bool:
    """Note rounds of a loop and those inside it; True for the outer one, which forgets them."""
    done = scope.get(_ROUNDS)
    total = rounds + (done if isinstance(done, int) else 0)
    if total > MAX_ROUNDS:
        scope.pop(_ROUNDS, None)
        raise InvalidParameter(
            f"{spot}: more than {MAX_ROUNDS} rounds of `$each` and `$use` inside each other. "
            "Send fewer messages, or put no loop over all of them into another one."
        )
    scope[_ROUNDS] = total
    return done is None


_MISSING: Final = object()


def _restore(scope: Scope, name: str, hidden: object) -> None:
    if hidden is _MISSING:
        scope.pop(name, None)
    else:
        scope[name] = hidden


# --- $if and $switch -------------------------------------------------------------------------


def _if(compiler: TemplateCompiler, node: Node) -> Value:
    test = _argument(compiler, node, "$if", node.map["$if"])
    then, other = _branch(compiler, node, "$then"), _branch(compiler, node, "$else")
    if test.is_constant:
        return then if test.render({}) else other
    check, first, second = test.render, then.render, other.render
    return Value(lambda scope: first(scope) if check(scope) else second(scope))


def _switch(compiler: TemplateCompiler, node: Node) -> Value:
    source = _argument(compiler, node, "$switch", node.map["$switch"])
    written = node.map["$case"]
    if not isinstance(written, Mapping):
        message = f"`$case` takes a map of cases, found {words_for(written)}"
        help = "Write each case as a key below it: `text: {...}`."
        compiler.findings.add("T309", message, node.at("$case"), help=help)
        return FAULTY
    cases: dict[str, Render] = {}
    for key, item in written.items():
        place = place_of(written, key) or node.at("$case")
        value = compiler.compile(item, place, node.view)
        value = _watched(compiler, value, "case", key_place_of(written, key))
        cases[case_text(key) or str(key)] = value.render
    has_default = "$default" in node.map
    default = _branch(compiler, node, "$default").render if has_default else None
    if source.shape is PART_TYPE:
        _note_part_types(node.view, cases, has_default)
        _check_part_types(compiler, written)
    no_case = _no_case(source.shape, _spot(node, "$switch"), cases)
    return Value(_choice(source.render, cases, default, no_case))


def _check_part_types(compiler: TemplateCompiler, written: Mapping[str, object]) -> None:
    """Tell cases that no part ever takes."""
    for key in written:
        if key not in PART_TYPES and not key.startswith("$"):
            compiler.findings.add(
                "T309",
                f"no part has the type `{key}`",
                key_place_of(written, key),
                hint=close_match(key, PART_TYPES),
                help=f"The types are: {', '.join(PART_TYPES)}.",
                length=len(key),
            )


def _note_part_types(view: View, cases: Mapping[str, Render], has_default: bool) -> None:
    view.reads.switches_on_part = True
    view.reads.part_types.update(cases)
    view.reads.takes_any_part = view.reads.takes_any_part or has_default


def _choice(
    source: Render,
    cases: dict[str, Render],
    default: Render | None,
    no_case: Callable[[object], InvalidParameter],
) -> Render:
    def render(scope: Scope) -> object:
        value = source(scope)
        if value is Absent:
            return Absent
        text = value if type(value) is str else case_text(value)
        chosen = cases.get(text, default) if text is not None else default
        if chosen is None:
            raise no_case(value)
        return chosen(scope)

    return render


def _no_case(
    shape: Shape, spot: Spot, cases: Mapping[str, Render]
) -> Callable[[object], InvalidParameter]:
    def fault(value: object) -> InvalidParameter:
        text = case_text(value)
        shown = words_for(value) if text is None else repr(text[:80])
        if shape is PART_TYPE:
            shown = str(value)
        return InvalidParameter(
            f"{spot}: this model does not take {shown}. It takes {some(cases) or 'nothing'}."
        )

    return fault


# --- $use ------------------------------------------------------------------------------------


def _use(compiler: TemplateCompiler, node: Node) -> Value:
    name = node.map["$use"]
    found = compiler.fragments.find(name) if isinstance(name, str) else None
    if not isinstance(name, str) or found is None:
        named = compiler.fragments.named
        hint = close_match(str(name), named)
        help_text = f"Fragments: {some(named) or 'none'}."
        compiler.findings.add(
            "T309",
            f"there is no fragment {name!r}",
            node.at("$use"),
            hint=hint,
            help=help_text,
            length=len(str(name)),
        )
        return FAULTY
    left_out = _left_out(compiler, node)
    view = node.view
    key = (name, frozenset(view.names.items()), view.loop_names, left_out, compiler.mode)
    known = compiler.fragments.compiled.get(key)
    if known is not None:
        compiler.size += known.size
    if compiler.size > MAX_VALUES:
        if not compiler.is_too_large:
            message = f"fragments that use fragments come to more than {MAX_VALUES} values here"
            help = "Write fewer fragments, or fewer uses of each."
            compiler.findings.add("T309", message, node.at("$use"), help=help)
        compiler.is_too_large = True
        return FAULTY
    if known is None:
        known = compiler.fragments.compiled[key] = Compiled()
        _compile_fragment(compiler, found, known, view, left_out)
    elif known.render is None:
        known.uses_itself = True
        return Value(_deferred(known, f"$use: {name}", _spot(node, "$use")))
    view.reads.add(known.reads)
    # A fragment that nothing hinders is used as if its text stood here.
    return Value(known.render) if known.render is not None else FAULTY


def _left_out(compiler: TemplateCompiler, node: Node) -> frozenset[str]:
    keys = node.map.get("$omit", [])
    if isinstance(keys, list) and all(isinstance(key, str) for key in keys):
        return frozenset(str(key) for key in keys)
    message = f"`$omit` takes a list of keys, found {words_for(keys)}"
    compiler.findings.add("T309", message, node.at("$omit"), help="Write [key, key].")
    return frozenset()


def _compile_fragment(
    compiler: TemplateCompiler,
    found: tuple[object, Place | None],
    known: Compiled,
    view: View,
    left_out: frozenset[str],
) -> None:
    """Compile a fragment for the names of `view`, with reads of its own."""
    body, place = found
    if isinstance(body, Mapping) and left_out:
        body = _without(body, set(left_out))
    inner = View(view.names, known.reads, view.loop_names)
    before = compiler.size
    render = compiler.compile(body, place, inner).render
    known.size = compiler.size - before
    known.render = _omitting(render, left_out) if left_out else render


def _omitting(render: Render, left_out: frozenset[str]) -> Render:
    """Leave out keys also where a `$merge` or a branch of the fragment brings them."""

    def without(scope: Scope) -> object:
        result = render(scope)
        if not isinstance(result, dict):
            return result
        return {key: value for key, value in result.items() if key not in left_out}

    return without


def _deferred(known: Compiled, counter: str, spot: Spot) -> Render:
    """The use of a fragment inside itself, at most MAX_DEPTH deep in one render."""

    def render(scope: Scope) -> object:
        hidden = scope.get(counter, _MISSING)
        depth = 0 if hidden is _MISSING else hidden
        if not isinstance(depth, int) or depth >= MAX_DEPTH or known.render is None:
            raise InvalidParameter(
                f"{spot}: nested deeper than {MAX_DEPTH}. Send content that is nested less deeply."
            )
        is_outer = _count(scope, 1, spot)
        # No name of a scope begins with `$`, so the counter hides nothing.
        scope[counter] = depth + 1
        try:
            return known.render(scope)
        finally:
            _restore(scope, counter, hidden)
            if is_outer:
                scope.pop(_ROUNDS, None)

    return render


# --- $merge ----------------------------------------------------------------------------------


def _merge(compiler: TemplateCompiler, node: Node, base: Value) -> Value:
    written = node.map["$merge"]
    items = written if isinstance(written, list) else [written]
    patches: list[tuple[Render, Spot]] = []
    for index, item in enumerate(items):
        place = place_of(written, index) or node.at("$merge")
        if isinstance(item, Mapping):
            value = compiler.compile(item, place, node.view)
        else:
            value = _argument(compiler, _at(node, place), "$merge", item)
        patches.append((value.render, Spot(f"$merge: {item}", place)))
    first, steps = base.render, tuple(patches)

    def render(scope: Scope) -> object:
        result = first(scope)
        for patch, spot in steps:
            value = patch(scope)
            if value is not Absent:
                result = merge(result if result is not Absent else {}, value, spot)
        return result

    return Value(render, OPEN_MAP)


def _at(node: Node, place: Place | None) -> Node:
    """The same node, where every argument stands at one place."""
    return Node({}, place, node.view)


_HEADS: Final[dict[str, Callable[[TemplateCompiler, Node], Value]]] = {
    "$each": _each,
    "$if": _if,
    "$switch": _switch,
    "$use": _use,
}
