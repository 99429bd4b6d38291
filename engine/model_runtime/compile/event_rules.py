"""Typed events: a rule for each type of frame, and blocks that are opened, grown and closed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from model_runtime.accumulate import BlockKind, ReplyBuilder
from model_runtime.branches import watched_table
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.framing.base import Frame
from model_runtime.spec.tree import key_place_of

from .content_plan import ContentPlan
from .extractors import compile_paths
from .fields_plan import FIELDS, FieldsPlan
from .response_plan import ResponsePlan
from .values import Reader, compile_value, place_in, read_text

Step = Callable[[Any, ReplyBuilder], None]

_GROWS: dict[str, BlockKind] = {"text": "text", "reasoning": "reasoning", "arguments": "tool_call"}


class EventRule:
    """What one type of frame tells: flat fields, blocks, the end, or an error."""

    __slots__ = ("error", "is_done", "steps")

    def __init__(self, spec: Mapping[str, Any], response: ResponsePlan, findings: Findings) -> None:
        self.is_done = spec.get("done") is True
        self.error: Reader | None = None
        if "error" in spec:
            self.error = compile_value(spec["error"], findings, place_in(spec, "error"))
        self.steps: list[Step] = []
        if spec.get("begin") is True:
            self.steps.append(lambda _value, builder: builder.begin())
        for name in ("open", "append", "close"):
            if name in spec:
                self.steps.append(_STEPS[name](spec[name], response.content, findings))
        if any(name in FIELDS for name in spec):
            self.steps.append(FieldsPlan(spec, findings, response.usage).read)


class EventRules:
    """The compiled `select` and `events` of a stream."""

    __slots__ = ("_by_event", "_header", "_rules", "_select", "_unknown_is_error")

    def __init__(self, spec: Mapping[str, Any], response: ResponsePlan, findings: Findings) -> None:
        select = str(spec.get("select", "type"))
        # A bare `event` is a path: some services name the event in the JSON itself.
        self._by_event = select in ("header:event", "header::event-type")
        self._header = None
        if select.startswith("header:") and not self._by_event:
            self._header = select.removeprefix("header:")
        self._select: Reader = compile_value(
            "@" if select.startswith("header:") else select, findings, place_in(spec, "select")
        )
        events = spec.get("events") or {}
        rules = {name: EventRule(rule or {}, response, findings) for name, rule in events.items()}
        places = partial(key_place_of, events)
        self._rules = watched_table(rules, findings.branches, "event", places)
        self._unknown_is_error = spec.get("on_unknown") == "error"

    def read(self, value: Any, frame: Frame, builder: ReplyBuilder) -> bool:
        """Apply the rule of the frame's type; True when it is the end mark."""
        name = self._name(value, frame)
        rule = self._rules.get(name) or self._rules.get("*")
        if rule is None:
            if self._unknown_is_error:
                raise ReplyError(f"The stream holds an event of the unknown type {name!r}.")
            return False
        if rule.error is not None and (found := rule.error(value)):
            raise EventError(found)
        for step in rule.steps:
            step(value, builder)
        return rule.is_done

    def _name(self, value: Any, frame: Frame) -> str:
        if self._by_event:
            return frame.event or ""
        if self._header is not None:
            return frame.headers.get(self._header, "")
        found = self._select(value)
        return found if isinstance(found, str) else str(found)


class EventError(Exception):
    """An event that is an error; the stream reader turns it into a typed one."""

    def __init__(self, found: object) -> None:
        super().__init__("the service sent an error event")
        self.found = found


def _open(spec: Mapping[str, Any], content: ContentPlan | None, findings: Findings) -> Step:
    read_key = _key(spec, findings)
    read_item = compile_value(spec.get("item", "@"), findings, place_in(spec, "item"))

    def step(value: Any, builder: ReplyBuilder) -> None:
        item = read_item(value)
        if item is None or content is None:
            return
        rule = content.rule_for(item)
        builder.block(rule.kind, rule.read(item), read_key(value))

    return step


def _append(spec: Mapping[str, Any], content: ContentPlan | None, findings: Findings) -> Step:
    names = [name for name in _GROWS if name in spec]
    read = compile_paths(
        [str(spec[name]) for name in names], findings, [place_in(spec, name) for name in names]
    )
    kinds: list[BlockKind] = [_GROWS[name] for name in names]
    state = spec.get("state") or {}
    states = {n: compile_value(p, findings, place_in(state, n)) for n, p in state.items()}
    read_key = _key(spec, findings)

    def step(value: Any, builder: ReplyBuilder) -> None:
        key = read_key(value)
        for kind, piece in zip(kinds, read(value), strict=True):
            if piece is not None:
                builder.append(key, kind, read_text(piece))
        if states:
            found = {name: path(value) for name, path in states.items()}
            found = {name: item for name, item in found.items() if item is not None}
            if found:
                builder.set_state(key, "reasoning", found)

    return step


def _close(spec: Mapping[str, Any], content: ContentPlan | None, findings: Findings) -> Step:
    # A block that is closed without an item is complete as it is, and its key is not looked at.
    has_item = "item" in spec
    read_key = _key(spec, findings, is_branch=has_item)
    read_item = compile_value(
        spec.get("item", "@"), findings, place_in(spec, "item"), is_branch=has_item
    )

    def step(value: Any, builder: ReplyBuilder) -> None:
        item = read_item(value) if has_item else None
        if item is None or content is None:
            return
        rule = content.rule_for(item)
        builder.close(read_key(value), rule.kind, rule.read(item))

    return step


def _key(spec: Mapping[str, Any], findings: Findings, *, is_branch: bool = True) -> Reader:
    path = spec.get("key", "index")
    return compile_value(path, findings, place_in(spec, "key"), is_branch=is_branch)


_STEPS: dict[str, Callable[[Mapping[str, Any], ContentPlan | None, Findings], Step]] = {
    "open": _open,
    "append": _append,
    "close": _close,
}
