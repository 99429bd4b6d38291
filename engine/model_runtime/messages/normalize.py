"""Every accepted spelling of a conversation becomes one list of canonical dicts."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime.vocabulary import ROLES

from . import chat_spelling
from .call_ids import ENGINE_ID_PREFIX
from .checks import Canonical, checked_text, known, refuse, shown
from .content import Message
from .parts import read_part, read_parts, read_state

# `function` is the older name of the role `tool`.
_ROLES: Final[dict[str, str]] = {**{role: role for role in ROLES}, "function": "tool"}
_OWN_KEYS: Final = frozenset({"role", "content", "parts", "name", "provider_state"})


def normalize_messages(prompt: object) -> list[Canonical]:
    """Return the canonical messages of a prompt.

    A prompt is a str, a Message, a mapping, or a sequence of these; mappings are in our names or
    in the Chat Completions spelling. The result shares nothing with what was given that
    could change. Raises InvalidParameter, naming the index and the key.
    """
    calls = _Calls()
    out: list[Canonical] = []
    for index, item in enumerate(_items(prompt)):
        # The usual case, taken before anything is called: long conversations consist of it.
        if type(item) is dict and len(item) == 2:
            role, text = item.get("role"), item.get("content")
            if type(text) is str and text and role in _PLAIN_ROLES:
                if not text.isascii():
                    checked_text(text, f"messages[{index}].content")
                part = {"type": "text", "text": text}
                out.append({"role": _ROLES[role], "parts": [part]})
                continue
        out.append(_message(item, f"messages[{index}]", calls))
    return out


_PLAIN_ROLES: Final = ("user", "assistant", "system", "developer")


def _items(prompt: object) -> Sequence[object]:
    if isinstance(prompt, str | Message | Mapping):
        return [prompt]
    if isinstance(prompt, Sequence) and not isinstance(prompt, bytes | bytearray):
        return prompt
    refuse("messages", f"{shown(prompt)} was given. Expected a str or a list of messages.")


def _message(item: object, where: str, calls: _Calls) -> Canonical:
    if isinstance(item, str):
        return {"role": "user", "parts": [{"type": "text", "text": checked_text(item, where)}]}
    if isinstance(item, Message):
        item = item.as_mapping()
    if not isinstance(item, Mapping):
        refuse(where, f"{shown(item)} was given. Expected a str, a Message or a mapping.")
    role = _role(item.get("role"), where)
    if "parts" in item and "content" in item:
        refuse(where, "the message has both parts and content. Pass one of them.")
    if role == "tool" and not _has_result_parts(item):
        part = read_part(chat_spelling.tool_result(item), where)
        message: Canonical = {"role": role, "parts": [part]}
    else:
        message = {"role": role, **_body(item, where)}
        if role == "tool" and any(part["type"] != "tool_result" for part in message["parts"]):
            refuse(where, "a message of role 'tool' holds other parts than tool_result.")
    calls.link(message["parts"], where)
    return message


def _role(role: object, where: str) -> str:
    # A role may be a str enum: the table gives the plain text back.
    if isinstance(role, str) and role in _ROLES:
        return _ROLES[role]
    refuse(f"{where}.role", f"unknown role {shown(role)}. {known(role, ROLES)}")


def _has_result_parts(message: Mapping[str, Any]) -> bool:
    if "tool_call_id" in message:
        return False
    content = message.get("parts", message.get("content"))
    return isinstance(content, list | tuple) and any(
        getattr(part, "as_mapping", None) is not None
        or (isinstance(part, Mapping) and part.get("type") == "tool_result")
        for part in content
    )


def _body(message: Mapping[str, Any], where: str) -> Canonical:
    """The parts of a message, who speaks, and what else it says in `provider_state`."""
    key = "parts" if "parts" in message else "content"
    parts = read_parts(message.get(key), f"{where}.{key}")
    name = message.get("name")
    named = {} if name is None else {"name": checked_text(name, f"{where}.name")}
    if message.keys() <= _OWN_KEYS and "provider_state" not in message:
        return {"parts": parts, **named}
    before, after = chat_spelling.parts_beside_content(message, where)
    parts = [
        *(read_part(part, where) for part in before),
        *parts,
        *(read_part(part, f"{where}.tool_calls") for part in after),
    ]
    keys = chat_spelling.REASONING_KEYS
    texts = {key for key in keys if isinstance(message.get(key), str)}
    taken = _OWN_KEYS | chat_spelling.MESSAGE_KEYS | texts
    return {"parts": parts, **named, **read_state(message, where, *taken)}


@dataclass(slots=True)
class _Calls:
    """The tool calls seen so far: they give ids and names to results that lack them."""

    names: dict[str, str] = field(default_factory=dict)
    waiting: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    answered: set[str] = field(default_factory=set)
    made: int = 0

    def link(self, parts: list[Canonical], where: str) -> None:
        for part in parts:
            if part["type"] == "tool_call":
                self._add(part)
            elif part["type"] == "tool_result":
                self._answer(part, where)

    def _add(self, call: Canonical) -> None:
        if "id" not in call:
            # Counted, not random: the same conversation is sent as the same bytes.
            call["id"] = f"{ENGINE_ID_PREFIX}{self.made}"
            self.made += 1
        self.names[call["id"]] = call["name"]
        self.waiting[call["name"]].append(call["id"])
        self.answered.discard(call["id"])

    def _answer(self, result: Canonical, where: str) -> None:
        if "id" not in result:
            result["id"] = self._next_waiting(result.get("name"), where)
        if "name" not in result and result["id"] in self.names:
            result["name"] = self.names[result["id"]]
        self.answered.add(result["id"])

    def _next_waiting(self, name: object, where: str) -> str:
        queue = self.waiting[name] if isinstance(name, str) else deque[str]()
        while queue and queue[0] in self.answered:
            queue.popleft()
        if queue:
            return queue.popleft()
        refuse(
            where,
            f"a tool result without the id of its call, and no open call of {shown(name)} stands "
            "before it. Pass the id (tool_call_id in Chat Completions).",
        )


def restrict_state(messages: list[Canonical], provider: str) -> list[Canonical]:
    """Return the messages without the state that another provider made.

    State made by a provider names it under `_provider`; state without that key came from the
    caller and stays. Messages that need no change are not copied.
    """
    return [_without_foreign(message, "parts", provider) for message in messages]


def _without_foreign(value: Canonical, inner: str, provider: str) -> Canonical:
    items = value.get(inner)
    if isinstance(items, list):
        kept = [_without_foreign(item, "content", provider) for item in items]
        if any(new is not old for new, old in zip(kept, items, strict=True)):
            value = {**value, inner: kept}
    state = value.get("provider_state")
    if state is not None and state.get("_provider", provider) != provider:
        value = {key: item for key, item in value.items() if key != "provider_state"}
    return value
