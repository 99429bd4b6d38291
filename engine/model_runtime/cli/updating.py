"""`model-runtime check --update`: what exchanges expect is brought up to date, after asking."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Final

import typer

from model_runtime.lint.exchanges.update import Update, update_of
from model_runtime.registry import Registry
from model_runtime.sentences import visible

from .console import WrongUsage, notes

_OFF: Final = ("", "0", "false")


def _refuse_in_ci() -> None:
    """Raise WrongUsage where CI runs: there a difference is a fault, and nobody reads a diff."""
    if os.environ.get("CI", "").lower() not in _OFF:
        raise WrongUsage(
            "--update is refused where CI is set: an exchange that differs is a fault there. "
            "Run it on your own machine, read the diff, and commit what is right."
        )


def update_exchanges(registry: Registry, names: Iterable[str], is_accepted: bool) -> None:
    """Show what would change in the files of exchanges, ask, and write it."""
    _refuse_in_ci()
    found = reduce(or_, (update_of(registry.record(name)) for name in names), Update())
    for told in found.left:
        notes().print(f"Not for an update: {told}", markup=False)
    if not found.texts:
        notes().print("No exchange is to be updated.", markup=False)
        return
    for file, (old, new) in found.texts.items():
        typer.echo(_diff(file, old, new), nl=False)
    if is_accepted or _is_wanted(len(found.texts)):
        _write(found.texts)
    else:
        notes().print("Nothing was written.", markup=False)


def _is_wanted(count: int) -> bool:
    files = "this file" if count == 1 else f"these {count} files"
    try:
        return typer.confirm(f"Write {files}?", err=True)
    except typer.Abort:
        return False


def _write(texts: Mapping[str, tuple[str, str]]) -> None:
    for file, (_, new) in texts.items():
        # As bytes, so that line ends stay what they were.
        Path(file).write_bytes(new.encode("utf-8"))
        notes().print(f"{file}: updated.", markup=False)


def _diff(file: str, old: str, new: str) -> str:
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), new.splitlines(keepends=True), file, file
    )
    return "".join(visible(line.rstrip("\r\n")) + "\n" for line in lines)
