"""Flat fields of a reply or frame: one extractor each, all read in one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from model_runtime.accumulate import ReplyBuilder
from model_runtime.findings import Findings
from model_runtime.location import Place

from .extractors import compile_paths
from .usage_plan import UsagePlan
from .values import Reader, compile_value, place_in, read_text

Apply = Callable[[ReplyBuilder, Any], None]


class FieldsPlan:
    """A map of extractors (`text`, `reasoning`, `tool_calls`, `finish`, `usage` ...).

    `read` applies every field that found something to the builder. Plain paths are read
    together, so that what they have in common is looked up once.
    """

    __slots__ = ("_applies", "_extract", "_slow")

    def __init__(
        self, spec: Mapping[str, Any], findings: Findings, usage: UsagePlan | None
    ) -> None:
        paths: list[str] = []
        places: list[Any] = []
        self._applies: list[Apply] = []
        self._slow: list[tuple[Reader, Apply]] = []
        for name in FIELDS:
            value = spec.get(name)
            if value is None:
                continue
            place = place_in(spec, name)
            apply = FIELDS[name](value, findings, usage)
            plain = _plain_path(name, value, place)
            if plain is None:
                self._slow.append((compile_value(value, findings, place), apply))
            else:
                paths.append(plain[0])
                places.append(plain[1])
                self._applies.append(apply)
        self._extract = compile_paths(paths, findings, places)

    def read(self, value: Any, builder: ReplyBuilder) -> None:
        """Tell `builder` everything that the fields find in `value`."""
        for apply, found in zip(self._applies, self._extract(value), strict=True):
            if found is not None:
                apply(builder, found)
        for read, apply in self._slow:
            if (found := read(value)) is not None:
                apply(builder, found)


# Where a field that is a map holds its path, and the path of one that holds none.
_PATH_KEYS: Final = {"tool_calls": ("each", "@"), "usage": ("at", "usage"), "finish": ("path", "@")}


def _plain_path(name: str, value: object, place: Place | None) -> tuple[str, Place | None] | None:
    """The JMESPath of a field that is nothing but a path, and its place; None if it does more."""
    if isinstance(value, str):
        return value, place
    if not isinstance(value, Mapping) or name not in _PATH_KEYS:
        return None
    if name == "finish" and set(value) - {"path", "map"}:
        return None
    key, usual = _PATH_KEYS[name]
    return str(value.get(key, usual)), place_in(value, key)


def _text(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    def apply(builder: ReplyBuilder, found: Any) -> None:
        builder.text(found if type(found) is str else read_text(found))

    return apply


def _reasoning(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.reasoning(read_text(found))


def _refusal(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.refusal(read_text(found))


def _finish(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.finish(found)


def _blocked(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.block_prompt(str(found) if found else "")


def _citations(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.citations(found)


def _logprobs(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.logprobs(found)


def _usage(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    if usage is None:
        return lambda builder, found: None

    def apply(builder: ReplyBuilder, found: Any) -> None:
        builder.usage(usage.read(found), found)

    return apply


def _fact(name: str) -> Callable[[object, Findings, UsagePlan | None], Apply]:
    return lambda value, findings, usage: lambda builder, found: builder.fact(name, found)


def _state(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    return lambda builder, found: builder.flat_state(found)


def _tool_calls(value: object, findings: Findings, usage: UsagePlan | None) -> Apply:
    spec = value if isinstance(value, Mapping) else {}
    paths, places = zip(*(_tool_path(spec, name) for name in ("index", "id", "name")), strict=True)
    read = compile_paths(paths, findings, places)
    new_id = isinstance(spec.get("id"), Mapping)
    read_id = compile_value(spec["id"], findings, place_in(spec, "id")) if new_id else None
    arguments = spec.get("arguments", "arguments")
    read_arguments = compile_value(arguments, findings, place_in(spec, "arguments"))
    state = {
        name: compile_value(path, findings, place_in(spec["state"], name))
        for name, path in (spec.get("state") or {}).items()
    }

    def apply(builder: ReplyBuilder, found: Any) -> None:
        items = found if isinstance(found, list) else [found]
        for position, item in enumerate(items):
            if item is None:
                continue
            index, id, name = read(item)
            if read_id is not None:
                id = read_id(item)
            block = builder.tool_fragment(position, index, id, name, read_arguments(item))
            if state and block is not None:
                builder.keep_state(block, {key: path(item) for key, path in state.items()})

    return apply


def _tool_path(spec: Mapping[str, Any], name: str) -> tuple[str, Place | None]:
    path = spec.get(name)
    return (path, place_in(spec, name)) if isinstance(path, str) else ("`null`", None)


FIELDS: dict[str, Callable[[object, Findings, UsagePlan | None], Apply]] = {
    "reasoning": _reasoning,
    "text": _text,
    "refusal": _refusal,
    "tool_calls": _tool_calls,
    "finish": _finish,
    "blocked": _blocked,
    "usage": _usage,
    "id": _fact("id"),
    "model": _fact("model"),
    "served_by": _fact("served_by"),
    "citations": _citations,
    "logprobs": _logprobs,
    "reasoning_state": _state,
}
