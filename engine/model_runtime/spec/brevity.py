"""The short spellings of the describing half, written out: a text becomes a map of languages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from .resolve import UNSET
from .tree import YamlList, YamlMap, copy_map, place_of

_TEXT_KEYS: Final = ("label", "description", "placeholder", "help", "title", "url")


def expand(tree: YamlMap) -> YamlMap:
    """Write out the short spellings of a provider's describing half.

    `label: Acme` becomes `{en_US: Acme}`, likewise descriptions, icons, help texts and the texts
    of forms and inline models. The maps `credentials` and `model_credentials` stay as they are:
    the credentials room reads them.
    """
    result = _texts(tree, ("label", "description", *(k for k in tree if k.startswith("icon_"))))
    if isinstance(guide := result.get("help"), YamlMap):
        result["help"] = _texts(guide, ("title", "url"))
    for key in ("provider_credential_schema", "model_credential_schema"):
        if isinstance(form := result.get(key), YamlMap):
            result[key] = _form(form)
    if isinstance(models := result.get("models"), YamlList):
        result["models"] = _each(models, expand_model)
    return result


def expand_model(tree: YamlMap) -> YamlMap:
    """Write out the short spellings of one model."""
    result = _texts(tree, ("label",))
    if isinstance(rules := result.get("parameter_rules"), YamlList):
        result["parameter_rules"] = _each(rules, lambda rule: _texts(rule, ("label", "help")))
    return result


def _form(form: YamlMap) -> YamlMap:
    result = copy_map(form)
    if isinstance(model := result.get("model"), YamlMap):
        result["model"] = _texts(model, _TEXT_KEYS)
    if isinstance(fields := result.get("credential_form_schemas"), YamlList):
        result["credential_form_schemas"] = _each(fields, _field)
    return result


def _field(field: YamlMap) -> YamlMap:
    result = _texts(field, _TEXT_KEYS)
    if isinstance(options := result.get("options"), YamlList):
        result["options"] = _each(options, lambda option: _texts(option, ("label",)))
    return result


def _texts(tree: YamlMap, keys: Iterable[str]) -> YamlMap:
    """Copy a map with plain texts at `keys` turned into texts of the language en_US."""
    result = copy_map(tree)
    for key in keys:
        value = result.get(key)
        if isinstance(value, str) and value != UNSET:
            place = place_of(tree, key)
            text = YamlMap(place)
            text.put("en_US", value, place, place)
            result[key] = text
    return result


def _each(items: YamlList, change: Callable[[YamlMap], YamlMap]) -> YamlList:
    result = YamlList(items.place)
    for index, item in enumerate(items):
        result.put(change(item) if isinstance(item, YamlMap) else item, place_of(items, index))
    return result
