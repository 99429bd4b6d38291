"""Finds specs in folders and loads one: read, checked, merged over its parents, with its models."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib.resources.abc import Traversable
from typing import Final

from model_runtime.errors import UnknownProvider
from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.vocabulary import MODEL_TYPES

from .brevity import expand, expand_model
from .described import (
    DESCRIBING_KEYS,
    below,
    check_described,
    load_text,
    read_described_models,
    read_file,
    read_positions,
)
from .dialects import with_dialects
from .folders import Root, SpecFile, opened, scan
from .resolve import UNSET, check_complete, resolve
from .schema import check_schema, count_faults
from .shapes import readable, readable_models
from .similar import close_match_sentence
from .tree import YamlList, YamlMap, copy_map, place_of
from .yaml_reader import Tree
from .yaml_source import read_yaml

WIRE_KEYS: Final = frozenset(
    [
        "spec_version",
        "extends",
        "abstract",
        "base_url",
        "allow_hosts",
        "headers",
        "query",
        "auth",
        "timeouts",
        "retry",
        "parameters",
        "fragments",
        "roles",
        "drop",
        "model_rules",
        "response_format",
        "operations",
        "errors",
    ]
)
# Read from the text, since whether a file is ours decides how strictly its YAML is read.
_LOOKS_OURS: Final = re.compile(
    rb"^[\"']?(?:" + "|".join(sorted(WIRE_KEYS)).encode() + rb")[\"']?[ \t]*:", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSpec:
    """A provider after inheritance.

    `tree` is the merged spec, `models` the models in display order. A `described` provider has
    no wire half and cannot be called. `files` names every file that took part; `folder` is the
    folder of the wire spec, where recorded exchanges stand, and `icon_folders` are the folders
    to look for icons in, the describing one first. `root` is the root that the spec came from.
    `own_operations` are those that the provider's own file defines or patches, and `chain` are the
    names of the spec and of the parents that it extends, one after the other.
    """

    name: str
    tree: YamlMap
    models: tuple[YamlMap, ...]
    described: bool
    files: tuple[str, ...]
    root: int
    folder: Traversable | None = None
    icon_folders: tuple[Traversable, ...] = ()
    own_operations: frozenset[str] = frozenset()
    chain: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    """A provider's file after reading: a tree, whether it is ours, and what was found.

    `written` are the keys that stand in it, those that were refused among them.
    """

    tree: YamlMap | None
    is_ours: bool
    findings: Findings
    written: frozenset[str] = frozenset()


@dataclass(slots=True)
class SpecFolders:
    """The places where specs are looked for, a later one before an earlier one.

    Each root is a spec file, a provider's folder, or a folder of such files and folders. They
    are looked through on first use; files that were read are kept, so that a base which many
    specs extend is read once. Files of `unchecked_roots` (indexes) pass no schema check, which
    is for those that have been checked elsewhere, as the shipped ones are by the tests.

    Where specs are untrusted none is laid over another: a name belongs to the first root that has
    it, and merge keys are refused in described files too.
    """

    roots: Sequence[Root]
    unchecked_roots: frozenset[int] = frozenset()
    is_untrusted: bool = False
    _left_out: dict[str, list[SpecFile]] = field(default_factory=dict, init=False, repr=False)
    _files: dict[str, list[SpecFile]] | None = field(default=None, init=False, repr=False)
    _reads: dict[SpecFile, _Read] = field(default_factory=dict, init=False, repr=False)

    def names(self) -> list[str]:
        """Return the names of all providers found, sorted."""
        return sorted(self._found())

    def find(self, name: str) -> list[SpecFile]:
        """Return the files that define a provider, in the order of the roots."""
        return list(self._found().get(name, ()))

    def left_out(self, name: str) -> list[SpecFile]:
        """Return the files that would take a name from an earlier root, which they must not."""
        self._found()
        return self._left_out.get(name, [])

    def positions(self) -> list[str]:
        """Return the provider names that `_position.yaml` files of the roots list, in order.

        The last root's come first: it is laid over the others.
        """
        names: dict[str, None] = {}
        for path, shown in map(opened, reversed(self.roots)):
            if path.is_dir():
                position = path.joinpath("_position.yaml")
                found = read_positions(position, below(shown, "_position.yaml"), Findings())
                names.update(dict.fromkeys(found))
        return list(names)

    def read(self, file: SpecFile) -> _Read:
        """Return a file's tree as it is written, checked, its short spellings written out."""
        if file not in self._reads:
            is_checked = file.root not in self.unchecked_roots
            is_strict = self.is_untrusted and is_checked
            self._reads[file] = _read(file, is_checked=is_checked, is_strict=is_strict)
        return self._reads[file]

    def _found(self) -> dict[str, list[SpecFile]]:
        if self._files is None:
            files: dict[str, list[SpecFile]] = {}
            for index, root in enumerate(self.roots):
                path, shown = opened(root)
                for file in scan(path, shown, index):
                    known = files.setdefault(file.name, [])
                    is_taken = self.is_untrusted and known and known[0].root != index
                    (self._left_out.setdefault(file.name, []) if is_taken else known).append(file)
            self._files = files
        return self._files


def load(name: str, folders: SpecFolders, findings: Findings) -> LoadedSpec:
    """Load a provider: its wire spec, its description, or both joined.

    Faults go to `findings`; what could be read is returned all the same. UnknownProvider is
    raised when no root has a provider of that name.
    """
    files = folders.find(name)
    if not files:
        known = folders.names()
        raise UnknownProvider(
            f"Provider {name!r} is not among the specs. "
            + (close_match_sentence(name, known) or f"Known: {', '.join(known) or 'none'}.")
        )
    ours = [file for file in files if folders.read(file).is_ours]
    others = [file for file in files if not folders.read(file).is_ours]
    wire = _load_ours(ours[-1], folders, findings) if ours else None
    description = _load_described(others[-1], folders, findings) if others else None
    if wire is None or description is None:
        return wire or description or _nothing(name, files[-1])
    return _join(wire, description)


def _load_ours(file: SpecFile, folders: SpecFolders, findings: Findings) -> LoadedSpec:
    read = folders.read(file)
    findings.take(read.findings)
    if read.tree is None:
        return _nothing(file.name, file)
    _check_name(file, read.tree, findings)
    merging = Findings()
    is_orphan = "extends" in read.written and "extends" not in read.tree
    tree, chain = _resolved(file, read.tree, folders, findings, merging)
    spoken: list[SpecFile] = []

    def find_dialect(name: str) -> YamlMap | None:
        files = [found for found in folders.find(name) if folders.read(found).tree is not None]
        if not files:
            return None
        spoken.append(files[-1])
        found = folders.read(files[-1]).tree
        return _resolved(files[-1], found or YamlMap(), folders, Findings(), Findings())[0]

    tree = with_dialects(tree, find_dialect, merging, names=folders.names())
    check_complete(tree, merging, written=read.written)
    if not is_orphan and all(folders.read(link).tree is not None for link in chain):
        # A parent that cannot be read has been told of; what is missing for it is no news.
        findings.take(merging)
    is_checked = file.root not in folders.unchecked_roots
    models, model_files = _models_of_ours(file, tree, findings, is_checked=is_checked)
    if is_checked:
        # The schema has told the faults already.
        tree, models = readable(tree, Findings()), readable_models(models, Findings())
    folder = file.folder.path if file.folder else None
    return LoadedSpec(
        name=file.name,
        tree=tree,
        models=tuple(models),
        described=False,
        files=(*(link.shown for link in (*chain, *spoken)), *model_files),
        root=file.root,
        folder=folder,
        icon_folders=() if folder is None else (folder,),
        own_operations=_own_operations(chain, folders),
        chain=tuple(link.name for link in chain),
    )


def _resolved(
    file: SpecFile, tree: YamlMap, folders: SpecFolders, findings: Findings, merging: Findings
) -> tuple[YamlMap, list[SpecFile]]:
    """Return a file's tree merged over its parents, and the files of the chain, its own first.

    Faults of the parents go to `findings`, those of the merge to `merging`.
    """
    chain = [file]

    def find_parent(name: str) -> YamlMap | None:
        parent = _parent(name, chain, folders)
        if parent is None:
            # A name that has been used already and has no earlier file is a cycle.
            again = next((link for link in chain if link.name == name), None)
            return folders.read(again).tree if again else None
        chain.append(parent)
        found = folders.read(parent)
        findings.take(found.findings)
        return found.tree or YamlMap()

    return resolve(tree, find_parent, merging, names=folders.names()), chain


def _own_operations(chain: list[SpecFile], folders: SpecFolders) -> frozenset[str]:
    """Return the operations of the provider's own files: those in the chain that have its name."""
    names: set[str] = set()
    for file in chain:
        tree = folders.read(file).tree if file.name == chain[0].name else None
        if tree is not None and isinstance(operations := tree.get("operations"), YamlMap):
            names.update(name for name, value in operations.items() if value != UNSET)
    return frozenset(names)


def _parent(name: str, chain: list[SpecFile], folders: SpecFolders) -> SpecFile | None:
    """Return the file that `extends: name` means; a spec may extend an earlier one of its name."""
    candidates = [file for file in folders.find(name) if folders.read(file).is_ours]
    used = [file.root for file in chain if file.name == name]
    if used:
        candidates = [file for file in candidates if file.root < min(used)]
    return candidates[-1] if candidates else None


def _load_described(file: SpecFile, folders: SpecFolders, findings: Findings) -> LoadedSpec:
    read = folders.read(file)
    findings.take(read.findings)
    if read.tree is None:
        return _nothing(file.name, file)
    folder = file.folder
    models = read_described_models(read.tree, folder, findings)
    return LoadedSpec(
        name=file.name,
        tree=readable(read.tree, findings),
        models=readable_models(map(expand_model, models), findings),
        described=True,
        files=(file.shown,),
        root=file.root,
        folder=None,
        icon_folders=() if folder is None else (folder.path,),
    )


def _join(wire: LoadedSpec, description: LoadedSpec) -> LoadedSpec:
    """Describe a wire spec with a described-only one: its texts, forms and models are used."""
    tree = copy_map(wire.tree)
    for key in description.tree:
        if key in DESCRIBING_KEYS:
            tree.take(key, description.tree)
    return LoadedSpec(
        name=wire.name,
        tree=tree,
        models=_joined_models(wire.models, description.models),
        described=False,
        files=(*wire.files, *description.files),
        root=wire.root,
        folder=wire.folder,
        icon_folders=(*description.icon_folders, *wire.icon_folders),
        own_operations=wire.own_operations,
        chain=wire.chain,
    )


def _joined_models(
    wire: tuple[YamlMap, ...], described: tuple[YamlMap, ...]
) -> tuple[YamlMap, ...]:
    """Describe each model by the described-only file; what only our file says of it stays."""
    ours = {(model.get("model_type"), model.get("model")): model for model in wire}
    joined: list[YamlMap] = []
    for model in described:
        known = ours.get((model.get("model_type"), model.get("model")))
        both = copy_map(known) if known is not None else copy_map(model)
        for key in model:
            both.take(key, model)
        joined.append(both)
    return tuple(joined) or wire


def _models_of_ours(
    file: SpecFile, tree: YamlMap, findings: Findings, *, is_checked: bool
) -> tuple[Sequence[YamlMap], list[str]]:
    """Return the models that stand in the spec and in `models/<model_type>.yaml` beside it."""
    declared = tree.get("models")
    if isinstance(declared, YamlMap):
        described = read_described_models(tree, file.folder, findings)
        return [expand_model(model) for model in described], []
    inline = declared if isinstance(declared, YamlList) else ()
    models = [model for model in inline if isinstance(model, YamlMap)]
    names: list[str] = []
    if file.folder is None:
        return models, names
    for model_type in MODEL_TYPES:
        path, shown = file.folder.entry(f"models/{model_type}.yaml")
        if path.is_file():
            names.append(shown)
            models += _model_list(path, shown, model_type, findings, is_checked=is_checked)
    return models, names


def _model_list(
    path: Traversable, shown: str, model_type: str, findings: Findings, *, is_checked: bool
) -> Iterator[YamlMap]:
    doubts = partial(count_faults, "models.schema.json")
    tree: object = read_file(path, shown, findings, strict=True, doubts=doubts)
    if is_checked and tree is not None:
        tree = check_schema(tree, "models.schema.json", findings)
    for item in tree if isinstance(tree, YamlList) else ():
        if isinstance(item, YamlMap) and "model" in item:
            model = expand_model(item)
            if "model_type" not in model:
                model.put("model_type", model_type, model.place, model.place)
            yield model


def _nothing(name: str, file: SpecFile) -> LoadedSpec:
    """Stand in for a spec that cannot be read, so that it is listed with its findings."""
    tree = YamlMap(Place(file.shown, 1, 1))
    tree["provider"] = name
    return LoadedSpec(
        name=name, tree=tree, models=(), described=True, files=(file.shown,), root=file.root
    )


def _check_name(file: SpecFile, tree: YamlMap, findings: Findings) -> None:
    name = tree.get("provider")
    if not isinstance(name, str) or name == file.name:
        return
    stands_for = "folder" if file.folder else "file"
    findings.add(
        "S106",
        f"the provider is named {name!r}, but its {stands_for} is named {file.name!r}.",
        place_of(tree, "provider"),
        help="Give both the same name.",
        length=len(name),
    )


def _read(file: SpecFile, *, is_checked: bool, is_strict: bool) -> _Read:
    findings = Findings()
    text = load_text(file.path, file.shown, findings)
    if text is None:
        return _Read(None, True, findings)
    is_ours = _LOOKS_OURS.search(text) is not None
    doubts = partial(count_faults, "provider.schema.json")
    tree = read_yaml(text, file.shown, findings, strict=is_ours or is_strict, doubts=doubts)
    if isinstance(tree, YamlMap) and is_ours != bool(WIRE_KEYS & tree.keys()):
        # The keys were written in an unusual way; now it is known what the file is.
        is_ours, findings = not is_ours, Findings()
        tree = read_yaml(text, file.shown, findings, strict=is_ours or is_strict, doubts=doubts)
    if not isinstance(tree, YamlMap):
        _note_no_map(tree, file, findings)
        return _Read(None, True, findings)
    written = frozenset(tree)
    if not is_ours:
        _check_described_name(tree, findings)
        check_described(tree, findings)
    elif is_checked:
        tree = _as_meant(tree, findings)
    return _Read(expand(tree), is_ours, findings, written)


def _as_meant(tree: YamlMap, findings: Findings) -> YamlMap:
    """Check a file, and return it as it was probably meant; keys that were refused are gone."""
    meant = check_schema(tree, "provider.schema.json", findings)
    return meant if isinstance(meant, YamlMap) else tree


def _check_described_name(tree: YamlMap, findings: Findings) -> None:
    name = tree.get("provider")
    if not isinstance(name, str) or not name:
        findings.add(
            "S103",
            "the file names no provider; expected the key `provider`.",
            tree.place,
            help="Add `provider: <name>`, and `spec_version: 1` when it is a spec with a wire.",
        )


def _note_no_map(tree: Tree, file: SpecFile, findings: Findings) -> None:
    if len(findings) == 0:
        found = "is empty" if tree is None else "holds no map"
        place = Place(file.shown, 1, 1)
        findings.add(
            "S104",
            f"the file {found}; expected a map with the key `provider`.",
            place,
            help="Begin with the lines `spec_version: 1` and `provider: <name>`.",
        )
