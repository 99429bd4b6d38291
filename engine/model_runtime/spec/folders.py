"""Where specs stand: one file, a provider's folder, or a folder of such files and folders."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Final

from model_runtime.errors import SpecError
from model_runtime.findings import Finding, Findings
from model_runtime.location import Place

from .described import YAML_ENDINGS, Folder, below, entries, is_yaml_name, load_text

_NAME_LINE: Final = re.compile(rb"^(?:\xef\xbb\xbf)?provider:[ \t]*[\"']?([\w-]+)", re.MULTILINE)

Root = str | os.PathLike[str] | Traversable


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A file that defines a provider.

    `name` is the provider's name by the file or folder, for a plugin the one inside the file.
    `folder` holds its models, icons and recorded exchanges; it is None for a file that stands
    among the files of other providers. `root` counts the roots from 0, in the order given.
    """

    name: str
    path: Traversable
    shown: str
    folder: Folder | None
    root: int


def opened(root: Root) -> tuple[Traversable, str]:
    """Return a root as a path and the name that messages give it."""
    if isinstance(root, str | os.PathLike):
        path = Path(root)
        # `.` and `..` do not tell the folder's name, and a provider is named after its folder.
        return (path if path.name not in ("", "..") else path.resolve()), _shown(path)
    return root, _shown(root) if isinstance(root, Path) else str(root)


def _shown(path: Path) -> str:
    """Name a path as an author would: below the working directory without what leads there."""
    try:
        return str(path.resolve().relative_to(Path.cwd())) if path.is_absolute() else str(path)
    except (ValueError, OSError):
        return str(path)


def scan(path: Traversable, shown: str, root: int) -> Iterator[SpecFile]:
    if path.is_file():
        yield _lone_file(path, shown, root)
        return
    if not path.is_dir():
        message = "there is no such file or folder; expected a spec or a folder of specs."
        finding = Finding(
            code="Y001", message=message, place=Place(shown, 1, 1), help="Check its name."
        )
        raise SpecError(f"specs entry {shown!r}", [finding])
    own = list(_provider_folder(path, shown, root))
    if own:
        yield from own
        return
    for entry in entries(path):
        name = below(shown, entry.name)
        if entry.is_dir():
            yield from _provider_folder(entry, name, root)
        elif is_yaml_name(entry.name):
            yield SpecFile(_stem(entry.name), entry, name, None, root)


def _lone_file(path: Traversable, shown: str, root: int) -> SpecFile:
    """Return the spec of a root that is a file, with its folder when the file is in its own."""
    if isinstance(path, Path):
        parent, stem = path.resolve().parent, _stem(path.name)
        if stem in ("provider", parent.name):
            return SpecFile(parent.name, path, shown, Folder(parent, _shown(parent)), root)
        if parent.name == "provider":
            plugin = Folder(parent.parent, _shown(parent.parent))
            return SpecFile(_name_inside(path), path, shown, plugin, root)
    return SpecFile(_stem(path.name), path, shown, None, root)


def _provider_folder(path: Traversable, shown: str, root: int) -> Iterator[SpecFile]:
    """Yield the specs of a provider's folder, nothing when it is no such folder."""
    name = path.name
    if name.startswith((".", "__")):
        return
    folder = Folder(path, shown)
    for stem in ("provider", name):
        for ending in YAML_ENDINGS:
            file = path.joinpath(stem + ending)
            if file.is_file():
                yield SpecFile(name, file, below(shown, file.name), folder, root)
                return
    inner = path.joinpath("provider")
    if not inner.is_dir():
        return
    for file in entries(inner):
        if is_yaml_name(file.name):
            named = below(shown, f"provider/{file.name}")
            yield SpecFile(_name_inside(file), file, named, folder, root)


def _name_inside(file: Traversable) -> str:
    """Return the provider's name as a plugin's file gives it, else the file's stem."""
    text = load_text(file, file.name, Findings()) or b""
    found = _NAME_LINE.search(text)
    return found.group(1).decode() if found else _stem(file.name)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name
