"""A conversation as one text, for models that complete text and know no messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .checks import Canonical, refuse
from .passes import MEDIA_TYPES, Messages, text_of

_LABELS: Final = {"user": "User", "assistant": "Assistant", "tool": "Tool", "system": "System"}


def flatten_prompt(messages: Messages, labels: Mapping[str, str] | None = None) -> str:
    """Write a conversation as one prompt for a model that completes text.

    A lone user message is its text alone. Otherwise every message begins with its role's label,
    and the prompt ends where the assistant begins to speak. Media are refused.
    """
    _refuse_media(messages)
    if len(messages) == 1 and messages[0]["role"] == "user":
        return text_of(messages[0])
    table = {**_LABELS, **(labels or {})}
    table.setdefault("developer", table["system"])
    lines = [f"{table[m['role']]}: {text}" for m in messages if (text := _spoken(m))]
    if not messages or messages[-1]["role"] != "assistant":
        lines.append(f"{table['assistant']}:")
    return "\n\n".join(lines)


def fill_prompt(messages: Messages, template: Mapping[str, str]) -> str:
    """Write a conversation by a model's own template: for each role a text with `{}` in it.

    `answer` is what the assistant's turn begins with; a last turn of the assistant is left open
    instead, to be continued. Media and roles without a text are refused.
    """
    _refuse_media(messages)
    pieces: list[str] = []
    for message in messages:
        role = "system" if message["role"] == "developer" else message["role"]
        if not isinstance(template.get(role), str):
            refuse("messages", f"the prompt of this model has no place for the role {role!r}.")
        before, _, after = template[role].partition("{}")
        is_open = message is messages[-1] and role == "assistant"
        pieces += [before, _spoken(message), "" if is_open else after]
    if not messages or messages[-1]["role"] != "assistant":
        pieces.append(template.get("answer", ""))
    return "".join(pieces)


def _refuse_media(messages: Messages) -> None:
    for message in messages:
        for part in message["parts"]:
            content = part.get("content")
            for piece in (part, *(content if isinstance(content, list) else ())):
                if piece["type"] in MEDIA_TYPES:
                    refuse("messages", f"this model takes text only, not {piece['type']} parts.")


def _spoken(message: Canonical) -> str:
    results = [part["content"] for part in message["parts"] if part["type"] == "tool_result"]
    texts = [
        content if isinstance(content, str) else text_of({"parts": content}) for content in results
    ]
    return "\n".join(filter(None, [text_of(message), *texts]))
