"""`model-runtime schemas`: the JSON Schemas of the spec files, in a folder of the user's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from model_runtime._data import shipped

from .console import WrongUsage, notes

# Where `new` puts the schemas, and the folder of a checkout that has them already.
_FOLDERS: Final = (".schemas", "json_schemas")
_SCHEMA: Final = "provider.schema.json"


def run(
    out: Annotated[Path, typer.Argument(metavar="[DIR]", help="The folder to write into.")] = Path(
        _FOLDERS[0]
    ),
) -> None:
    """Write the JSON Schemas into a folder, for editors that complete and explain specs."""
    try:
        for file in write_schemas(out):
            typer.echo(str(file))
    except OSError as error:
        raise WrongUsage(f"schemas: {out} cannot be written: {error.strerror}.") from None
    notes().print(
        f"Written. The first line of a spec beside {out.name}: {_line(f'{out.name}/{_SCHEMA}')}",
        markup=False,
        end="",
    )


def write_schemas(folder: Path) -> list[Path]:
    """Write every schema into a folder, over what stands there, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted(shipped("json_schemas").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".schema.json"):
            file = folder / entry.name
            file.write_bytes(entry.read_bytes())
            written.append(file)
    return written


def modeline(file: Path) -> str:
    """Return the line by which an editor finds the schema of a spec, without any network.

    The schemas are those that stand nearest above the spec; where there are none, they are
    written into `.schemas` beside it.
    """
    folder = file.resolve().parent
    if _nearest(folder) is None:
        write_schemas(folder / _FOLDERS[0])
    return known_modeline(file, _SCHEMA)


def known_modeline(file: Path, schema: str) -> str:
    """Return the line for a file of another kind; empty where no schemas stand above it."""
    folder = file.resolve().parent
    found = _nearest(folder)
    return _line(Path(os.path.relpath(found / schema, folder)).as_posix()) if found else ""


def _nearest(folder: Path) -> Path | None:
    known = (above / name for above in (folder, *folder.parents) for name in _FOLDERS)
    return next((schemas for schemas in known if (schemas / _SCHEMA).is_file()), None)


def _line(schema: str) -> str:
    return f"# yaml-language-server: $schema={schema}\n"
