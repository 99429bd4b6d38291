"""Leaves out of a description what has not the shape that its readers take.

A host lists all providers at once: one bad field of one file must not keep it from the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from model_runtime.findings import Findings

from .tree import YamlList, YamlMap, copy_map, place_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a value must be: `keys` and `each` are for what it holds, `needs` for keys of a map.

    Null is taken everywhere but in lists: it says nothing.
    """

    words: str
    types: tuple[type, ...]
    keys: Mapping[str, Shape] = field(default_factory=dict)
    each: Shape | None = None
    needs: tuple[str, ...] = ()


_TEXT: Final = Shape(words="a text", types=(str, int, float))
_WORD: Final = Shape(words="a text", types=(str,))
_NUMBER: Final = Shape(words="a number", types=(int, float))
_WHOLE: Final = Shape(words="a whole number", types=(int,))
_ANY_MAP: Final = Shape(words="a map", types=(dict,))


def _list_of(each: Shape) -> Shape:
    return Shape(words="a list", types=(list,), each=each)


def _map_of(keys: Mapping[str, Shape], *needs: str) -> Shape:
    words = f"a map with {' and '.join(f'`{key}`' for key in needs)}" if needs else "a map"
    return Shape(words=words, types=(dict,), keys=keys, needs=needs)


_FIELD_KEYS: Final[Mapping[str, Shape]] = {
    "variable": _TEXT,
    "type": _TEXT,
    "default": _TEXT,
    "options": _list_of(_map_of({"value": _TEXT}, "value")),
    "max_length": _WHOLE,
    "show_on": _list_of(_map_of({"variable": _TEXT, "value": _TEXT}, "variable", "value")),
    "env": _TEXT,
    "pattern": _WORD,
    "format": _WORD,
    "parse": _WORD,
}
_FORM: Final = _map_of({"credential_form_schemas": _list_of(_map_of(_FIELD_KEYS, "variable"))})
_FIELDS: Final = Shape(words="a map", types=(dict,), each=_map_of(_FIELD_KEYS))
PROVIDER: Final = _map_of(
    {
        "help": _ANY_MAP,
        "supported_model_types": _list_of(_WORD),
        "configurate_methods": _list_of(_TEXT),
        "provider_credential_schema": _FORM,
        "model_credential_schema": _FORM,
        "credentials": _FIELDS,
        "model_credentials": _FIELDS,
    }
)
_RULE: Final = _map_of(
    {
        "name": _TEXT,
        "use_template": _WORD,
        "type": _TEXT,
        "min": _NUMBER,
        "max": _NUMBER,
        "precision": _WHOLE,
        "options": _list_of(_TEXT),
    },
    "name",
)
MODEL: Final = _map_of(
    {
        "model": _TEXT,
        "model_type": _WORD,
        "features": _list_of(_TEXT),
        "fetch_from": _TEXT,
        "model_properties": _ANY_MAP,
        "parameter_rules": _list_of(_RULE),
        "pricing": _ANY_MAP,
    },
    "model",
)


def readable(tree: YamlMap, findings: Findings) -> YamlMap:
    """Return a provider's tree without what cannot be read, each noted; itself when all can."""
    return _readable_map(tree, PROVIDER, findings)


def readable_models(models: Iterable[YamlMap], findings: Findings) -> tuple[YamlMap, ...]:
    """Return the models that have a name, without what cannot be read of them, each noted."""
    kept = (_readable_map(model, MODEL, findings) for model in models)
    return tuple(model for model in kept if _is_complete(model, MODEL))


def _readable_map(tree: YamlMap, shape: Shape, findings: Findings) -> YamlMap:
    result = tree
    for key, item in tree.items():
        wanted = shape.keys.get(key, shape.each)
        if wanted is None or item is None:
            continue
        kept = _readable_value(item, wanted, findings)
        if kept is item:
            continue
        if result is tree:
            result = copy_map(tree)
        if kept is None:
            _note(f"`{key}`", wanted, tree, key, findings)
            result.remove(key)
        else:
            result[key] = kept
    return result


def _readable_list(items: YamlList, shape: Shape, findings: Findings) -> YamlList:
    if shape.each is None:
        return items
    kept = [_readable_value(item, shape.each, findings) for item in items]
    if all(new is old and new is not None for new, old in zip(kept, items, strict=True)):
        return items
    result = YamlList(items.place)
    for index, item in enumerate(kept):
        if item is None:
            _note(f"item {index + 1}", shape.each, items, index, findings)
        else:
            result.put(item, place_of(items, index))
    return result


def _readable_value(value: object, shape: Shape, findings: Findings) -> object:
    """The value without what cannot be read of it; None when nothing can."""
    if not isinstance(value, shape.types):
        return None
    if isinstance(value, YamlMap):
        kept = _readable_map(value, shape, findings)
        return kept if _is_complete(kept, shape) else None
    return _readable_list(value, shape, findings) if isinstance(value, YamlList) else value


def _is_complete(tree: YamlMap, shape: Shape) -> bool:
    return all(tree.get(key) is not None for key in shape.needs)


def _note(
    what: str, shape: Shape, tree: YamlMap | YamlList, key: str | int, findings: Findings
) -> None:
    findings.add(
        "S104",
        f"{what} is not {shape.words} and is left out.",
        place_of(tree, key),
        severity="note",
    )
