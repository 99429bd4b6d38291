"""Closures that read names, attributes and items: the most frequent ones, so the fastest."""

from __future__ import annotations

from collections.abc import Mapping

from model_runtime.absent import Absent
from model_runtime.secrets import Secret

from .rendering import Render, Scope


def look_up(path: tuple[str, ...]) -> Render:
    """Return the closure of a plain lookup such as `model`, `m.role` or `p.provider_state.data`."""
    if len(path) == 1:
        return _name(path[0])
    if len(path) == 2:
        return _name_member(*path)
    return _chain(path[0], path[1:])


def _name(name: str) -> Render:
    return lambda scope: scope.get(name, Absent)


def _name_member(name: str, member: str) -> Render:
    def render(scope: Scope) -> object:
        value = scope.get(name, Absent)
        if type(value) is dict:
            return value.get(member, Absent)
        return member_of(value, member)

    return render


def _chain(name: str, members: tuple[str, ...]) -> Render:
    def render(scope: Scope) -> object:
        value = scope.get(name, Absent)
        for member in members:
            value = member_of(value, member)
            if value is Absent:
                break
        return value

    return render


def member_of(value: object, name: str) -> object:
    """An attribute of a map or of a secret JSON object. Nothing else has attributes."""
    if isinstance(value, Mapping):
        return value.get(name, Absent)
    if isinstance(value, Secret):
        found = value.member(name)
        return Absent if found is None else found
    return Absent


def item_of(value: object, key: object) -> object:
    """An item of a map by key, or of a list or text by whole number; Absent where there is none."""
    if isinstance(value, Mapping | Secret):
        if isinstance(key, str):
            return member_of(value, key)
        if isinstance(value, Mapping) and isinstance(key, int | float):
            return value.get(key, Absent)
        return Absent
    if isinstance(value, list | str) and isinstance(key, int) and not isinstance(key, bool):
        return value[key] if -len(value) <= key < len(value) else Absent
    return Absent
