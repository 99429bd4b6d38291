"""Counts a conversation: its texts, and what a chat format adds around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Chat formats put about this many tokens around each message, and open the answer with as many.
_PER_MESSAGE = 3
# An image costs from 85 tokens to about 1,600, by size; its size is not known before it is read.
_PER_MEDIA = 765


def count_messages(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    count: Callable[[str], int],
) -> int:
    """Return the tokens of canonical messages and tools, with `count` for the texts."""
    total = _PER_MESSAGE
    for message in messages:
        total += _PER_MESSAGE + sum(_part(part, count) for part in message["parts"])
    for tool in tools:
        total += count(json.dumps(tool, ensure_ascii=False, default=str))
    return total


def _part(part: Mapping[str, Any], count: Callable[[str], int]) -> int:
    kind = part["type"]
    if kind in ("text", "reasoning"):
        return count(part["text"])
    if kind == "tool_call":
        return count(part["name"]) + count(json.dumps(part.get("arguments"), ensure_ascii=False))
    if kind == "tool_result":
        content = part["content"]
        if isinstance(content, str):
            return count(content)
        return sum(_part(inner, count) for inner in content)
    return _PER_MEDIA
