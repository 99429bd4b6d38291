"""Described-only files: providers and models in the schema of Dify's model runtime.

They are read with leniency: what the schema does not know is a note, never an error, and a file
of a model that cannot be read is left out with its finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from importlib.resources.abc import Traversable
from typing import Final

from model_runtime.findings import Findings
from model_runtime.location import Place

from .tree import YamlList, YamlMap, key_place_of, own_place, place_of
from .yaml_reader import Tree
from .yaml_source import MAX_BYTES, read_yaml

MAX_MODEL_FILES: Final = 5_000
MAX_FOLDER_DEPTH: Final = 8
YAML_ENDINGS: Final = (".yaml", ".yml")

# The folders and keys that hold models, and the model types that they stand for.
MODEL_FOLDERS: Final[Mapping[str, str]] = {
    "llm": "llm",
    "text_embedding": "text-embedding",
    "text-embedding": "text-embedding",
    "rerank": "rerank",
    "speech2text": "speech2text",
    "tts": "tts",
    "moderation": "moderation",
    "text2img": "text2img",
}

# What a described provider gives to the wire spec of its name.
DESCRIBING_KEYS: Final = frozenset(
    [
        "label",
        "description",
        "icon_small",
        "icon_large",
        "icon_small_dark",
        "icon_large_dark",
        "background",
        "help",
        "supported_model_types",
        "configurate_methods",
        "provider_credential_schema",
        "model_credential_schema",
    ]
)
_PROVIDER_KEYS: Final = DESCRIBING_KEYS | {"provider", "models", "position", "extra"}
_FORM_KEYS: Final = frozenset({"credential_form_schemas", "model"})
_FIELD_KEYS: Final = frozenset(
    [
        "variable",
        "label",
        "type",
        "required",
        "default",
        "options",
        "placeholder",
        "max_length",
        "show_on",
    ]
)
_OPTION_KEYS: Final = frozenset({"label", "value", "show_on"})
_MODEL_KEYS: Final = frozenset(
    [
        "model",
        "label",
        "model_type",
        "features",
        "fetch_from",
        "model_properties",
        "parameter_rules",
        "pricing",
        "deprecated",
    ]
)
_RULE_KEYS: Final = frozenset(
    [
        "name",
        "use_template",
        "label",
        "type",
        "help",
        "required",
        "default",
        "min",
        "max",
        "precision",
        "options",
    ]
)
_PRICING_KEYS: Final = frozenset({"input", "output", "unit", "currency"})


class Folder:
    """A folder of YAML files and the name that messages give it."""

    __slots__ = ("path", "shown")

    def __init__(self, path: Traversable, shown: str) -> None:
        self.path = path
        self.shown = shown

    def entry(self, relative: str) -> tuple[Traversable, str]:
        """Return an entry below this folder and its name in messages."""
        return self.path.joinpath(*relative.split("/")), below(self.shown, relative)


def below(shown: str, relative: str) -> str:
    """Return the name that messages give an entry of a folder."""
    return relative if shown in ("", ".") else f"{shown}/{relative}"


def read_file(
    path: Traversable,
    shown: str,
    findings: Findings,
    *,
    strict: bool,
    doubts: Callable[[object], int] = lambda tree: 0,
) -> Tree:
    """Read one YAML file; a file that cannot be opened is a finding like any other."""
    text = load_text(path, shown, findings)
    if text is None:
        return None
    return read_yaml(text, shown, findings, strict=strict, doubts=doubts)


def load_text(path: Traversable, shown: str, findings: Findings) -> bytes | None:
    """Read the bytes of a file, never more than the limit by much."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        findings.add(
            "Y001",
            f"the file cannot be opened: {reason}.",
            Place(shown, 1, 1),
            help="Check its name and who may read it.",
        )
        return None


def entries(path: Traversable) -> list[Traversable]:
    """Return what a folder holds, by name; a folder that cannot be read holds nothing."""
    try:
        return sorted(path.iterdir(), key=lambda entry: entry.name)
    except OSError:
        return []


def is_yaml_name(name: str) -> bool:
    """Whether a file name is that of a YAML file which is not set aside by `_` or a dot."""
    return name.endswith(YAML_ENDINGS) and not name.startswith(("_", "."))


def check_described(tree: YamlMap, findings: Findings) -> None:
    """Note what a described-only provider holds that nobody reads."""
    _unknown(tree, _PROVIDER_KEYS, "a provider", findings)
    for key in ("provider_credential_schema", "model_credential_schema"):
        form = tree.get(key)
        if not isinstance(form, YamlMap):
            continue
        _unknown(form, _FORM_KEYS, "a form", findings)
        for field in _maps(form.get("credential_form_schemas")):
            _unknown(field, _FIELD_KEYS, "a form field", findings)
            for option in _maps(field.get("options")):
                _unknown(option, _OPTION_KEYS, "an option", findings)


def read_described_models(
    tree: YamlMap, folder: Folder | None, findings: Findings
) -> list[YamlMap]:
    """Return the models of a provider in the order that its position files give.

    `models` of a plugin's provider names globs and a position file per model type. Without it
    the flat layout is read: `<type>/<model>.yaml` with `<type>/_position.yaml`.
    """
    declared = tree.get("models")
    if isinstance(declared, YamlMap):
        return [] if folder is None else _declared_models(declared, folder, findings)
    inline = [model for model in _maps(declared) if _is_model(model, "", findings)]
    return inline if folder is None else inline + _flat_models(folder, findings)


def _declared_models(declared: YamlMap, folder: Folder, findings: Findings) -> list[YamlMap]:
    models: dict[tuple[object, object], YamlMap] = {}
    named: set[str] = set()
    for kind, group in declared.items():
        if not isinstance(group, YamlMap):
            _note(f"`models.{kind}` is no map and names no models.", declared, kind, findings)
            continue
        files = _glob(folder, _texts(group.get("predefined")))
        named.update(files)
        position = group.get("position")
        order = _read_position(folder, position, findings) if isinstance(position, str) else []
        found = _read_models(folder, files, MODEL_FOLDERS.get(kind, kind), findings)
        for model in _in_position(found, order):
            key = (model["model_type"], model["model"])
            if key in models:
                # A few shipped models stand in two files.
                _note_double(models[key], model, findings)
            models[key] = model
    _note_unnamed(folder, named, findings)
    return list(models.values())


def _note_double(first: YamlMap, second: YamlMap, findings: Findings) -> None:
    used = second.place.file if second.place is not None else "another file"
    findings.add(
        "S103",
        f"the model {first['model']!r} stands in another file too; {used} is used.",
        first.place,
        severity="note",
    )


def _flat_models(folder: Folder, findings: Findings) -> list[YamlMap]:
    models: list[YamlMap] = []
    for name, model_type in MODEL_FOLDERS.items():
        if not folder.path.joinpath(name).is_dir():
            continue
        files = _glob(folder, [f"{name}/*{ending}" for ending in YAML_ENDINGS])
        order = _read_position(folder, f"{name}/_position.yaml", findings, is_needed=False)
        models += _in_position(_read_models(folder, files, model_type, findings), order)
    return models


def _read_models(
    folder: Folder, files: Iterable[str], model_type: str, findings: Findings
) -> list[tuple[str, YamlMap]]:
    """Read model files; each comes with the stem of its name."""
    models: list[tuple[str, YamlMap]] = []
    for relative in files:
        path, shown = folder.entry(relative)
        tree = read_file(path, shown, findings, strict=False)
        if isinstance(tree, YamlMap) and _is_model(tree, model_type, findings):
            models.append((path.name.rpartition(".")[0], tree))
        elif not isinstance(tree, YamlMap) and tree is not None:
            place = own_place(tree) or Place(shown, 1, 1)
            findings.add("S103", "the file names no model.", place, severity="note")
    return models


def _is_model(tree: YamlMap, model_type: str, findings: Findings) -> bool:
    """Whether a map names a model; its type is filled in from where the file stands."""
    if "model" not in tree:
        findings.add("S103", "the file names no model.", tree.place, severity="note")
        return False
    tree["model"] = str(tree["model"])
    if "model_type" not in tree and model_type:
        tree.put("model_type", model_type, tree.place, tree.place)
    if not isinstance(tree.get("model_type"), str):
        findings.add("S103", "the model has no `model_type`.", tree.place, severity="note")
        return False
    _unknown(tree, _MODEL_KEYS, "a model", findings)
    for rule in _maps(tree.get("parameter_rules")):
        _unknown(rule, _RULE_KEYS, "a parameter rule", findings)
    if isinstance(pricing := tree.get("pricing"), YamlMap):
        _unknown(pricing, _PRICING_KEYS, "a price", findings)
    return True


def _in_position(models: list[tuple[str, YamlMap]], order: list[str]) -> list[YamlMap]:
    """Sort models by a position file: listed ones first, the others as they came."""
    rank = {name: index for index, name in reversed(list(enumerate(order)))}
    last = len(order)

    def key(entry: tuple[str, YamlMap]) -> int:
        stem, model = entry
        return rank.get(str(model["model"]), rank.get(stem, last))

    return [model for _, model in sorted(models, key=key)]


def _read_position(
    folder: Folder, relative: str, findings: Findings, *, is_needed: bool = True
) -> list[str]:
    if not is_inside(relative):
        findings.add(
            "S104",
            f"the position file {relative!r} is outside the folder.",
            Place(folder.shown, 1, 1),
        )
        return []
    path, shown = folder.entry(relative)
    if not is_needed and not path.is_file():
        return []
    return _texts(read_file(path, shown, findings, strict=False))


def read_positions(path: Traversable, shown: str, findings: Findings) -> list[str]:
    """Return the names that a position file lists, an empty list when there is no such file."""
    if not path.is_file():
        return []
    return _texts(read_file(path, shown, findings, strict=False))


def is_inside(relative: str) -> bool:
    """Whether a path of a spec stays below the folder that it is relative to."""
    parts = relative.split("/")
    return not relative.startswith("/") and "\\" not in relative and ".." not in parts


def _glob(folder: Folder, patterns: Iterable[str]) -> list[str]:
    """Return the files that any pattern names, as relative paths, each once."""
    found: dict[str, None] = {}
    for pattern in patterns:
        if not is_inside(pattern):
            continue
        for relative in _matches(folder.path, "", [p for p in pattern.split("/") if p != "."]):
            if len(found) >= MAX_MODEL_FILES:
                break
            found.setdefault(relative)
    return list(found)


def _matches(path: Traversable, prefix: str, parts: list[str]) -> Iterator[str]:
    if not parts or prefix.count("/") > MAX_FOLDER_DEPTH or not path.is_dir():
        return
    head, rest = parts[0], parts[1:]
    for entry in entries(path):
        name = entry.name
        if head == "**":
            if rest and fnmatchcase(name, rest[0]) and len(rest) == 1 and is_yaml_name(name):
                yield prefix + name
            if entry.is_dir():
                yield from _matches(entry, f"{prefix}{name}/", parts)
        elif fnmatchcase(name, head):
            if rest:
                yield from _matches(entry, f"{prefix}{name}/", rest)
            elif is_yaml_name(name) and entry.is_file():
                yield prefix + name


def _note_unnamed(folder: Folder, named: set[str], findings: Findings) -> None:
    """Note the files below `models` that no glob names."""
    patterns = [f"models/**/*{ending}" for ending in YAML_ENDINGS]
    for relative in _glob(folder, patterns):
        if relative not in named:
            findings.add(
                "S103",
                "no glob of the provider names this file; its model is not listed.",
                Place(below(folder.shown, relative), 1, 1),
                severity="note",
            )


def _unknown(tree: YamlMap, known: frozenset[str], what: str, findings: Findings) -> None:
    for key in tree:
        if key not in known:
            place = key_place_of(tree, key)
            findings.add(
                "S102",
                f"unknown key {key[:60]!r} of {what}; it is kept and not read.",
                place,
                severity="note",
                length=len(key),
            )


def _note(message: str, tree: YamlMap, key: str, findings: Findings) -> None:
    findings.add("S104", message, place_of(tree, key), severity="note")


def _maps(value: object) -> list[YamlMap]:
    return [item for item in value if isinstance(item, YamlMap)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    items = value if isinstance(value, YamlList) else [value]
    return [str(item) for item in items if isinstance(item, str | int | float)]
