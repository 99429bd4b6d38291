"""The parser's events to a tree with places: YAML 1.2 scalars, no tags, and limits.

The tree is built with a stack of our own, so that depth, size and aliases are checked while
reading and no input can make a walk over the tree endless.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .scalars import core_scalar, misread
from .tree import YamlList, YamlMap
from .yaml_scene import SECOND_DOCUMENT, Stop

MAX_DEPTH: Final = 64
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 50
# A path is for people. Unbounded, one long key above many values would fill the memory.
MAX_PATH: Final = 240
MAX_SHOWN: Final = 60

Tree = YamlMap | YamlList | str | int | float | bool | None

_SWITCH_WORDS: Final = frozenset({"on", "off", "yes", "no"})
# As word processors write them; the empty text is none.
_TYPOGRAPHIC: Final = tuple("“”„‘’‚«»")
_STANDARD_TAG: Final = "tag:yaml.org,2002:"
_STANDARD_TAGS: Final = frozenset(
    _STANDARD_TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq")
)


class _Refused(Exception):
    """Reading stops here; the finding has been noted."""


@dataclass(slots=True)
class _Frame:
    """A map or list that is being read."""

    node: YamlMap | YamlList
    place: Place
    index: int
    is_flow: bool
    anchor: str | None
    is_key: bool = False
    is_braces: bool = False
    key: str | None = None
    key_place: Place | None = None
    is_merge: bool = False
    merges: list[object] = field(default_factory=list)
    repeated: int = -1
    size: int = 1
    height: int = 1

    @property
    def wants_key(self) -> bool:
        return self.key is None and isinstance(self.node, YamlMap)

    def child_path(self) -> str:
        path = self.place.path
        if len(path) > MAX_PATH:
            return path
        if isinstance(self.node, YamlList):
            return f"{path}[{len(self.node)}]"
        key = str(self.key)[:MAX_SHOWN]
        return f"{path}.{key}" if path else key


@dataclass(frozen=True, slots=True)
class _Anchored:
    """A value with an anchor, and what each alias of it costs."""

    value: object
    size: int
    height: int


class Reader:
    """Builds one tree from events. Used once.

    `stop` says where the text is no YAML any more. `shifts` says by how many columns lines that
    were repaired have moved, so that places are those of the file.
    """

    def __init__(
        self, text: str, file: str, findings: Findings, strict: bool, shifts: Mapping[int, int]
    ) -> None:
        self.text = text
        self.file = file
        self.findings = findings
        self.strict = strict
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.nodes = 0
        self.aliases = 0
        self.documents = 0
        self.shifts = shifts
        self.root: object = None
        self.stop: Stop | None = None
        self.is_over = False

    def read(self) -> Tree:
        import yaml

        handlers = {
            "ScalarEvent": self._scalar,
            "MappingStartEvent": self._start_map,
            "SequenceStartEvent": self._start_list,
            "MappingEndEvent": self._end,
            "SequenceEndEvent": self._end,
            "AliasEvent": self._alias,
            "DocumentStartEvent": self._document,
        }
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            for event in yaml.parse(self.text, Loader=loader):
                handler = handlers.get(type(event).__name__)
                if handler is not None:
                    handler(event)
                if self.is_over or self.stop:
                    break
        except _Refused:
            return None
        except yaml.YAMLError as error:
            self.stop = _stop_of(error)
            return None
        return self.root  # type: ignore[return-value]  # every deposited value is a Tree

    def read_part(self) -> Tree:
        """Read as far as the text can be read, and return what stands there."""
        tree = self.read()
        while self.stack:
            frame = self.stack.pop()
            tree = frame.node
            self._deposit(frame.node, frame.place, frame.size, frame.height)
        return tree

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents == 1:
            return
        mark = event.start_mark
        rest = self.text[mark.index :]
        known = self.root if isinstance(self.root, YamlMap) else ()
        if any(re.search(rf"^{re.escape(key)}:", rest, re.MULTILINE) for key in known):
            # Another spec, not the rest of this one.
            self._fault(
                "Y001",
                "a second document begins here; a file holds one.",
                self._place(event, ""),
                help="Move what is below --- into a file of its own.",
                length=3,
            )
            self.is_over = True
        else:
            self.stop = SECOND_DOCUMENT, (mark.line, mark.column), None

    def _scalar(self, event: Any) -> None:
        self._count(1, event)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.wants_key:
            self._key(event, frame)
            return
        place = self._place(event, frame.child_path() if frame else "")
        value = self._value(event, place)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(value, 1, 0)
        self._deposit(value, place, 1, 0)

    def _start_map(self, event: Any) -> None:
        self._start(event, YamlMap())

    def _start_list(self, event: Any) -> None:
        self._start(event, YamlList())

    def _start(self, event: Any, node: YamlMap | YamlList) -> None:
        self._count(1, event)
        parent = self.stack[-1] if self.stack else None
        is_key = parent is not None and parent.wants_key
        if len(self.stack) >= MAX_DEPTH:
            self._refuse("Y004", f"maps and lists are nested deeper than {MAX_DEPTH}.", event)
        path = "" if parent is None else parent.place.path if is_key else parent.child_path()
        mark = event.start_mark
        place = node.place = self._place(event, path)
        frame = _Frame(node, place, mark.index, bool(event.flow_style), event.anchor, is_key)
        if event.tag:
            self._tag(event, place)
        if is_key and parent is not None:
            self._complex_key(parent, frame)
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(frame)

    def _end(self, event: Any) -> None:
        frame = self.stack.pop()
        value: object = frame.node
        if frame.is_braces:
            value = self.text[frame.index : event.end_mark.index]
        if frame.merges and isinstance(frame.node, YamlMap):
            _merge_keys(frame.node, frame.merges)
        if frame.anchor:
            self.anchors[frame.anchor] = _Anchored(value, frame.size, frame.height)
        if frame.is_key:
            self.stack[-1].key = "?"
            self.stack[-1].key_place = None
            return
        self._deposit(value, frame.place, frame.size, frame.height)

    def _alias(self, event: Any) -> None:
        self.aliases += 1
        name = event.anchor
        if self.aliases > MAX_ALIASES:
            self._refuse("Y004", f"the file has more than {MAX_ALIASES} aliases.", event)
        frame = self.stack[-1]
        place = self._place(event, frame.child_path())
        if name not in self.anchors:
            self._unknown_alias(name[:MAX_SHOWN], frame, place)
            return
        anchored = self.anchors[name]
        if anchored is None:
            self._refuse(
                "Y004", f"the alias *{name[:MAX_SHOWN]} stands inside its own anchor.", event
            )
            return
        self._count(anchored.size, event)
        if len(self.stack) + anchored.height > MAX_DEPTH:
            self._refuse("Y004", f"maps and lists are nested deeper than {MAX_DEPTH}.", event)
        if frame.wants_key:
            self._refuse("Y001", f"the alias *{name[:MAX_SHOWN]} may not be a key.", event)
        self._deposit(anchored.value, place, anchored.size, anchored.height)

    def _unknown_alias(self, name: str, frame: _Frame, place: Place) -> None:
        """Note a star that was meant as text; a merge key that cannot be has been told."""
        if not (frame.is_merge and self.strict):
            self._fault(
                "Y001",
                f"a text may not begin with * in YAML; there is no anchor &{name} to take over.",
                place,
                help=f'Put quotes around it: "*{name}"',
                length=len(name) + 1,
            )
        if frame.wants_key:
            frame.key, frame.key_place = f"*{name}", place
        else:
            self._deposit(f"*{name}", place, 1, 0)

    def _deposit(self, value: object, place: Place, size: int, height: int) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.root = value
            return
        frame = self.stack[-1]
        frame.size += size
        frame.height = max(frame.height, height + 1)
        node = frame.node
        if isinstance(node, YamlList):
            node.put(value, place)
            return
        if frame.is_merge:
            frame.merges.extend(value if isinstance(value, list) else [value])
        elif frame.key is not None and frame.key_place is not None:
            node.put(frame.key, value, frame.key_place, place)
        frame.key, frame.key_place, frame.is_merge = None, None, False

    def _key(self, event: Any, frame: _Frame) -> None:
        text: str = event.value
        frame.key = text
        place = frame.key_place = self._place(event, frame.child_path())
        if event.tag:
            self._tag(event, place)
        if event.anchor:
            self.anchors[event.anchor] = _Anchored(text, 1, 0)
        is_plain = not event.style
        if is_plain and text == "<<":
            self._merge_key(frame, place)
        elif text in frame.node and isinstance(frame.node, YamlMap):
            self._duplicate(text, frame.node.key_places[text], place)
        elif is_plain and self.strict and text.lower() in _SWITCH_WORDS:
            self._fault(
                "Y003",
                f"the key {text} is read as true or false by many YAML tools.",
                place,
                help=f'Write "{text}" in quotes, or choose another name.',
                length=len(text),
            )

    def _merge_key(self, frame: _Frame, place: Place) -> None:
        frame.is_merge = True
        if self.strict:
            self.findings.add(
                "Y004",
                "merge keys (<<) are not part of the spec language.",
                place,
                help="Write the keys out, or use a fragment.",
                length=2,
            )

    def _duplicate(self, key: str, first: Place, place: Place) -> None:
        tail = "" if self.strict else " The last value is used."
        shown = key[:MAX_SHOWN]
        frame = self.stack[-1]
        is_run = frame.repeated == len(frame.node) and self.strict
        frame.repeated = len(frame.node)
        if is_run:
            # One key after the other is there again: it is a whole item that has no dash.
            return
        self.findings.add(
            "Y002",
            f"the key {shown!r} stands in this map twice, first in line {first.line}.{tail}",
            place,
            severity="error" if self.strict else "note",
            help=self._one_of_two() if self.strict else "",
            length=len(key),
        )

    def _one_of_two(self) -> str:
        is_item = len(self.stack) > 1 and isinstance(self.stack[-2].node, YamlList)
        return f"Remove one of the two{', or begin a new item with `- `' if is_item else ''}."

    def _value(self, event: Any, place: Place) -> str | int | float | bool | None:
        text: str = event.value
        if event.anchor and not text and not event.style:
            self._fault(
                "Y001",
                "a text may not begin with & in YAML.",
                place,
                help=f'Put quotes around it: "&{event.anchor[:MAX_SHOWN]}"',
                length=len(event.anchor) + 1,
            )
        if event.tag:
            self._tag(event, place)
            return text if event.tag == f"{_STANDARD_TAG}str" else core_scalar(text)
        if event.style:
            return text
        if self.strict and text[:1] in _TYPOGRAPHIC:
            self.findings.add(
                "Y007",
                f"the value begins with {text[0]}, which YAML takes for a letter of it.",
                place,
                severity="warning",
                help="Write plain quotes, \" or '.",
            )
        if not self.strict or (kind := misread(text)) is None:
            return core_scalar(text)
        shown = text[:MAX_SHOWN]
        self._fault(
            "Y003",
            f"{shown} is read as {kind} by some YAML tools.",
            place,
            help=f'Write "{shown}" in quotes for text, or a number as it is usually written.',
            length=len(text),
        )
        return text

    def _complex_key(self, parent: _Frame, frame: _Frame) -> None:
        """Note a map or list used as a key, which is nearly always a template without quotes."""
        is_braces = (
            parent.is_flow and frame.is_flow and self.text.startswith("{{", parent.index)
        ) and frame.index == parent.index + 1
        if not is_braces:
            self._fault(
                "Y001",
                "a map or list cannot be a key.",
                frame.place,
                help="Write a text before the colon; put quotes around one that holds { or [.",
            )
            return
        parent.is_braces = True
        end = self.text.find("}}", parent.index) + 2
        shown = self.text[parent.index : end]
        quote = "'" if '"' in shown else '"'
        is_short = end > 1 and len(shown) <= MAX_SHOWN and "\n" not in shown
        self.findings.add(
            "Y005",
            "an expression in {{ }} without quotes is read as a map.",
            parent.place,
            help=f"Put quotes around it: {quote}{shown if is_short else '{{ ... }}'}{quote}",
            length=2,
        )

    def _tag(self, event: Any, place: Place) -> None:
        if event.tag in _STANDARD_TAGS and not self.strict:
            return
        tag = event.tag.replace(_STANDARD_TAG, "!!")[:MAX_SHOWN]
        self._fault(
            "Y006", f"the tag {tag} is not read.", place,
            help="Remove it; put quotes around a value that is text.", length=len(tag),
        )  # fmt: skip

    def _place(self, event: Any, path: str) -> Place:
        start, end = event.start_mark, event.end_mark
        column: int = start.column + 1 - self.shifts.get(start.line, 0)
        text_column: int | None = None
        # Escapes, folding and block styles all make the source differ in length from the text.
        style = getattr(event, "style", "|")
        quotes = 0 if not style else 1 if style in "'\"" else None
        if (
            quotes is not None
            and start.line == end.line
            and end.column - start.column == len(event.value) + 2 * quotes
        ):
            text_column = column + quotes
        return Place(self.file, start.line + 1, column, path, text_column)

    def _count(self, number: int, event: Any) -> None:
        self.nodes += number
        if self.nodes > MAX_NODES:
            self._refuse(
                "Y004", f"the file holds more than {MAX_NODES} values, aliases counted.", event
            )

    def _fault(
        self, code: str, message: str, place: Place, *, help: str = "", length: int = 1
    ) -> None:
        """Note a fault that leaves open what is meant at its place."""
        self.findings.add(code, message, place, help=help, length=length)
        self.findings.unread_places.add((place.file, place.line, place.column))

    def _refuse(self, code: str, message: str, event: Any) -> None:
        mark = event.start_mark
        path = self.stack[-1].place.path if self.stack else ""
        self.findings.add(
            code,
            message,
            Place(self.file, mark.line + 1, mark.column + 1, path),
            help="Write it in another way; nothing below this place was read.",
        )
        raise _Refused


def _stop_of(error: Any) -> Stop:
    """Where the parser gave up: its problem, the place, and the place of what it was reading."""
    mark, opened = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
    problem = str(getattr(error, "problem", "") or "")
    place, begun = ((m.line, m.column) if m is not None else None for m in (mark, opened))
    return problem, place, begun


def _merge_keys(node: YamlMap, merges: list[object]) -> None:
    """Fill a described-only map with the keys that its merge keys name and it lacks."""
    for merged in merges:
        if isinstance(merged, YamlMap):
            for key in merged:
                if key not in node:
                    node.take(key, merged)
