"""Maps and lists with places behave as dicts and lists."""

from __future__ import annotations

from model_runtime.location import Place
from model_runtime.spec.tree import (
    YamlList,
    YamlMap,
    copy_map,
    key_place_of,
    place_at,
    place_of,
    plain,
)


def test_plain_gives_ordinary_containers() -> None:
    """`plain` returns dicts and lists alone, all the way down."""
    tree, items = YamlMap(), YamlList()
    items.put(1, None)
    tree.put("a", items, None, None)
    found = plain(tree)
    assert isinstance(found, dict) and type(found) is dict and type(found["a"]) is list
    assert found == {"a": [1]} == tree


def test_place_falls_back_to_the_nearest_known() -> None:
    """A value without a place has the place of its key, then of its map; a plain map has none."""
    here, key = Place("a.yaml", 1, 1), Place("a.yaml", 2, 1)
    tree = YamlMap(here)
    tree.put("a", 1, key, None)
    tree["b"] = 2
    assert place_of(tree, "a") == key
    assert place_of(tree, "b") == here
    assert key_place_of(tree, "b") == here
    assert place_of({"a": 1}, "a") is None
    assert key_place_of({"a": 1}, "a") is None


def test_place_at_follows_a_path() -> None:
    """A path through maps and lists ends at the last place known."""
    tree, items = YamlMap(Place("a.yaml", 1, 1)), YamlList(Place("a.yaml", 2, 1))
    items.put("x", Place("a.yaml", 3, 1))
    tree.put("a", items, None, Place("a.yaml", 2, 1))
    assert place_at(tree, ["a", 0]) == Place("a.yaml", 3, 1)
    assert place_at(tree, ["a", 9, "z"]) == Place("a.yaml", 2, 1)


def test_copy_shares_what_it_holds() -> None:
    """A copy of a map is one level deep and independent in its keys."""
    tree = YamlMap(Place("a.yaml", 1, 1))
    tree.put("a", YamlMap(), tree.place, tree.place)
    copy = copy_map(tree)
    copy.remove("a")
    assert "a" in tree and "a" in tree.key_places
    assert copy.place == tree.place
