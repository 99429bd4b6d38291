"""Exchanges that no longer match -> the texts of their files with what they expect brought up to
date; nothing is written here."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from model_runtime.errors import MissingExtra
from model_runtime.findings import Findings
from model_runtime.registry import ProviderRecord

from .calls import play
from .cases import Case, cases_of
from .changes import CannotUpdate, Changes, changes_of
from .rewriting import rewritten


@dataclass(slots=True)
class Update:
    """New texts by file, beside the old ones, and what an update cannot mend."""

    texts: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)

    def __or__(self, other: Update) -> Update:
        return Update({**self.texts, **other.texts}, [*self.left, *other.left])


def update_of(record: ProviderRecord) -> Update:
    """Play every exchange of a spec, and bring what it expects up to date with what came."""
    update = Update()
    if record.findings.errors or not record.description.is_callable or record.is_abstract:
        return update
    by_file: dict[str, Changes] = {}
    for case in cases_of(record, Findings()):
        try:
            changes = _changes(case, record)
        except CannotUpdate as error:
            update.left.append(f"{case.place('given')}: {case}: {error}.")
            continue
        if changes:
            by_file[case.file] = _joined(by_file.get(case.file, {}), case.path, changes)
    for file, changes in by_file.items():
        old = _read(file)
        try:
            update.texts[file] = old, rewritten(old, changes)
        except CannotUpdate as error:
            update.left.append(f"{file}: {error}.")
    return update


def _changes(case: Case, record: ProviderRecord) -> Changes:
    outcome = play(case, record)
    return {} if isinstance(outcome.error, MissingExtra) else changes_of(case, outcome)


def _joined(known: Changes, path: tuple[str | int, ...], changes: Changes) -> Changes:
    """Changes of one file with those of one more exchange in it, which `path` leads to."""
    if not path:
        return {**known, **changes}
    inner = known.get(path[0], {})
    assert isinstance(inner, dict)
    return {**known, path[0]: _joined(inner, path[1:], changes)}


def _read(file: str) -> str:
    # As bytes, so that line ends stay what they are.
    return Path(file).read_bytes().decode("utf-8")
