"""What commands share: the option that names specs, and what they open with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from model_runtime.factory import ModelRuntime
from model_runtime.registry import ProviderRecord, Registry

from .console import WrongUsage, notes

SPECS_VARIABLE = "MODEL_RUNTIME_SPECS"

Specs = Annotated[
    list[Path] | None,
    typer.Option(
        "--specs",
        envvar=SPECS_VARIABLE,
        exists=True,
        help="A spec file, a provider's folder, or a folder of these, laid over the bundled "
        "specs. May be given again.",
    ),
]
ModelName = Annotated[str, typer.Argument(metavar="PROVIDER/MODEL", help="The model to call.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]


def open_runtime(specs: list[Path] | None, **options: Any) -> ModelRuntime:
    """Open the runtime over the bundled specs and the given ones."""
    return ModelRuntime([str(path) for path in specs or ()], **options)


def open_registry(specs: list[Path] | None) -> Registry:
    """Open the specs without a runtime, for commands that look and do not call."""
    return Registry([str(path) for path in specs or ()], bundled=True)


def usable_names(registry: Registry) -> list[str]:
    """The providers to list: abstract specs are there to be extended only."""
    return [name for name in registry.names() if not is_abstract(registry.record(name))]


def is_abstract(record: ProviderRecord) -> bool:
    """Whether a spec says that it is only a base of others."""
    return record.loaded.tree.get("abstract") is True


def read_json(text: str, option: str) -> Any:
    """Parse the JSON of an option. WrongUsage tells where it breaks."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise WrongUsage(f"{option}: the value is not JSON ({error}).") from None


def read_object(text: str, option: str) -> dict[str, Any]:
    """Parse an option that must be a JSON object."""
    value = read_json(text, option)
    if not isinstance(value, dict):
        found = type(value).__name__
        raise WrongUsage(f"{option}: the value is a {found}; expected an object: '{{...}}'.")
    return value


def read_text(name: str, option: str) -> str:
    """Read a file that an option names, `-` for standard input."""
    if name == "-":
        return sys.stdin.read()
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise WrongUsage(f"{option}: {name!r} cannot be read: {reason}.") from None


@contextmanager
def working(task: str, console: Console | None = None) -> Iterator[None]:
    """Show a moving bar and the seconds, on a terminal, while something takes its time."""
    bar = BarColumn(bar_width=20)
    columns = (TextColumn("{task.description}"), bar, TimeElapsedColumn())
    with Progress(*columns, console=console or notes(), transient=True) as progress:
        progress.add_task(task, total=None)
        yield
