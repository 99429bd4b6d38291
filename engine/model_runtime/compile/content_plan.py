"""Ordered content: parts that a reply lists one by one, each read by the rule of its type."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from model_runtime.accumulate import BlockKind, ReplyBuilder
from model_runtime.branches import watched_table
from model_runtime.findings import Findings
from model_runtime.spec.tree import key_place_of

from .values import Reader, compile_value, place_in, read_text

_NO_FIELDS: dict[str, Any] = {}


class PartRule:
    """How one type of part is read: as text, reasoning, a tool call, or not at all."""

    __slots__ = ("_fields", "_state", "kind")

    def __init__(self, spec: Mapping[str, Any], findings: Findings) -> None:
        self.kind: BlockKind = "ignored"
        self._fields: dict[str, Reader] = {}
        for kind in ("text", "reasoning"):
            if kind in spec:
                self.kind = "text" if kind == "text" else "reasoning"
                self._fields["text"] = compile_value(spec[kind], findings, place_in(spec, kind))
        call = spec.get("tool_call")
        if isinstance(call, Mapping):
            self.kind = "tool_call"
            for name in ("id", "name", "arguments"):
                if name in call:
                    self._fields[name] = compile_value(call[name], findings, place_in(call, name))
        state = spec.get("state") or {}
        self._state = {
            name: compile_value(path, findings, place_in(state, name))
            for name, path in state.items()
        }

    def read(self, item: Any) -> dict[str, Any]:
        """Return the fields of one part: text, or id, name and arguments; and its state."""
        if self.kind == "ignored":
            return _NO_FIELDS
        fields = {name: read(item) for name, read in self._fields.items()}
        if self.kind != "tool_call":
            fields["text"] = read_text(fields.get("text"))
        if self._state:
            fields["state"] = {name: read(item) for name, read in self._state.items()}
        return fields


class ContentPlan:
    """The compiled `response.content` block."""

    __slots__ = ("_each", "_select", "rules")

    def __init__(self, spec: Mapping[str, Any], findings: Findings) -> None:
        self._each = compile_value(spec.get("each", "@"), findings, place_in(spec, "each"))
        self._select = compile_value(spec.get("select", "type"), findings, place_in(spec, "select"))
        parts = spec.get("parts") or {}
        rules = {name: PartRule(rule or {}, findings) for name, rule in parts.items()}
        places = partial(key_place_of, parts)
        self.rules = watched_table(rules, findings.branches, "part", places)
        self.rules.setdefault("*", PartRule({}, findings))

    def rule_for(self, item: Any) -> PartRule:
        """The rule of a part's type, or the rule `*`."""
        found = self._select(item)
        name = found if isinstance(found, str) else str(found)
        return self.rules.get(name) or self.rules["*"]

    def read(self, value: Any, builder: ReplyBuilder, *, is_next_frame: bool = False) -> None:
        """Tell `builder` the parts of a reply.

        With `is_next_frame` the first part may continue the last one of the frame before.
        """
        items = self._each(value)
        if items is None:
            return
        if isinstance(items, str):
            items = [{"type": "text", "text": items}]
        for position, item in enumerate(items if isinstance(items, list) else [items]):
            rule = self.rule_for(item)
            before = builder.continues(rule.kind) if is_next_frame and position == 0 else None
            if before is not None:
                builder.extend(before, rule.read(item))
            else:
                builder.block(rule.kind, rule.read(item))
