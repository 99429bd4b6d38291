"""Joining maps for `$merge`, and the text by which `$case` knows a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from model_runtime.errors import InvalidParameter

from .filters import to_json
from .rendering import Spot, words_for

MAX_DEPTH: Final = 64


def merge(base: object, patch: object, spot: Spot) -> dict[str, object]:
    """Join `patch` over `base` for a `$merge`, and say where when one of them is no map."""
    if not isinstance(base, Mapping) or not isinstance(patch, Mapping):
        wrong = words_for(patch if isinstance(base, Mapping) else base)
        raise InvalidParameter(f"{spot}: {wrong} where a map is expected.")
    return merge_maps(base, patch)


def merge_maps(
    base: Mapping[str, object], patch: Mapping[str, object], depth: int = MAX_DEPTH
) -> dict[str, object]:
    """Return a new map: maps are joined deeply, anything else in `patch` replaces.

    Neither argument is changed, so a caller's maps and a template's constants stay as they are.
    """
    if not depth:
        raise InvalidParameter(f"Maps to be joined are nested deeper than {MAX_DEPTH}.")
    result = dict(base)
    for key, value in patch.items():
        known = result.get(key)
        if isinstance(known, Mapping) and isinstance(value, Mapping):
            result[key] = merge_maps(known, value, depth - 1)
        else:
            result[key] = value
    return result


def case_text(value: object) -> str | None:
    """The text of a value in `$case`: itself, `true`, `false`, `null`, a number's JSON text."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | int | float):
        try:
            return to_json(value)
        except ValueError:
            return None
    return None
