"""Marks in a conversation that say up to where a service may cache it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from model_runtime.absent import Absent
from model_runtime.messages.passes import SYSTEM_ROLES
from model_runtime.tokens import count_messages, estimate_tokens

Message = dict[str, Any]
_OPTIONS: Final = ("mark", "system", "users", "most", "min_tokens")
_MARK: Final = {"type": "ephemeral"}


def mark_cache(messages: object, options: object = Absent) -> list[Message]:
    """Mark where a prompt may be cached: the system's last part and those of the last users.

    Parts are marked by `provider_state.cache_control`. A caller's own marks stay and no others
    are made. `options`: `mark`, what a mark holds; `system`, whether the system is marked;
    `users`, how many user messages are (default 2); `most`, the most marks, the last ones
    counting (default 4); `min_tokens`, about how many tokens must stand before a mark ends.
    """
    if not isinstance(messages, list):
        raise TypeError("mark_cache takes a list of messages")
    chosen = _read(options)
    own = [place for place in _places(messages) if _is_marked(messages, place)]
    if own:
        return _without_marks(messages, own[: -chosen["most"]])
    places = [*_system(messages, chosen), *_users(messages, chosen)]
    if least := int(chosen["min_tokens"]):
        places = [place for place in places if _tokens(messages[: place[0] + 1]) >= least]
    return _marked(messages, places[-chosen["most"] :], chosen["mark"])


Place = tuple[int, int]


def _read(options: object) -> dict[str, Any]:
    given = options if isinstance(options, Mapping) else {}
    unknown = sorted(set(given) - set(_OPTIONS))
    if unknown:
        raise ValueError(f"there is no option {unknown[0]!r}; known: {', '.join(_OPTIONS)}")
    defaults = {"mark": _MARK, "system": True, "users": 2, "most": 4, "min_tokens": 0}
    return {**defaults, **given}


def _places(messages: list[Message]) -> list[Place]:
    return [(i, j) for i, message in enumerate(messages) for j in range(len(message["parts"]))]


def _is_marked(messages: list[Message], place: Place) -> bool:
    state = messages[place[0]]["parts"][place[1]].get("provider_state") or {}
    return "cache_control" in state


def _system(messages: list[Message], chosen: Mapping[str, Any]) -> list[Place]:
    if not chosen["system"]:
        return []
    return _last_parts(messages, SYSTEM_ROLES)[-1:]


def _users(messages: list[Message], chosen: Mapping[str, Any]) -> list[Place]:
    count = int(chosen["users"])
    return _last_parts(messages, ("user",))[-count:] if count else []


def _last_parts(messages: list[Message], roles: tuple[str, ...]) -> list[Place]:
    return [
        (index, len(message["parts"]) - 1)
        for index, message in enumerate(messages)
        if message["role"] in roles and message["parts"]
    ]


def _tokens(messages: list[Message]) -> int:
    return count_messages(messages, [], estimate_tokens)


def _marked(messages: list[Message], places: list[Place], mark: object) -> list[Message]:
    return _with_marks(messages, dict.fromkeys(places, mark))


def _without_marks(messages: list[Message], places: list[Place]) -> list[Message]:
    return _with_marks(messages, dict.fromkeys(places, Absent))


def _with_marks(messages: list[Message], marks: Mapping[Place, object]) -> list[Message]:
    """The messages with other marks at some places; Absent takes one away."""
    out = list(messages)
    for (index, position), mark in marks.items():
        parts = list(out[index]["parts"])
        parts[position] = _with_mark(parts[position], mark)
        out[index] = {**out[index], "parts": parts}
    return out


def _with_mark(part: dict[str, Any], mark: object) -> dict[str, Any]:
    bare = {key: value for key, value in part.items() if key != "provider_state"}
    state = dict(part.get("provider_state") or {})
    state.pop("cache_control", None)
    if mark is not Absent:
        state["cache_control"] = mark
    return {**bare, "provider_state": state} if state else bare
