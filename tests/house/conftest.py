"""What the guards look at: the engine's modules as syntax trees, and the files of the checkout."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "model_runtime"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """One imported module, absolute, with the line and the way it is imported."""

    target: str
    line: int
    is_deferred: bool
    is_typing_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One module of the engine. `room` is its place below the package, `""` for the door."""

    name: str
    path: str
    text: str
    tree: ast.Module
    imports: tuple[Import, ...]

    @property
    def room(self) -> str:
        return room_of(self.name)


def room_of(name: str) -> str:
    """Return the room or base module that a dotted module name belongs to."""
    return name.removeprefix(PACKAGE).removeprefix(".").partition(".")[0]


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def engine_modules() -> tuple[Module, ...]:
    """Every module of the engine, sorted by name."""
    source = ROOT / "engine"
    paths = sorted((source / PACKAGE).rglob("*.py"))
    names = {path: dotted_name(path.relative_to(source)) for path in paths}
    known = frozenset(names.values())
    return tuple(read_module(path, names[path], known) for path in paths)


@pytest.fixture(scope="session")
def kept_files() -> tuple[str, ...]:
    """Every file that git keeps or would keep, relative to the root."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = sorted(set(listed.stdout.split("\0")) - {""})
    return tuple(name for name in names if (ROOT / name).is_file())


def dotted_name(path: Path) -> str:
    """Return the import name of a source file."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def read_module(path: Path, name: str, known: frozenset[str]) -> Module:
    """Parse one source file."""
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return Module(
        name=name,
        path=str(path.relative_to(ROOT)),
        text=text,
        tree=tree,
        imports=tuple(read_imports(tree, package, known)),
    )


def read_imports(
    node: ast.AST,
    package: str,
    known: frozenset[str],
    is_deferred: bool = False,
    is_typing_only: bool = False,
) -> Iterator[Import]:
    """Walk a tree and tell every import, in functions and under `if TYPE_CHECKING` as well."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for target in targets_of(child, package, known):
                yield Import(
                    target=target,
                    line=child.lineno,
                    is_deferred=is_deferred,
                    is_typing_only=is_typing_only,
                )
            continue
        enters = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guards = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        yield from read_imports(
            child, package, known, is_deferred or enters, is_typing_only or guards
        )


def targets_of(
    node: ast.Import | ast.ImportFrom, package: str, known: frozenset[str]
) -> Iterator[str]:
    """Tell the modules that one statement imports; `from a import b` is a.b when that is ours."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
        return
    base = node.module or ""
    if node.level:
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    inner = {f"{base}.{alias.name}" for alias in node.names} & known
    yield from sorted(inner)
    if len(inner) < len(node.names):
        yield base
