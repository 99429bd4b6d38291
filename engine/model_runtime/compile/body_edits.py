"""Changes of a finished JSON body: the compiled `edits:` of a request, done in the order written.

They come last, after `wire_parameters`, `stream.body` and `extra_body`, so that they hold
whatever a caller adds. A body is never changed in place: its constant parts are shared.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.absent import Absent
from model_runtime.branches import watched_test
from model_runtime.errors import InvalidParameter
from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of, own_place

from .body_paths import Path, rewritten, value_at
from .context import CompileContext
from .expressions import compile_expression
from .rendering import Reads, Scope, words_for
from .scopes import ANY, OPEN_MAP, Field, Shape
from .templates import Template, compile_template
from .values import place_in

Edit = Callable[[object, Scope], object]
_ONE_PLACE: Final = ("move", "copy")


@dataclass(frozen=True, slots=True)
class Step:
    """One entry of `edits`: what it does, and when."""

    edit: Edit
    holds: Callable[[Scope], object] | None
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class Source:
    """An entry of `edits` while it is compiled: its options, its name, and what it sees."""

    spec: Mapping[str, Any]
    name: str
    names: Mapping[str, Shape]
    context: CompileContext

    def path(self, key: str) -> Path:
        """The path that an option names; one to many places is a fault where one is needed."""
        text = str(self.spec.get(key, ""))
        path = tuple(part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", text))
        if "*" in path and (key in _ONE_PLACE or key == "to"):
            self.fault(f"`{key}: {text}` names many places; expected one.", key)
        return path

    def paths(self, key: str) -> list[Path]:
        """The paths of an option that takes one or several."""
        found = self.spec.get(key)
        items = found if isinstance(found, list) else [found]
        return [
            Source({key: item}, self.name, self.names, self.context).path(key) for item in items
        ]

    def value(self) -> Template:
        """The template of `value`."""
        return compile_template(
            self.spec.get("value", "{{ omit }}"),
            self.names,
            self.context.findings,
            place_in(self.spec, "value"),
            fragments=self.context.fragments,
        )

    def fault(self, message: str, key: str) -> None:
        """Note a fault at one of the options."""
        self.context.findings.add("S104", message, self.place(key))

    def place(self, key: str) -> Place | None:
        """Where an option stands, or else the entry."""
        return place_in(self.spec, key) or own_place(self.spec)


class BodyEdits:
    """The compiled `edits` of a request. `fields_read` are the dotted names they read."""

    def __init__(
        self, spec: Mapping[str, Any], context: CompileContext, operation: str, field: Field
    ) -> None:
        names = {**context.names(field, operation), "body": OPEN_MAP, "value": ANY}
        self._steps = [
            _step(Source(edit, str(name), names, context))
            for name, edit in spec.items()
            if isinstance(edit, Mapping) and not str(name).startswith("x-")
        ]
        self.fields_read = frozenset[str]().union(*(step.reads for step in self._steps))

    def apply(self, body: object, scope: Scope) -> object:
        """Return the body as it is sent. InvalidParameter where an edit refuses it."""
        inner = dict(scope)
        for step in self._steps:
            inner["body"] = body
            if step.holds is None or step.holds(inner):
                body = step.edit(body, inner)
        return body


def _step(source: Source) -> Step:
    context, reads = source.context, Reads()
    holds = None
    if "when" in source.spec:
        holds = watched_test(
            compile_expression(
                str(source.spec["when"]),
                source.names,
                context.findings,
                source.place("when"),
                reads=reads,
            ),
            context.findings.branches,
            "condition",
            key_place_of(source.spec, "when"),
        )
    kinds = [kind for kind in EDITS if kind in source.spec]
    if len(kinds) != 1:
        told = f"does {' and '.join(kinds)}" if kinds else "does nothing"
        known = ", ".join(EDITS)
        source.fault(f"the edit `{source.name}` {told}; expected one of {known}.", "when")
        return Step(lambda body, _scope: body, holds, frozenset())
    template = source.value() if "value" in source.spec else None
    read = template.names_read if template is not None else frozenset[str]()
    return Step(EDITS[kinds[0]](source, template), holds, read | frozenset(reads.names))


def _set(source: Source, template: Template | None) -> Edit:
    path, keeps = source.path("set"), source.spec.get("keep") is True

    def edit(body: object, scope: Scope) -> object:
        value = template.render(scope) if template is not None else Absent
        if value is Absent:
            return body
        return rewritten(
            body, path, lambda old: old if keeps and old is not Absent else value, creates=True
        )

    return edit


def _delete(source: Source, template: Template | None) -> Edit:
    paths = source.paths("delete")

    def edit(body: object, scope: Scope) -> object:
        for path in paths:
            body = rewritten(body, path, lambda _old: Absent)
        return body

    return edit


def _transfer(kind: str, *, keeps: bool) -> Callable[[Source, Template | None], Edit]:
    """`copy`, and `move`, which keeps nothing at the old place."""

    def make(source: Source, template: Template | None) -> Edit:
        path, to = source.path(kind), source.path("to")

        def edit(body: object, scope: Scope) -> object:
            value = value_at(body, path)
            if value is Absent:
                return body
            if not keeps:
                body = rewritten(body, path, lambda _old: Absent)
            return rewritten(body, to, lambda _old: value, creates=True)

        return edit

    return make


def _join(kind: str, *, is_last: bool) -> Callable[[Source, Template | None], Edit]:
    """`append` and `prepend`: to a list or a text; what is not there becomes a list."""

    def make(source: Source, template: Template | None) -> Edit:
        path, name = source.path(kind), source.name

        def edit(body: object, scope: Scope) -> object:
            value = template.render(scope) if template is not None else Absent
            if value is Absent:
                return body
            return rewritten(body, path, lambda old: _joined(old, value, name), creates=True)

        def _joined(old: object, value: object, name: str) -> object:
            if isinstance(old, str) and isinstance(value, str):
                return old + value if is_last else value + old
            if old is not Absent and not isinstance(old, list):
                raise InvalidParameter(
                    f"edits.{name}: {words_for(value)} cannot be joined to {words_for(old)}."
                )
            more = value if isinstance(value, list) else [value]
            before = old if isinstance(old, list) else []
            return [*before, *more] if is_last else [*more, *before]

        return edit

    return make


def _change(source: Source, template: Template | None) -> Edit:
    path = source.path("change")

    def edit(body: object, scope: Scope) -> object:
        def changed(old: object) -> object:
            if old is Absent or template is None:
                return old
            return template.render({**scope, "value": old})

        return rewritten(body, path, changed)

    return edit


def _allow(source: Source, template: Template | None) -> Edit:
    found = source.spec.get("allow")
    known = [str(key) for key in found] if isinstance(found, list) else []

    def edit(body: object, scope: Scope) -> object:
        for key in body if isinstance(body, Mapping) else ():
            if key not in known:
                raise InvalidParameter(
                    f"The service takes no {key!r} in its body. It takes: {', '.join(known)}."
                )
        return body

    return edit


EDITS: Final[dict[str, Callable[[Source, Template | None], Edit]]] = {
    "set": _set,
    "delete": _delete,
    "move": _transfer("move", keeps=False),
    "copy": _transfer("copy", keeps=True),
    "append": _join("append", is_last=True),
    "prepend": _join("prepend", is_last=False),
    "change": _change,
    "allow": _allow,
}
