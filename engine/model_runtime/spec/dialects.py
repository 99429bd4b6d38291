"""Models that speak the dialect of another spec: `speaks` in an entry of `model_rules`.

What says how a chat is asked and read stands in place of the spec's own; the address, headers,
auth and everything else stay. What the entry itself says is laid over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from model_runtime.findings import Findings

from .resolve import REPLACE, UNSET, merge
from .similar import close_match
from .tree import YamlMap, copy_map, key_place_of, place_of

SPEAKS: Final = "speaks"
_MAPS: Final = ("fragments", "parameters", "roles", "errors")
_LISTS: Final = ("drop", "response_format")
_OPERATION: Final = "llm"

FindTree = Callable[[str], YamlMap | None]


def with_dialects(
    tree: YamlMap, find_tree: FindTree, findings: Findings, *, names: Iterable[str] = ()
) -> YamlMap:
    """Return a resolved spec whose rules have what the specs that they speak like say.

    `find_tree` gives the resolved tree of a provider, `names` are what a misspelt name is
    compared with.
    """
    rules = tree.get("model_rules")
    if not isinstance(rules, Mapping) or not any(_speaks(rule) for rule in rules.values()):
        return tree
    changed, result = copy_map(rules), copy_map(tree)
    for name, rule in rules.items():
        if not isinstance(rule, Mapping) or (spoken := _speaks(rule)) is None:
            continue
        other = find_tree(spoken)
        if other is None:
            findings.add(
                "I201",
                f"`speaks` names {spoken!r}, and there is no such provider.",
                place_of(rule, SPEAKS),
                hint=close_match(spoken, names),
                length=len(spoken),
            )
        spoken_tree = YamlMap() if other is None else other
        value = _without_name(rule) if other is None else _spoken(rule, spoken_tree, tree, findings)
        changed.put(name, value, key_place_of(rules, name), place_of(rules, name))
    result.put(
        "model_rules", changed, key_place_of(tree, "model_rules"), place_of(tree, "model_rules")
    )
    return result


def _speaks(rule: object) -> str | None:
    found = rule.get(SPEAKS) if isinstance(rule, Mapping) else None
    return found if isinstance(found, str) and found != UNSET else None


def _without_name(rule: Mapping[str, object]) -> YamlMap:
    bare = copy_map(rule)
    bare.remove(SPEAKS)
    return bare


def _spoken(
    rule: Mapping[str, object], other: YamlMap, tree: YamlMap, findings: Findings
) -> YamlMap:
    """The rule with the blocks of another spec, each in place of what the tree has."""
    result = _without_name(rule)
    for key in _MAPS:
        _take(result, key, rule, other, tree, findings)
    for key in _LISTS:
        if key not in rule and (key in other or key in tree):
            result[key] = other.get(key, UNSET)
    own, others, ours = (_block(holder, "operations") for holder in (rule, other, tree))
    operations = copy_map(own)
    _take(operations, _OPERATION, own, others, ours, findings)
    counts, other_counts, our_counts = (_block(ops, "count_tokens") for ops in (own, others, ours))
    if _OPERATION in other_counts or _OPERATION in our_counts:
        counting = copy_map(counts)
        _take(counting, _OPERATION, counts, other_counts, our_counts, findings)
        operations["count_tokens"] = counting
    result["operations"] = operations
    return result


def _take(
    result: YamlMap,
    key: str,
    own: Mapping[str, object],
    other: Mapping[str, object],
    tree: Mapping[str, object],
    findings: Findings,
) -> None:
    """Put a block of the other spec, with the rule's own over it, in place of the tree's."""
    added = _block(own, key)
    if added.get(REPLACE) is True:
        return
    if key not in other and not added:
        if key in tree:
            result[key] = UNSET
        return
    block = merge(_block(other, key), added, findings)
    if key in tree:
        block[REPLACE] = True
    result.put(key, block, key_place_of(own, key), place_of(own, key))


def _block(holder: Mapping[str, object], key: str) -> Mapping[str, object]:
    found = holder.get(key)
    return found if isinstance(found, Mapping) else YamlMap()
