"""Changes of values -> a new text of their YAML file, which stays as it was everywhere else.

Each node is written from slices of the old text, so that comments, quotes and the order of keys
are kept. What a change puts in is written in one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_runtime.probe.spec_text import flow, scalar

from .changes import CannotUpdate, Change, Changes, Items, Put, Remove

# A node of PyYAML: it has no types of its own for what its nodes hold.
Node = Any


def rewritten(text: str, changes: Changes) -> str:
    """Return the text of a file with its changes made. CannotUpdate where that is not safe."""
    import yaml

    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text, yaml.SafeLoader)):
        raise CannotUpdate("the file has YAML aliases, so that one text stands for several")
    root: Node = yaml.compose(text, yaml.SafeLoader)
    writer = _Writer(text)
    return text[: root.start_mark.index] + writer.write(root, changes) + text[writer.end(root) :]


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key with its value, or an item; what stands before it, and behind it on its line."""

    before: str
    body: str
    behind: str = ""


@dataclass(frozen=True, slots=True)
class _Writer:
    text: str

    def write(self, node: Node, change: Change) -> str:
        """The text of a node after a change."""
        if isinstance(change, Put):
            return flow(change.value)
        if node.id == "scalar" or isinstance(change, Remove):
            line = node.start_mark.line + 1
            raise CannotUpdate(f"line {line}: expected a map or a list, found a text")
        old = self._entries(node)
        if isinstance(change, Items):
            new = self._listed(node, old, change)
        else:
            new = self._changed(node, old, change)
        if [entry.before for entry in new] == [entry.before for entry in old]:
            inside = "".join(entry.before + entry.body + entry.behind for entry in new)
            opening, closing = self._brackets(node, old)
            return opening + inside + closing
        return self._in_one_line(node, old, new) if node.flow_style else _in_lines(node, old, new)

    def end(self, node: Node) -> int:
        """Where a node really ends; a block ends with the line of its last value."""
        if node.id != "scalar" and not node.flow_style and node.value:
            return self._line_end(self.end(_pairs(node)[-1][1]))
        start, end = node.start_mark.index, node.end_mark.index
        # A folded or literal text takes the line ends behind it along.
        return int(start + len(self.text[start:end].rstrip()))

    def _entries(self, node: Node) -> list[_Entry]:
        """The keys or items of a node, with all the text between them."""
        entries: list[_Entry] = []
        position = node.start_mark.index + bool(node.flow_style)
        for first, value in _pairs(node):
            start, end = first.start_mark.index, self.end(value)
            before, position = self.text[position:start], end
            if not node.flow_style:
                position = self._line_end(end)
            entries.append(_Entry(before, self.text[start:end], self.text[end:position]))
        return entries

    def _changed(self, node: Node, old: Sequence[_Entry], change: Changes) -> list[_Entry]:
        entries: list[_Entry] = []
        names: set[Any] = set()
        for index, (pair, entry) in enumerate(zip(_pairs(node), old, strict=True)):
            name = pair[0].value if node.id == "mapping" else index
            names.add(name)
            new = change.get(name)
            if not isinstance(new, Remove):
                body = entry.body if new is None else self._body(node, pair, new)
                entries.append(replace(entry, body=body))
        for name, new in change.items():
            if name not in names and isinstance(new, Put):
                entries.append(self._new(node, f"{scalar(str(name))}: {flow(new.value)}"))
        return entries

    def _body(self, node: Node, pair: tuple[Node, Node], new: Change) -> str:
        first, value = pair
        if node.id == "sequence":
            return self.write(value, new)
        start, end = first.start_mark.index, first.end_mark.index
        between = self.text[end : value.start_mark.index]
        if isinstance(new, Put) and not re.fullmatch(r"\s*:[ \t]+", between):
            between = ": "
        return self.text[start:end] + between + self.write(value, new)

    def _listed(self, node: Node, old: Sequence[_Entry], change: Items) -> list[_Entry]:
        return [
            old[item] if isinstance(item, int) else self._new(node, flow(item.value))
            for item in change.items
        ]

    def _new(self, node: Node, body: str) -> _Entry:
        """A new entry of a block has a line of its own; one in a line gets its comma later."""
        if node.flow_style:
            return _Entry("", body)
        newline = "\r\n" if "\r\n" in self.text else "\n"
        dash = "- " if node.id == "sequence" else ""
        return _Entry(newline + " " * node.start_mark.column + dash, body)

    def _in_one_line(self, node: Node, old: Sequence[_Entry], new: Sequence[_Entry]) -> str:
        opening, closing = self._brackets(node, old)
        if not old or not new:
            return opening + ", ".join(entry.body for entry in new) + closing.lstrip()
        comma = next((e.before for e in old[1:] if re.fullmatch(r",\s+", e.before)), ", ")
        return opening + old[0].before + comma.join(entry.body for entry in new) + closing

    def _brackets(self, node: Node, old: Sequence[_Entry]) -> tuple[str, str]:
        if not node.flow_style:
            return "", ""
        start, end = node.start_mark.index, node.end_mark.index
        last = self.end(_pairs(node)[-1][1]) if old else start + 1
        return self.text[start], self.text[last:end]

    def _line_end(self, position: int) -> int:
        end = self.text.find("\n", position)
        end = len(self.text) if end < 0 else end
        return end - (self.text[end - 1 : end] == "\r")


def _in_lines(node: Node, old: Sequence[_Entry], new: Sequence[_Entry]) -> str:
    if not new:
        return "{}" if node.id == "mapping" else "[]"
    # The first entry stands behind its indentation already.
    first = new[0].before if new[0].before == old[0].before else new[0].before.lstrip()
    inside = "".join(entry.before + entry.body + entry.behind for entry in new)
    return first + inside[len(new[0].before) :]


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    """Keys with their values, or each item twice."""
    return list(node.value) if node.id == "mapping" else [(item, item) for item in node.value]
