"""Cuts a call that is too large for one request: the compiled `batch:` block."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_runtime.durations import read_size
from model_runtime.errors import InvalidParameter
from model_runtime.sentences import split_text
from model_runtime.tokens import estimate_tokens


class BatchPlan:
    """How the argument `of` is cut: a list by items, tokens, characters and bytes; a text by
    characters, between sentences."""

    def __init__(self, spec: Mapping[str, Any]) -> None:
        self.of = str(spec["of"])
        self.joins_audio = spec.get("join") == "audio"
        self._items = spec.get("max_items")
        self._default_items = spec.get("default_items")
        self._tokens = spec.get("max_tokens")
        self._chars = spec.get("max_chars")
        self._bytes = read_size(spec["max_bytes"]) if "max_bytes" in spec else None

    def cut(self, value: Any, model_properties: Mapping[str, Any]) -> list[Any]:
        """Return the pieces in order. A model's own limits, where it has some, hold too."""
        if isinstance(value, str):
            limit = _least(self._chars, _whole(model_properties, _TEXT_LIMITS))
            if self._bytes is not None and len(value.encode()) > self._bytes:
                limit = _least(limit, self._bytes // 4)
            return [value] if limit is None else split_text(value, limit)
        own = _whole(model_properties, ("max_chunks",)) or self._default_items
        limit = _least(self._items, own)
        return self._cut_list(value, limit)

    def _cut_list(self, items: list[Any], limit: int | None) -> list[list[Any]]:
        pieces: list[list[Any]] = [[]]
        weight = [0, 0, 0]
        for item in items:
            own = _weight(item)
            grown = [have + more for have, more in zip(weight, own, strict=True)]
            if pieces[-1] and (self._is_over(grown) or len(pieces[-1]) == limit):
                pieces.append([])
                grown = list(own)
            pieces[-1].append(item)
            weight = grown
        return pieces

    def _is_over(self, weight: list[int]) -> bool:
        limits = (self._tokens, self._chars, self._bytes)
        return any(m is not None and w > m for w, m in zip(weight, limits, strict=True))


_TEXT_LIMITS = ("word_limit", "max_characters_per_chunk")


def check_limits(limits: Mapping[str, Any], arguments: Mapping[str, Any], model: str) -> None:
    """Refuse a call over a declared limit. InvalidParameter names the limit."""
    for name, limit in limits.items():
        value = arguments.get(name)
        size = _size(value.get("content") if isinstance(value, dict) else value)
        most = read_size(limit) if isinstance(limit, str) else limit
        if size is not None and isinstance(most, int) and size > most:
            raise InvalidParameter(f"{model} takes {most} {name} at most; {size} were given.")


def _size(value: Any) -> int | None:
    return len(value) if isinstance(value, str | list | bytes) else None


def _weight(item: Any) -> tuple[int, int, int]:
    text = item if isinstance(item, str) else ""
    return estimate_tokens(text), len(text), len(text.encode("utf-8", "surrogatepass"))


def _least(*limits: int | None) -> int | None:
    known = [limit for limit in limits if limit]
    return min(known) if known else None


def _whole(properties: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return _least(*(v for name in names if isinstance(v := properties.get(name), int)))
