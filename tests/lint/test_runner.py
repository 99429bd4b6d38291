"""One fault is told once, at the file that has it."""

from __future__ import annotations

from pathlib import Path

from model_runtime.cli.check import check, stored
from model_runtime.findings import Finding

HEAD = """\
spec_version: 1
provider: acme
extends: openai_compatible
base_url: https://api.acme.example/v1
headers:
"""


def found(tmp_path: Path, header: str) -> list[Finding]:
    """The errors of a child of the common base that adds a header."""
    file = tmp_path / "acme.yaml"
    file.write_text(f"{HEAD}  {header}\n", encoding="utf-8")
    checked = check(stored([file], []))
    return [finding for finding in checked.findings if finding.severity == "error"]


def test_name_that_every_operation_misses_is_told_once(tmp_path: Path) -> None:
    """A header belongs to all operations, whose names differ, and is one text of one file."""
    (told,) = found(tmp_path, 'x-model: "{{ mdoel }}"')
    assert (told.code, told.hint) == ("T302", "did you mean `model`?")


def test_braces_without_quotes_are_told_alone(tmp_path: Path) -> None:
    """What stands inside is judged when the quotes are there."""
    (told,) = found(tmp_path, "x-model: {{ mdoel }}")
    assert told.code == "Y005"


def test_header_that_breaks_inherited_calls_is_told_once_at_the_child(tmp_path: Path) -> None:
    """The parent, which renders without the header, is not blamed."""
    (told,) = found(tmp_path, "x-plan: \N{LEFT DOUBLE QUOTATION MARK}pro")
    assert told.code == "T313"
    assert told.place is not None
    assert told.place.file == str(tmp_path / "acme.yaml")
