"""YAML text to a tree with places: YAML 1.2 scalars, no tags, and limits against hostile text.

The tree is built from the parser's events with a stack of our own, so that depth, size and
aliases are checked while reading and no input can make a walk over the tree endless.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .scalars import core_scalar
from .tree import YamlList, YamlMap
from .yaml_syntax import syntax_words

MAX_BYTES: Final = 1024 * 1024
MAX_DEPTH: Final = 64
MAX_NODES: Final = 100_000
MAX_ALIASES: Final = 50
# A path is for people. Unbounded, one long key above many values would fill the memory.
MAX_PATH: Final = 240
MAX_SHOWN: Final = 60

Tree = YamlMap | YamlList | str | int | float | bool | None

_LEADING_ZERO: Final = re.compile(r"[-+]?0[0-9]+\Z")
_SWITCH_WORDS: Final = frozenset({"on", "off", "yes", "no"})
_UNREADABLE: Final = re.compile(
    "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_STANDARD_TAG: Final = "tag:yaml.org,2002:"
_STANDARD_TAGS: Final = frozenset(
    _STANDARD_TAG + name for name in ("str", "int", "float", "bool", "null", "map", "seq")
)


def read_yaml(text: bytes | str, file: str, findings: Findings, *, strict: bool = True) -> Tree:
    """Read one YAML document; faults go to `findings` with the name `file`.

    `strict` is for specs of ours: a duplicate key, a merge key, a number with a leading zero and
    every tag is an error. Otherwise the last of two equal keys wins with a note. None is
    returned for an empty file and for one that cannot be read at all.
    """
    decoded = _decode(text, file, findings)
    if decoded is None:
        return None
    return _Reader(decoded, file, findings, strict).read()


def _decode(text: bytes | str, file: str, findings: Findings) -> str | None:
    """Return the characters of a file, or None with a finding when they are not YAML's."""
    start = Place(file, 1, 1)
    size = len(text) if isinstance(text, bytes) else len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        findings.add(
            "Y004", f"the file has {size} bytes; at most {MAX_BYTES} are read (1 MiB).", start
        )
        return None
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            marks = (b"\xff\xfe", b"\xfe\xff")
            found = "UTF-16" if error.object[:2] in marks else "other bytes"
            findings.add(
                "Y001", f"the file is not UTF-8: found {found}.", Place(file, line, 1),
                help="Save it as UTF-8.",
            )  # fmt: skip
            return None
    text = text.removeprefix("\ufeff")
    if bad := _UNREADABLE.search(text):
        line, column = _position(text, bad.start())
        findings.add(
            "Y001",
            f"the character U+{ord(bad.group()):04X} may not stand in YAML.",
            Place(file, line, column),
            help="Remove it, or write it as an escape inside double quotes.",
        )
        return None
    return text


def _position(text: str, index: int) -> tuple[int, int]:
    before = text[:index]
    return before.count("\n") + 1, index - before.rfind("\n")


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


class _Reader:
    """Builds one tree from events. Used once."""

    def __init__(self, text: str, file: str, findings: Findings, strict: bool) -> None:
        self.text = text
        self.file = file
        self.findings = findings
        self.strict = strict
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Anchored | None] = {}
        self.nodes = 0
        self.aliases = 0
        self.documents = 0
        self.brace_lines: set[int] = set()
        self.root: object = None

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
        except _Refused:
            return None
        except yaml.YAMLError as error:
            self._syntax(error)
            return None
        return self.root  # type: ignore[return-value]  # every deposited value is a Tree

    def _document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self._refuse("Y001", "a second document begins here; a file holds one.", event)

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
        place = node.place = Place(self.file, mark.line + 1, mark.column + 1, path)
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
        if name not in self.anchors:
            self._refuse(
                "Y001",
                f"the alias *{name[:MAX_SHOWN]} has no anchor &{name[:MAX_SHOWN]} before it.",
                event,
            )
        anchored = self.anchors[name]
        if anchored is None:
            self._refuse(
                "Y004", f"the alias *{name[:MAX_SHOWN]} stands inside its own anchor.", event
            )
            return
        self._count(anchored.size, event)
        if len(self.stack) + anchored.height > MAX_DEPTH:
            self._refuse("Y004", f"maps and lists are nested deeper than {MAX_DEPTH}.", event)
        frame = self.stack[-1]
        if frame.wants_key:
            self._refuse("Y001", f"the alias *{name[:MAX_SHOWN]} may not be a key.", event)
        place = self._place(event, frame.child_path())
        self._deposit(anchored.value, place, anchored.size, anchored.height)

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
            self.findings.add(
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
        self.findings.add(
            "Y002",
            f"the key {shown!r} stands in this map twice, first in line {first.line}.{tail}",
            place,
            severity="error" if self.strict else "note",
            help="Remove one of the two." if self.strict else "",
            length=len(key),
        )

    def _value(self, event: Any, place: Place) -> str | int | float | bool | None:
        text: str = event.value
        if event.tag:
            self._tag(event, place)
            return text if event.tag == f"{_STANDARD_TAG}str" else core_scalar(text)
        if event.style:
            return text
        if self.strict and text[:1] in "+-0123456789" and text:
            return self._number(text, place)
        return core_scalar(text)

    def _number(self, text: str, place: Place) -> str | int | float | bool | None:
        """Refuse the spellings of a number that YAML tools read differently."""
        if not _LEADING_ZERO.match(text):
            return core_scalar(text)
        self.findings.add(
            "Y003",
            f"{text[:MAX_SHOWN]} begins with a zero; some YAML tools read it as an octal number.",
            place,
            help=f'Write "{text}" in quotes for text, or drop the zero.',
            length=len(text),
        )
        return text

    def _complex_key(self, parent: _Frame, frame: _Frame) -> None:
        """Note a map or list used as a key, which is nearly always a template without quotes."""
        is_braces = (
            parent.is_flow and frame.is_flow and self.text.startswith("{{", parent.index)
        ) and frame.index == parent.index + 1
        if not is_braces:
            self.findings.add("Y001", "a map or list cannot be a key.", frame.place)
            return
        parent.is_braces = True
        self.brace_lines.add(parent.place.line)
        self.findings.add(
            "Y005",
            "an expression in {{ }} without quotes is read as a map.",
            parent.place,
            help='Put quotes around it: "{{ ... }}".',
            length=2,
        )

    def _tag(self, event: Any, place: Place) -> None:
        if event.tag in _STANDARD_TAGS and not self.strict:
            return
        tag = event.tag.replace(_STANDARD_TAG, "!!")[:MAX_SHOWN]
        self.findings.add(
            "Y006", f"the tag {tag} is not read.", place,
            help="Remove it; put quotes around a value that is text.", length=len(tag),
        )  # fmt: skip

    def _place(self, event: Any, path: str) -> Place:
        start, end = event.start_mark, event.end_mark
        column: int = start.column + 1
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

    def _refuse(self, code: str, message: str, event: Any) -> None:
        mark = event.start_mark
        path = self.stack[-1].place.path if self.stack else ""
        self.findings.add(code, message, Place(self.file, mark.line + 1, mark.column + 1, path))
        raise _Refused

    def _syntax(self, error: Any) -> None:
        """Note a syntax error in our own words, unless its cause has been noted already."""
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        opened = getattr(error, "context_mark", None)
        if mark is not None and opened is not None and mark.index >= len(self.text.rstrip()):
            mark = opened  # the end of the file says less than what is not closed there
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
        if {line, opened.line + 1 if opened else line} & self.brace_lines:
            return
        found = self.text[mark.index : mark.index + 1] if mark is not None else ""
        frame = self.stack[-1] if self.stack else None
        place = Place(self.file, line, column, frame.place.path if frame else "")
        if frame is not None and frame.is_flow and mark is not opened and found in ("[", "{", "?"):
            self.findings.add(
                "Y005",
                f"the text here holds {found!r}, which YAML reads as its own inside {{ }} or [ ].",
                place,
                help="Put quotes around the whole text.",
            )
            return
        message, advice = syntax_words(str(getattr(error, "problem", "") or ""), found)
        if opened is not None and opened.line + 1 != line:
            message += f" The block that it belongs to begins in line {opened.line + 1}."
        self.findings.add("Y001", message, place, help=advice)


def _merge_keys(node: YamlMap, merges: list[object]) -> None:
    """Fill a described-only map with the keys that its merge keys name and it lacks."""
    for merged in merges:
        if isinstance(merged, YamlMap):
            for key in merged:
                if key not in node:
                    node.take(key, merged)
