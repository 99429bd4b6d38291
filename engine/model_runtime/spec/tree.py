"""What a YAML file becomes: ordinary maps and lists that know where each of their parts stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from model_runtime.location import Place


class YamlMap(dict[str, object]):
    """A map that knows the place of itself, of its keys and of its values.

    It is a dict in every other way. A map made by hand has no places, and every reader of places
    accepts that. After inheritance each key keeps the place of the file that it came from.
    """

    __slots__ = ("key_places", "place", "value_places")

    def __init__(self, place: Place | None = None) -> None:
        super().__init__()
        self.place = place
        self.key_places: dict[str, Place] = {}
        self.value_places: dict[str, Place] = {}

    def put(
        self, key: str, value: object, key_place: Place | None, value_place: Place | None
    ) -> None:
        """Set a key together with its places."""
        self[key] = value
        if key_place is not None:
            self.key_places[key] = key_place
        if value_place is not None:
            self.value_places[key] = value_place

    def take(self, key: str, source: Mapping[str, object]) -> None:
        """Set a key to what `source` holds there, with the places that `source` knows."""
        self.put(key, source[key], key_place_of(source, key), place_of(source, key))

    def remove(self, key: str) -> None:
        """Delete a key and its places."""
        del self[key]
        self.key_places.pop(key, None)
        self.value_places.pop(key, None)


class YamlList(list[object]):
    """A list that knows the place of itself and of its items."""

    __slots__ = ("place", "value_places")

    def __init__(self, place: Place | None = None) -> None:
        super().__init__()
        self.place = place
        self.value_places: list[Place] = []

    @classmethod
    def of(cls, *items: object) -> YamlList:
        """A list that was made by hand, without places."""
        made = cls()
        made.extend(items)
        return made

    def put(self, value: object, place: Place | None) -> None:
        """Append an item together with its place."""
        self.append(value)
        if place is not None:
            self.value_places.append(place)


def plain(tree: object) -> object:
    """Copy a tree into ordinary dicts and lists, without places."""
    if isinstance(tree, dict):
        return {key: plain(value) for key, value in tree.items()}
    if isinstance(tree, list):
        return [plain(item) for item in tree]
    return tree


def copy_map(tree: Mapping[str, object]) -> YamlMap:
    """Copy one level of a map with its places; what it holds is shared."""
    copy = YamlMap(tree.place if isinstance(tree, YamlMap) else None)
    copy.update(tree)
    if isinstance(tree, YamlMap):
        copy.key_places.update(tree.key_places)
        copy.value_places.update(tree.value_places)
    return copy


def copy_tree(tree: object) -> object:
    """Copy all levels of a tree with their places."""
    if isinstance(tree, YamlMap):
        copy = copy_map(tree)
        for key, value in tree.items():
            copy[key] = copy_tree(value)
        return copy
    if isinstance(tree, YamlList):
        items = YamlList(tree.place)
        items.extend(map(copy_tree, tree))
        items.value_places.extend(tree.value_places)
        return items
    return tree


def place_of(tree: object, key: str | int) -> Place | None:
    """Return the place of the value at `key`, or the nearest place known."""
    if isinstance(tree, YamlMap) and isinstance(key, str):
        return tree.value_places.get(key) or tree.key_places.get(key) or tree.place
    if isinstance(tree, YamlList) and isinstance(key, int):
        return tree.value_places[key] if key < len(tree.value_places) else tree.place
    return None


def key_place_of(tree: object, key: str) -> Place | None:
    """Return the place of `key` itself, or the nearest place known."""
    if isinstance(tree, YamlMap):
        return tree.key_places.get(key) or tree.value_places.get(key) or tree.place
    return None


def own_place(tree: object) -> Place | None:
    """Return the place where a map or list begins."""
    return tree.place if isinstance(tree, YamlMap | YamlList) else None


def place_at(tree: object, path: Sequence[str | int]) -> Place | None:
    """Return the place of the value that `path` leads to, or the last place known on the way."""
    place = own_place(tree)
    for key in path:
        place = place_of(tree, key) or place
        if isinstance(tree, Mapping) and isinstance(key, str):
            tree = tree.get(key)
        elif isinstance(tree, list) and isinstance(key, int) and key < len(tree):
            tree = tree[key]
        else:
            break
    return place
