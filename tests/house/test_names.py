"""Guards of words: no provider's name in the engine, nothing of a machine in any file."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Module

# Names in provider_specs/ that are words of the trade and name no service.
GENERIC = frozenset({"local", "openai_compatible", "x"})
# Names of services that are English words too: refused as a name or a whole string, not in prose.
ENGLISH = frozenset({"chutes", "fireworks", "modal", "replicate", "spark", "together", "voyage"})

# Addresses that every spec is kept from: they name a cloud, not a provider.
REFUSED_HOST = re.compile(r"[\w.-]+\.internal")

ROOT_ENTRIES = frozenset(
    {
        ".ci",
        ".editorconfig",
        ".gitattributes",
        ".github",
        ".gitignore",
        ".pre-commit-config.yaml",
        ".pre-commit-hooks.yaml",
        ".python-version",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "SECURITY.md",
        "action.yml",
        "docs",
        "engine",
        "examples",
        "json_schemas",
        "mkdocs.yml",
        "provider_specs",
        "pyproject.toml",
        "tests",
    }
)

# Written as patterns, so that this file does not hold what it forbids.
MACHINE_PATH = re.compile(r"(?<![\w.$}-])/(?:home|mnt|root|tmp|work|Users)/[\w.]")
REGISTRY_HOST = re.compile(r"\b(?:py[p]i|python[h]osted|npm[j]s)\.(?:com|org)\b")


def provider_names(root: Path) -> frozenset[str]:
    """Return the names of every bundled provider, less the generic ones."""
    folders = {path.name for path in (root / "provider_specs").iterdir() if path.is_dir()}
    files = {path.stem for path in (root / "provider_specs").glob("[!_]*.yaml")}
    return frozenset(folders | files) - GENERIC


def words(text: str) -> str:
    """Return the words of a name or sentence, lower case and joined by single underscores."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return "_" + re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_") + "_"


def names_in(text: str, names: frozenset[str]) -> Iterator[str]:
    """Tell which names stand in a text as whole words."""
    joined = words(text)
    yield from (name for name in sorted(names) if words(name) in joined)


def texts_of(module: Module) -> Iterator[tuple[int, str, bool]]:
    """Tell every identifier, string and comment: its line, its text, and whether it is prose."""
    yield 1, module.name, False
    for node in ast.walk(module.tree):
        match node:
            case ast.Constant(value=str(text)) if not REFUSED_HOST.fullmatch(text):
                yield node.lineno, text, " " in text.strip()
            case ast.Name(id=text) | ast.Attribute(attr=text) | ast.arg(arg=text):
                yield node.lineno, text, False
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text):
                yield node.lineno, text, False
            case ast.ClassDef(name=text):
                yield node.lineno, text, False
            case ast.keyword(arg=str(text)):
                yield node.lineno, text, False
    for number, line in enumerate(module.text.splitlines(), start=1):
        if line.lstrip().startswith("#"):
            yield number, line, True


def libraries_of(module: Module) -> frozenset[str]:
    """Return the first names of what a module imports: a library may hold a service's name."""
    return frozenset(imported.target.partition(".")[0] for imported in module.imports)


def test_engine_knows_no_provider(root: Path, engine_modules: tuple[Module, ...]) -> None:
    """What one provider needs is said in its spec, never by its name in the engine."""
    names = provider_names(root)
    faults = []
    for module in engine_modules:
        allowed = libraries_of(module)
        for line, text, is_prose in texts_of(module):
            for name in names_in(text, names - ENGLISH if is_prose else names):
                if not any(name in library.split("_") for library in allowed):
                    faults.append(f"{module.path}:{line}: names the provider {name!r}")
    assert not faults, "\n".join(sorted(set(faults)))


def test_kept_files_hold_nothing_of_a_machine(root: Path, kept_files: tuple[str, ...]) -> None:
    """No file tells a path of somebody's machine or the host of a package registry."""
    faults = []
    for name in kept_files:
        text = (root / name).read_bytes().decode("utf-8", errors="replace")
        for pattern in (MACHINE_PATH, REGISTRY_HOST):
            for found in pattern.finditer(text):
                line = text.count("\n", 0, found.start()) + 1
                faults.append(
                    f"{name}:{line}: {found.group()!r} belongs to one machine or registry"
                )
    assert not faults, "\n".join(faults)


def test_root_holds_only_known_entries(kept_files: tuple[str, ...]) -> None:
    """The root of the checkout stays as short as its table of contents."""
    strange = {name.partition("/")[0] for name in kept_files} - ROOT_ENTRIES
    assert not strange, f"move below an entry that is there: {sorted(strange)}"
