"""The message algebra: passes over a conversation, from canonical messages to canonical messages.

A pass never changes what it is given; it shares the messages and parts that it does not touch.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from .checks import Canonical

MEDIA_TYPES: Final = ("image", "audio", "video", "document")
SYSTEM_ROLES: Final = ("system", "developer")

Messages = list[Canonical]


def text_part(text: str) -> Canonical:
    """A canonical text part."""
    return {"type": "text", "text": text}


def text_of(message: Canonical) -> str:
    """The joined text parts of a message."""
    return "".join(part["text"] for part in message["parts"] if part["type"] == "text")


def with_parts(message: Canonical, parts: list[Canonical]) -> Canonical:
    """The same message with other parts."""
    return {**message, "parts": parts}


def join_adjacent(messages: Messages, roles: Mapping[str, str] | None = None) -> Messages:
    """Join neighbours of one role into one message, after renaming roles by `roles`."""
    table = roles or {}
    out: Messages = []
    for message in messages:
        role = table.get(message["role"], message["role"])
        if out and out[-1]["role"] == role:
            last = out[-1]
            last["parts"] += message["parts"]
            if "provider_state" in message:
                last["provider_state"] = {
                    **last.get("provider_state", {}),
                    **message["provider_state"],
                }
        else:
            # A message and a list of our own, so that joining does not reach the given ones.
            out.append({**message, "role": role, "parts": list(message["parts"])})
    return out


def drop_empty_text(messages: Messages) -> Messages:
    """Remove text parts that hold nothing but white space."""
    return [
        message
        if all(part["type"] != "text" or part["text"].strip() for part in message["parts"])
        else with_parts(
            message, [p for p in message["parts"] if p["type"] != "text" or p["text"].strip()]
        )
        for message in messages
    ]


def drop_empty(messages: Messages) -> Messages:
    """Remove messages without parts."""
    return [message for message in messages if message["parts"]]


def drop_parts(messages: Messages, types: Iterable[str]) -> Messages:
    """Remove the parts of some types from every message."""
    gone = frozenset(types)
    return [
        with_parts(message, [part for part in message["parts"] if part["type"] not in gone])
        for message in messages
    ]


def ensure_first_user(messages: Messages, text: str = ".") -> Messages:
    """Put a user message before a conversation that another role begins, after the system's."""
    start = 0
    while start < len(messages) and messages[start]["role"] in SYSTEM_ROLES:
        start += 1
    if start < len(messages) and messages[start]["role"] in ("user", "tool"):
        return messages
    filler: Canonical = {"role": "user", "parts": [text_part(text)]}
    return [*messages[:start], filler, *messages[start:]]


def alternate(messages: Messages, text: str = ".") -> Messages:
    """Make user and assistant take turns, beginning with the user; tools speak as the user."""
    return ensure_first_user(join_adjacent(messages, {"tool": "user"}), text)


def tool_results_first(messages: Messages) -> Messages:
    """Move every tool result right behind the assistant turn before it, into one tool message.

    Within the other messages the order stays. Messages that held nothing else go away.
    """
    out: Messages = []
    results: list[Canonical] = []
    rest: Messages = []
    for message in messages:
        if message["role"] == "assistant":
            out += _results_then_rest(results, rest)
            results, rest = [], []
            out.append(message)
            continue
        found = [part for part in message["parts"] if part["type"] == "tool_result"]
        results += found
        if not found:
            rest.append(message)
        elif len(found) < len(message["parts"]):
            others = [part for part in message["parts"] if part["type"] != "tool_result"]
            rest.append({**message, "role": _not_tool(message["role"]), "parts": others})
    return out + _results_then_rest(results, rest)


def _results_then_rest(results: list[Canonical], rest: Messages) -> Messages:
    return [{"role": "tool", "parts": results}, *rest] if results else rest


def _not_tool(role: str) -> str:
    return "user" if role == "tool" else role


def system_to_user(messages: Messages) -> Messages:
    """Let the user say what the system said, for services without a system role."""
    return [{**m, "role": "user"} if m["role"] in SYSTEM_ROLES else m for m in messages]


def late_system_to_user(messages: Messages) -> Messages:
    """Let the user say what the system says behind the beginning, where services refuse it."""
    start = 0
    while start < len(messages) and messages[start]["role"] in SYSTEM_ROLES:
        start += 1
    return [*messages[:start], *system_to_user(messages[start:])]


def merge_system(messages: Messages, separator: str = "\n\n") -> Messages:
    """Join all system messages into one at the start, for templates that take a single one."""
    texts = [text_of(message) for message in messages if message["role"] in SYSTEM_ROLES]
    if not texts:
        return messages
    rest = [message for message in messages if message["role"] not in SYSTEM_ROLES]
    joined = text_part(separator.join(filter(None, texts)))
    return [{"role": "system", "parts": [joined]}, *rest]


def fold_system(messages: Messages, separator: str = "\n\n") -> Messages:
    """Put what the system said before the first user message's own text."""
    merged = merge_system(messages, separator)
    if not merged or merged[0]["role"] != "system":
        return messages
    head, rest = merged[0]["parts"][0], merged[1:]
    for index, message in enumerate(rest):
        if message["role"] == "user":
            parts = _before_text(head["text"] + separator, message["parts"])
            return [*rest[:index], with_parts(message, parts), *rest[index + 1 :]]
    return [{"role": "user", "parts": [head]}, *rest]


def _before_text(text: str, parts: list[Canonical]) -> list[Canonical]:
    if parts and parts[0]["type"] == "text":
        return [{**parts[0], "text": text + parts[0]["text"]}, *parts[1:]]
    return [text_part(text), *parts]


def trim_last_assistant(messages: Messages) -> Messages:
    """Remove trailing white space from a last assistant message, which some services refuse."""
    if not messages or messages[-1]["role"] != "assistant" or not messages[-1]["parts"]:
        return messages
    last = messages[-1]["parts"][-1]
    if last["type"] != "text":
        return messages
    trimmed = [*messages[-1]["parts"][:-1], {**last, "text": last["text"].rstrip()}]
    return [*messages[:-1], with_parts(messages[-1], trimmed)]


_NOTE: Final = "The output follows in the next message."


def split_tool_images(messages: Messages, note: str = _NOTE) -> Messages:
    """Move media out of tool results into a user message behind the run of tool messages.

    `note` is what a tool result says that held nothing but media.
    """
    out: Messages = []
    moved: list[Canonical] = []
    for message in messages:
        if moved and message["role"] != "tool":
            out.append({"role": "user", "parts": moved})
            moved = []
        if message["role"] == "tool":
            message = with_parts(message, [_split(p, moved, note) for p in message["parts"]])
        out.append(message)
    return [*out, {"role": "user", "parts": moved}] if moved else out


def _split(part: Canonical, moved: list[Canonical], note: str) -> Canonical:
    content = part.get("content")
    if not isinstance(content, list):
        return part
    media = [item for item in content if item["type"] in MEDIA_TYPES]
    if not media:
        return part
    moved += media
    rest = [item for item in content if item["type"] not in MEDIA_TYPES]
    return {**part, "content": rest or note}
