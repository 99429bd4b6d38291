"""YAML structure to one closure: leaves, maps and lists. Directives stand in directives.py.

A leaf that is exactly one expression gives the expression's object, untouched. A leaf with text
around gives text. A leaf without braces is a literal. A key or item that is Absent is left out.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Final

from model_runtime.absent import Absent
from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of, own_place, place_of

from .directive_faults import is_directive
from .directives import map_with_directives
from .expressions import Compiler
from .filters import FILTERS, Filter
from .fragments import Fragments, View
from .leaves import compile_leaf, compile_text_leaf
from .merging import merge_maps
from .rendering import FAULTY, WIRE_TYPES, Encode, Reads, Render, Scope, Value, constant
from .scopes import OPEN_LIST, OPEN_MAP, Shape

__all__ = ["Fragments", "Template", "compile_template", "compile_text", "merge_maps"]


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template. `render` is the closure; calling the template calls it.

    `names_read` holds dotted names from the top of the scope (`tools`, `tool_choice.mode`).
    `part_types` holds the part types that its switches handle, or None when any may come.
    """

    render: Render
    names_read: frozenset[str]
    part_types: frozenset[str] | None = None

    def __call__(self, scope: Scope) -> object:
        return self.render(scope)


_OF_GRAMMAR: Final = frozenset({"T301", "T304", "T308", "T309"})


def compile_template(
    node: object,
    names: Mapping[str, Shape],
    findings: Findings,
    place: Place | None,
    *,
    fragments: Fragments | None = None,
    encode: Encode | None = None,
    takes: frozenset[type] = WIRE_TYPES,
    filters: Mapping[str, Filter] = FILTERS,
) -> Template:
    """Compile a YAML value with expressions and directives in it.

    Args:
        names: what the scope holds when the template is rendered.
        fragments: where `$use` looks; also the memory of what was compiled for these names.
        encode: with it every leaf is text, and each expression's text passes through it.
        takes: the types that a lone expression may give; JSON_TYPES leaves out bytes and secrets.

    The result shares constant parts between renders, so it is read and never changed.
    """
    compiler = TemplateCompiler(
        findings, fragments or Fragments(), filters, takes, encode, is_text=encode is not None
    )
    return compiler.template(node, names, place)


def check_unused(fragments: Fragments, findings: Findings) -> None:
    """Check the grammar of the fragments that nothing uses; which names they read is open."""
    used = {signature[0] for signature in fragments.compiled}
    for name, node in fragments.named.items():
        if name not in used:
            found = Findings()
            place = place_of(fragments.named, name)
            compile_template(node, {}, found, place, fragments=Fragments(fragments.tree))
            for finding in found:
                if finding.code in _OF_GRAMMAR:
                    findings.keep(finding)


def compile_text(
    node: object,
    names: Mapping[str, Shape],
    findings: Findings,
    place: Place | None,
    *,
    fragments: Fragments | None = None,
    encode: Encode | None = None,
    filters: Mapping[str, Filter] = FILTERS,
) -> Template:
    """Compile a URL, path or header value: a text, or directives that lead to texts.

    It gives text, a Secret, or Absent when it is one lone expression that is absent. `encode`
    gets the text of each expression; segments marked by `path_segments` are encoded one by one.
    """
    compiler = TemplateCompiler(
        findings, fragments or Fragments(), filters, WIRE_TYPES, encode, is_text=True
    )
    return compiler.template(node, names, place)


@dataclass(slots=True)
class TemplateCompiler:
    """What stays the same while one template is compiled, fragments included."""

    findings: Findings
    fragments: Fragments
    filters: Mapping[str, Filter]
    takes: frozenset[type]
    encode: Encode | None = None
    is_text: bool = False
    # The values compiled so far, those of each use of a fragment counted again.
    size: int = 0
    is_too_large: bool = False

    @property
    def mode(self) -> Hashable:
        """What besides the names decides how a fragment is compiled."""
        return self.is_text, self.encode, self.takes, id(self.filters)

    def expressions(self, place: Place | None, view: View) -> Compiler:
        """Return the compiler of the expressions that stand at `place`."""
        return Compiler(view.names, self.findings, place, self.filters, view.reads, view.loop_names)

    def template(self, node: object, names: Mapping[str, Shape], place: Place | None) -> Template:
        reads = Reads()
        value = self.compile(node, place or own_place(node), View(names, reads))
        any_part = reads.takes_any_part or not reads.switches_on_part
        part_types = None if any_part else frozenset(reads.part_types)
        return Template(value.render, frozenset(reads.names), part_types)

    def compile(self, node: object, place: Place | None, view: View) -> Value:
        """Compile one node of the tree; `place` is where it stands."""
        self.size += 1
        if isinstance(node, str):
            if self.is_text:
                return compile_text_leaf(self, node, place, view)
            return compile_leaf(self, node, place, view)
        if isinstance(node, dict):
            if any(map(is_directive, node)):
                return map_with_directives(self, node, place, view)
            return self.plain_map(node, place, view)
        if self.is_text and isinstance(node, list | bool | type(None)):
            self.findings.add("S104", "a text is expected here", place, help="Write one text.")
            return FAULTY
        if isinstance(node, list):
            return self.plain_list(node, place, view)
        return constant(str(node) if self.is_text else node)

    def plain_map(self, node: Mapping[str, object], place: Place | None, view: View) -> Value:
        """Compile a map: its constants are laid down once, its other keys are set per render."""
        if self.is_text:
            message = "a text is expected here, found a map"
            self.findings.add("S104", message, place, help="Write one text, in quotes.")
            return FAULTY
        base: dict[str, object] = {}
        dynamic: list[tuple[str, Render]] = []
        for key, item in node.items():
            name = self._key(node, key)
            value = self.compile(item, place_of(node, key) or place, view)
            if not value.is_constant:
                base[name] = Absent
                dynamic.append((name, value.render))
            elif (found := value.render({})) is not Absent:
                base[name] = found
        return _map_value(base, tuple(dynamic))

    def _key(self, node: Mapping[str, object], key: str) -> str:
        key = str(key)
        if "{{" in key:
            message = f"the key `{key}` holds an expression; keys are literal"
            help = "Write the key as it stands on the wire; $if and $switch choose between maps."
            self.findings.add("T304", message, key_place_of(node, key), help=help, length=len(key))
        return key[1:] if key.startswith("$$") else key

    def plain_list(self, node: list[object], place: Place | None, view: View) -> Value:
        values = [
            self.compile(item, place_of(node, index) or place, view)
            for index, item in enumerate(node)
        ]
        renders = tuple(value.render for value in values)

        def render(scope: Scope) -> object:
            items = [item(scope) for item in renders]
            return [item for item in items if item is not Absent]

        if all(value.is_constant for value in values):
            return constant(render({}), OPEN_LIST)
        return Value(render, OPEN_LIST)


def _map_value(base: dict[str, object], dynamic: tuple[tuple[str, Render], ...]) -> Value:
    if not dynamic:
        return constant(base, OPEN_MAP)

    def render(scope: Scope) -> object:
        # Copying lays down every key in the order of the spec, before the values are known.
        result = base.copy()
        for key, part in dynamic:
            value = part(scope)
            if value is Absent:
                del result[key]
            else:
                result[key] = value
        return result

    return Value(render, OPEN_MAP)
