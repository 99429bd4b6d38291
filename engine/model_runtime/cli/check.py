"""`model-runtime check`: every fault of the specs under some paths, all told at once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from model_runtime.findings import Finding, Findings, by_place
from model_runtime.lint.report import finding_data, format_findings, summary
from model_runtime.registry import ProviderRecord, Registry
from model_runtime.spec.load import SpecFolders

from .console import FAILED, colored, notes, output, print_json
from .opening import Specs, open_registry


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Checked:
    """How many specs were checked, and what was found in them."""

    count: int
    findings: tuple[Finding, ...]

    @property
    def has_errors(self) -> bool:
        """Whether a spec cannot be used."""
        return any(finding.severity == "error" for finding in self.findings)


def run(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, help="Spec files or folders; the bundled specs when there are none."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to write what is found.")] = Format.TEXT,
    specs: Specs = None,
) -> None:
    """Load and compile specs, and tell every fault with its place. Nothing is sent."""
    checked = check_specs(paths or [], specs or [])
    if format is Format.JSON:
        print_json([finding_data(finding) for finding in checked.findings])
    elif checked.findings:
        output().print(colored(format_findings(checked.findings)))
        output().print()
    notes().print(summary(checked.findings, checked.count), markup=False)
    if checked.has_errors:
        raise typer.Exit(FAILED)


def check_specs(paths: list[Path], specs: list[Path]) -> Checked:
    """Check the specs under `paths`, all bundled ones without; they may extend those of `specs`."""
    registry = open_registry([*specs, *paths])
    names = SpecFolders([str(path) for path in paths]).names() if paths else registry.names()
    found: dict[Finding, None] = {}
    console = notes()
    for name in track(
        names, "Checking specs", console=console, transient=True, disable=not console.is_terminal
    ):
        # Specs share parents, whose faults are told once.
        found.update(dict.fromkeys(_findings(registry, name)))
    return Checked(len(names), tuple(sorted(found, key=by_place)))


def _findings(registry: Registry, name: str) -> list[Finding]:
    record = registry.record(name)
    return [*record.findings, *_compile_findings(record)]


def _compile_findings(record: ProviderRecord) -> list[Finding]:
    if not record.description.is_callable:
        return []
    is_sound = not record.findings.errors
    try:
        # Without its findings the record lets itself be compiled, so that all faults are told.
        return list(replace(record, findings=Findings()).usable().findings())
    except Exception:
        # Compilers may rely on the shape that the schema demands. Where it is broken, and has
        # been told, they are allowed to give up; in a sound spec that is a bug to be seen.
        if is_sound:
            raise
        return []
