"""`model-runtime check`: every fault of the specs under some paths, all told at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from model_runtime._data import shipped
from model_runtime.findings import Finding
from model_runtime.lint.edited import EditedFolder
from model_runtime.lint.fixes import apply_edits, edits_for
from model_runtime.lint.formats import as_annotations, as_junit
from model_runtime.lint.report import Sources, finding_data, format_findings, summary
from model_runtime.lint.runner import Checked, Runner
from model_runtime.lint.sarif import as_sarif
from model_runtime.registry import Registry
from model_runtime.spec.folders import Root
from model_runtime.spec.load import SpecFolders

from .console import FAILED, WrongUsage, colored, notes, output, print_json
from .opening import Specs
from .updating import update_exchanges


class Format(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"
    JUNIT = "junit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What is checked: roots to look in, the names among them, and which files are our own."""

    roots: Sequence[Root]
    names: Sequence[str]
    is_own: Callable[[str], bool]
    sources: Sources
    bundled: bool = True


def run(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            exists=True, help="Spec files or folders; the bundled specs when there are none."
        ),
    ] = None,
    format: Annotated[Format, typer.Option(help="How to write what is found.")] = Format.TEXT,
    max_warnings: Annotated[
        int | None, typer.Option(min=0, help="Fail when there are more warnings than this.")
    ] = None,
    stdin_filename: Annotated[
        Path | None, typer.Option(help="Read the spec from stdin, as if it were this file.")
    ] = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")] = False,
    preview: Annotated[
        bool, typer.Option("--preview", help="Run the rules that are not stable yet, too.")
    ] = False,
    exchanges: Annotated[
        bool, typer.Option(help="Run the recorded exchanges, too. Nothing is sent.")
    ] = True,
    exhaustive: Annotated[
        bool, typer.Option("--exhaustive", help="Cut recorded streams at every byte.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage", help="Tell which branches of each spec no recorded exchange takes."
        ),
    ] = False,
    update: Annotated[
        bool,
        typer.Option(
            "--update",
            help="Bring what recorded exchanges expect up to date: show a diff, ask, then check.",
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Accept the diff of --update.")] = False,
    specs: Specs = None,
) -> None:
    """Load and compile specs, and tell every fault with its place. Nothing is sent."""
    target = _target(paths or [], specs or [], stdin_filename, edits=fix or update)
    if update:
        update_exchanges(Registry(target.roots, bundled=target.bundled), target.names, yes)
    look = partial(
        check, preview=preview, exchanges=exchanges, exhaustive=exhaustive, coverage=coverage
    )
    checked = look(target)
    if fix:
        checked = _mended(checked, lambda: look(stored(paths or [], specs or [])))
    write(checked, format, target.sources)
    too_many = max_warnings is not None and checked.counted("warning") > max_warnings
    if checked.counted("error") or too_many:
        raise typer.Exit(FAILED)


def _target(
    paths: Sequence[Path], specs: Sequence[Path], typed: Path | None, *, edits: bool
) -> Target:
    """What the command line names. `edits`: whether files are to be changed."""
    if typed is not None and (paths or edits):
        raise WrongUsage(
            "--stdin-filename checks one text alone: leave out paths, --fix and --update."
        )
    if typed is not None:
        return _typed(typed, sys.stdin.buffer.read(), specs)
    target = stored(paths, specs)
    if not target.names:
        # A check in CI that looks into the wrong folder must not pass.
        told = ", ".join(str(path) for path in paths)
        raise WrongUsage(f"No spec stands under {told}. Expected files that end in .yaml.")
    return target


def check(
    target: Target,
    *,
    preview: bool = False,
    exchanges: bool = False,
    exhaustive: bool = False,
    coverage: bool = False,
) -> Checked:
    """Check every spec of a target."""
    registry = Registry(target.roots, bundled=target.bundled)
    runner = Runner(
        registry,
        is_own=target.is_own,
        preview=preview,
        exchanges=exchanges,
        exhaustive=exhaustive,
        coverage=coverage,
        sources=target.sources,
    )
    console = notes()
    is_quiet = not console.is_terminal
    for name in track(
        target.names, "Checking specs", console=console, transient=True, disable=is_quiet
    ):
        runner.check(name)
    return runner.finish()


def write(checked: Checked, format: Format, sources: Sources) -> None:
    """Write what was found to standard output, and the count to standard error."""
    findings = checked.findings
    match format:
        case Format.JSON if checked.coverage:
            told = [finding_data(finding) for finding in findings]
            counted = [spec.to_dict() for spec in checked.coverage]
            print_json({"findings": told, "coverage": counted})
        case Format.JSON:
            print_json([finding_data(finding) for finding in findings])
        case Format.SARIF:
            print_json(as_sarif(findings, edits_for(findings, sources)))
        case Format.JUNIT:
            typer.echo(as_junit(checked))
        case Format.GITHUB if findings:
            typer.echo(as_annotations(findings))
        case Format.TEXT if findings:
            output().print(colored(format_findings(findings, sources)))
            output().print()
    for spec in checked.coverage:
        notes().print(str(spec), markup=False)
    notes().print(summary(findings, checked.count), markup=False)


def stored(paths: Sequence[Path], specs: Sequence[Path]) -> Target:
    """The specs under some paths; all bundled ones without, which are then fully checked."""
    if not paths:
        # As a root like any other, their schemas are checked, too.
        bundled = [shipped("provider_specs")]
        names = SpecFolders(bundled).names()
        roots: list[Root] = [*bundled, *specs]
        return Target(
            roots=roots, names=names, is_own=lambda file: True, sources=Sources(), bundled=False
        )
    own = [path.resolve() for path in paths]

    def is_own(file: str) -> bool:
        resolved = Path(file).resolve()
        return any(resolved.is_relative_to(_home(path)) for path in own)

    names = SpecFolders([str(path) for path in paths]).names()
    return Target(roots=[*specs, *paths], names=names, is_own=is_own, sources=Sources())


def _typed(file: Path, text: bytes, specs: Sequence[Path]) -> Target:
    """One spec whose text comes from an editor; its models and neighbours are those on disk."""
    folder = EditedFolder(file.parent, file.name, text)
    is_in_own_folder = file.stem in ("provider", folder.name)
    name = folder.name if is_in_own_folder else file.stem
    if name not in SpecFolders([folder]).names():
        raise WrongUsage(f"--stdin-filename: {str(file)!r} is not a file that holds a spec.")
    shown = str(file)
    sources = Sources({shown: text.decode("utf-8-sig", "replace")})
    is_own = (
        (lambda found: Path(found).is_relative_to(file.parent))
        if is_in_own_folder
        else (lambda found: found == shown)
    )
    return Target(roots=[*specs, folder], names=[name], is_own=is_own, sources=sources)


def _home(path: Path) -> Path:
    """What belongs to a path: for a spec in a folder of its own, the folder."""
    is_in_own_folder = path.is_file() and path.stem in ("provider", path.parent.name)
    return path.parent if is_in_own_folder else path


def _mended(checked: Checked, look_again: Callable[[], Checked]) -> Checked:
    """Make the safe edits, and check again; a file that is worse for it is put back."""
    by_file: dict[str, list[Finding]] = {}
    edits = edits_for(checked.findings, Sources())
    for finding, edit in edits.items():
        by_file.setdefault(edit.file, []).append(finding)
    before = _faults(checked)
    for file, findings in by_file.items():
        path = Path(file)
        text = path.read_bytes().decode("utf-8")
        _write(path, apply_edits(text, [edits[finding] for finding in findings]))
        after = look_again()
        if not _faults(after) <= before:
            _write(path, text)
            notes().print(f"{file}: left as it was; the edits would break it.", markup=False)
            continue
        checked, before = after, _faults(after)
        notes().print(f"{file}: {len(findings)} mended.", markup=False)
    return checked


def _faults(checked: Checked) -> frozenset[tuple[str, str]]:
    """What was found, without the lines, which edits move."""
    return frozenset((finding.code, finding.message) for finding in checked.findings)


def _write(path: Path, text: str) -> None:
    # As bytes, so that line ends stay what they were.
    path.write_bytes(text.encode("utf-8"))
