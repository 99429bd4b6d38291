"""Counts a conversation: its texts, and what a chat format adds around them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# What chat formats put around a message, its role included, and before the answer. Of one service
# these are the very numbers, and of others near them.
_PER_MESSAGE = 4
_BEFORE_ANSWER = 3
# An image costs from 85 tokens to about 1,600, by size; its size is not known before it is read.
_PER_MEDIA = 765


def count_messages(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    count: Callable[[str], int],
) -> int:
    """Return the tokens of canonical messages and tools, with `count` for the texts."""
    total = _BEFORE_ANSWER
    for message in messages:
        total += _PER_MESSAGE + sum(_part(part, count) for part in message["parts"])
    for tool in tools:
        total += count(json.dumps(tool, ensure_ascii=False, default=str))
    return total


def count_answer(message: Mapping[str, Any], count: Callable[[str], int]) -> int:
    """Return the tokens of the parts of an assistant's message, as the service wrote them."""
    return sum(_part(part, count) for part in message["parts"])


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
