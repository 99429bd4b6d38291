"""Inheritance: a spec laid over its parent, key by key, each value keeping its place.

Maps merge deeply, lists and scalars replace, lists of things with a name merge by that name.
`$unset` deletes what a parent has, `$replace: true` stops the merge of a map.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .similar import close_match, nearest
from .tree import YamlList, YamlMap, copy_map, key_place_of, own_place, place_of

UNSET: Final = "$unset"
REPLACE: Final = "$replace"
MAX_CHAIN: Final = 4
PROVIDER_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}\Z")

NOT_INHERITED: Final = frozenset(
    {
        "provider",
        "extends",
        "abstract",
        "spec_version",
        "label",
        "description",
        "background",
        "help",
        "models",
        "supported_model_types",
        "tests",
    }
)
# The items of these lists have a name; an item of a child meets the parent's item of that name.
NAMED_LISTS: Final[Mapping[str, tuple[str, ...]]] = {
    "credential_form_schemas": ("variable", "show_on"),
    "parameter_rules": ("name",),
    "models": ("model", "model_type"),
}
_HEADS: Final = frozenset({"$each", "$if", "$switch", "$use"})
_NAMING_KEYS: Final = frozenset(key for keys in NAMED_LISTS.values() for key in keys)
# Below these keys `$unset` and `$replace` are data of a later step, or of a test.
_VERBATIM: Final = frozenset({"tests"})

FindParent = Callable[[str], YamlMap | None]


def merge(parent: Mapping[str, object], child: Mapping[str, object], findings: Findings) -> YamlMap:
    """Lay `child` over `parent` and return the result; neither is changed, both may be shared."""
    return _Merge(findings).maps(parent, child)


def patch(tree: Mapping[str, object], rule: Mapping[str, object], findings: Findings) -> YamlMap:
    """Lay an entry of `model_rules` over a resolved spec, without its own `match` and `when`.

    A second rule may unset what a first one has unset already: check each rule alone, and give
    throw-away findings when several are laid over each other for one model.
    """
    changes = copy_map(rule)
    for key in [key for key in changes if key in ("match", "when") or key.startswith("x-")]:
        changes.remove(key)
    return _Merge(findings, is_patch=True).maps(tree, changes)


def resolve(
    tree: YamlMap, find_parent: FindParent, findings: Findings, *, names: Iterable[str] = ()
) -> YamlMap:
    """Return the spec merged over its parents, up to four files in all.

    `find_parent` gives the tree of a provider as it stands in its file. `names` are the names
    that a misspelt `extends` is compared with. A broken chain is noted, and what could be found
    is merged.
    """
    chain = _chain(tree, find_parent, findings, names)
    merged: YamlMap = YamlMap(tree.place)
    # Where the parent is unknown, nobody can say what matches it.
    merging = Findings() if _lacks_parent(findings) else findings
    for file in reversed(chain):
        merged = _Merge(merging, has_parent=len(chain) > 1).maps(_heritage(merged), file)
    return merged


def _lacks_parent(findings: Findings) -> bool:
    return any(found.code == "I201" and not found.hint for found in findings)


def check_complete(tree: YamlMap, findings: Findings, *, written: Set[str] = frozenset()) -> None:
    """Note what a spec that is no base still lacks after inheritance.

    `written` are keys that stand in the file, though their values may have been refused.
    """
    if tree.get("abstract") is True or _lacks_parent(findings):
        # Where the parent is unknown, all that it would have given is missing.
        return
    place = place_of(tree, "provider") or tree.place
    for key, meaning in (
        ("base_url", "the address of the service"),
        ("operations", "what to call"),
    ):
        if not tree.get(key) and key not in written:
            findings.add(
                "I204",
                f"the spec has no `{key}` ({meaning}), of its own or inherited.",
                place,
                help=f"Add `{key}`, or `extends` a spec that has it, or set `abstract: true`.",
            )


def _chain(
    tree: YamlMap, find_parent: FindParent, findings: Findings, names: Iterable[str]
) -> list[YamlMap]:
    """Return the spec and its parents, the spec first, as far as the chain holds."""
    chain = [tree]
    told = [str(tree.get("provider", "?"))]
    while "extends" in (last := chain[-1]):
        place = place_of(last, "extends")
        name = last["extends"]
        if not isinstance(name, str) or not PROVIDER_NAME.match(name):
            findings.add(
                "I201",
                f"`extends` is {_shown(name)}; expected the name of a provider, never a path.",
                place,
                help="Write the name alone; `model-runtime providers` lists those that exist.",
            )
            break
        parent = find_parent(name)
        told.append(name)
        if parent is not None and any(parent is file for file in chain):
            findings.add(
                "I201",
                f"the specs extend each other: {' -> '.join(told)}.",
                place,
                help="Remove `extends` from one of them, or name another provider.",
            )
            break
        if parent is None:
            known = [known for known in names if known != told[0]]
            findings.add(
                "I201",
                f"`extends` names {name!r}, and there is no such provider.",
                place,
                hint=close_match(name, known),
                help="" if nearest(name, known) else "`model-runtime providers` lists all.",
                length=len(name),
            )
            parent = find_parent(nearest(name, known))
            if parent is None:
                break
            told[-1] = nearest(name, known)
        if len(chain) == MAX_CHAIN:
            findings.add(
                "I201",
                f"the chain {' -> '.join(told)} is longer than {MAX_CHAIN} files.",
                place_of(tree, "extends"),
                help="Extend a provider that is nearer to the base.",
            )
            break
        chain.append(parent)
    return chain


def _heritage(tree: YamlMap) -> YamlMap:
    """Return what a child inherits: the tree without its names, texts, models and tests."""
    kept = copy_map(tree)
    for key in tree:
        if key in NOT_INHERITED or key.startswith("icon_"):
            kept.remove(key)
    operations = kept.get("operations")
    if isinstance(operations, YamlMap):
        own = copy_map(operations)
        for name, operation in operations.items():
            if isinstance(operation, YamlMap):
                own[name] = _without_tests(operation)
        kept["operations"] = own
    return kept


def _without_tests(operation: YamlMap) -> YamlMap:
    """An operation without its tests, and without those of the model types below it."""
    bare = copy_map(operation)
    if "tests" in bare:
        bare.remove("tests")
    for key, value in operation.items():
        if isinstance(value, YamlMap) and "tests" in value:
            inner = copy_map(value)
            inner.remove("tests")
            bare[key] = inner
    return bare


def _takes_over(old: Mapping[str, object], value: Mapping[str, object]) -> bool:
    """Whether a child's map stands in the parent's place instead of being joined with it.

    A loop, condition, switch or fragment cannot be joined with another one or with plain keys.
    `$case` and the like alone patch the directive that the parent has.
    """
    new = _HEADS & value.keys()
    if new:
        return not new & old.keys()
    return bool(_HEADS & old.keys()) and not any(key.startswith("$") for key in value)


@dataclass(slots=True)
class _Merge:
    """One merge. A patch is silent about overrides that change nothing."""

    findings: Findings
    is_patch: bool = False
    has_parent: bool = True

    def maps(
        self, parent: Mapping[str, object], child: Mapping[str, object], *, is_top: bool = True
    ) -> YamlMap:
        result = copy_map(parent)
        result.place = own_place(child) or result.place
        for key, value in child.items():
            if key == REPLACE and not is_top:
                continue
            if key in _VERBATIM:
                result.take(key, child)
            elif is_top and key == "model_rules" and isinstance(value, Mapping):
                self._set(result, child, key, self._rules(result.get(key), value))
            elif value == UNSET and isinstance(value, str):
                self._unset(result, child, key)
            else:
                self._set(result, child, key, self._value(result, child, key))
        return result

    def _set(self, result: YamlMap, child: Mapping[str, object], key: str, value: object) -> None:
        result.put(key, value, key_place_of(child, key), place_of(child, key))

    def _unset(self, result: YamlMap, child: Mapping[str, object], key: str) -> None:
        if key in result:
            result.remove(key)
            return
        self._nothing(f"`{key}: {UNSET}`", place_of(child, key), key, result)

    def _value(self, result: YamlMap, child: Mapping[str, object], key: str) -> object:
        """Return what stands at `key` after the merge."""
        value = child[key]
        if key not in result:
            return self._alone(value, own_place(value) or place_of(child, key), key)
        old = result[key]
        if isinstance(value, Mapping):
            if value.get(REPLACE) is True:
                return self._alone(_without_replace(value), own_place(value), key)
            if isinstance(old, Mapping) and not _takes_over(old, value):
                return self.maps(old, value, is_top=False)
            return self._alone(value, own_place(value), key)
        if isinstance(value, list):
            if key in NAMED_LISTS and isinstance(old, list):
                return self._named(key, old, value)
            value = self._alone(value, own_place(value), key)
        self._equal(old, value, place_of(child, key), key)
        return value

    def _equal(self, old: object, value: object, place: Place | None, key: str) -> None:
        is_noise = self.is_patch or key in NOT_INHERITED or key in _NAMING_KEYS
        is_noise = is_noise or key.startswith("$")
        if not is_noise and type(old) is type(value) and old == value:
            self.findings.add(
                "I203",
                f"`{key}` is what the parent has already.",
                place,
                severity="warning",
                help="Remove it.",
            )

    def _rules(self, old: object, value: Mapping[str, object]) -> YamlMap:
        """Merge model rules by name. What a rule unsets is the business of `patch`."""
        result = copy_map(old) if isinstance(old, Mapping) else YamlMap(own_place(value))
        for name, rule in value.items():
            before = result.get(name)
            if isinstance(rule, str) and rule == UNSET:
                self._unset(result, value, name)
            elif isinstance(rule, Mapping) and rule.get(REPLACE) is True:
                if before is None:
                    self._nothing(f"`{REPLACE}: true`", own_place(rule), name, result)
                self._set(result, value, name, _without_replace(rule))
            elif isinstance(rule, Mapping) and isinstance(before, Mapping):
                self._set(result, value, name, _overlay(before, rule))
            else:
                result.take(name, value)
        return result

    def _named(self, key: str, old: list[object], items: list[object]) -> YamlList:
        """Merge two lists of named things: the parent's order, then what the child adds."""
        result = YamlList(own_place(items))
        order = [(item, place_of(old, index)) for index, item in enumerate(old)]
        names = [_name(key, item) for item, _ in order]
        for index, item in enumerate(items):
            name, place = _name(key, item), place_of(items, index)
            found = names.index(name) if name is not None and name in names else -1
            if not isinstance(item, Mapping) or found < 0:
                order.append((self._added(item, place, key), place))
                names.append(name)
            elif item.get(UNSET) is True:
                del order[found], names[found]
            else:
                before = order[found][0]
                holder, patch_holder = YamlMap(place), YamlMap(place)
                holder["item"], patch_holder["item"] = before, item
                order[found] = (self._value(holder, patch_holder, "item"), place)
        for item, place in order:
            result.put(item, place)
        return result

    def _added(self, item: object, place: Place | None, key: str) -> object:
        if isinstance(item, Mapping) and item.get(UNSET) is True:
            self._nothing(f"`{UNSET}: true`", place, key, {})
        return self._alone(item, place, key)

    def _alone(self, value: object, place: Place | None, key: str) -> object:
        """Return a value that meets nothing in the parent; directives inside it match nothing.

        A value without directives is returned as it is, not copied.
        """
        if isinstance(value, Mapping):
            if value.get(REPLACE) is True:
                self._nothing(f"`{REPLACE}: true`", place, key, {})
            kept: dict[str, object] = {}
            for name, item in value.items():
                if name == REPLACE:
                    continue
                if isinstance(item, str) and item == UNSET:
                    self._nothing(f"`{name}: {UNSET}`", place_of(value, name), name, {})
                    continue
                here = place_of(value, name) or place
                kept[name] = item if name in _VERBATIM else self._alone(item, here, name)
            if len(kept) == len(value) and all(kept[name] is value[name] for name in kept):
                return value
            result = YamlMap(own_place(value))
            for name, item in kept.items():
                self._set(result, value, name, item)
            return result
        if isinstance(value, list):
            items = [self._alone(item, place_of(value, i), key) for i, item in enumerate(value)]
            if all(new is old for new, old in zip(items, value, strict=True)):
                return value
            copy = YamlList(own_place(value))
            for index, item in enumerate(items):
                copy.put(item, place_of(value, index))
            return copy
        return value

    def _nothing(
        self, what: str, place: Place | None, key: str, known: Mapping[str, object]
    ) -> None:
        hint = close_match(key, known)
        if self.has_parent:
            message, help = "matches nothing in the parent.", "Remove it, or correct the name."
        else:
            message = "stands in a spec without a parent."
            help = "Remove it, or name the parent in `extends`."
        self.findings.add(
            "I202", f"{what} {message}", place, hint=hint, help=help, length=len(key) if hint else 1
        )


def _overlay(before: Mapping[str, object], rule: Mapping[str, object]) -> YamlMap:
    """Merge two rules of one name; `$unset` inside stays, as an instruction for `patch`."""
    result = copy_map(before)
    for key, value in rule.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and REPLACE not in value:
            merged: object = _overlay(old, value)
            result.put(key, merged, key_place_of(rule, key), place_of(rule, key))
        else:
            result.take(key, rule)
    return result


def _without_replace(value: Mapping[str, object]) -> YamlMap:
    bare = copy_map(value)
    bare.remove(REPLACE)
    return bare


def _name(key: str, item: object) -> tuple[str, ...] | None:
    """Return the name of an item of a named list, or None when it has none."""
    fields = NAMED_LISTS[key]
    if not isinstance(item, Mapping) or fields[0] not in item:
        return None
    return tuple(repr(item.get(field) or None) for field in fields)


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
