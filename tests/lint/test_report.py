"""How findings are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.findings import Finding
from model_runtime.lint.report import (
    LONGEST_LINE,
    Sources,
    finding_data,
    format_finding,
    format_findings,
    summary,
)
from model_runtime.location import Place


def shown(tmp_path: Path, text: str, line: int, column: int, **fields: object) -> list[str]:
    """Show one finding in a file of this text, and return the lines below its first."""
    file = tmp_path / "acme.yaml"
    file.write_text(text, encoding="utf-8")
    given = {"code": "T303", "message": "wrong.", **fields}
    finding = Finding(place=Place(str(file), line, column, "a.b"), **given)  # type: ignore[arg-type]
    head, *rest = format_finding(finding, Sources()).split("\n")
    assert head == f"{file}:{line}:{column}: error[T303]: a.b: wrong."
    return rest


def test_caret_stands_below_the_fault(tmp_path: Path) -> None:
    """The line, the one above it, a caret as wide as the fault, the hint and the help."""
    text = "body:\n  temperature: x.temprature\n"
    rest = shown(tmp_path, text, 2, 18, length=10, hint="did you mean `temperature`?", help="Look.")
    assert rest == [
        "    1 | body:",
        "    2 |   temperature: x.temprature",
        "      |                  ^^^^^^^^^^ did you mean `temperature`?",
        "  help: Look. (`model-runtime explain T303`)",
    ]


def test_note_stands_below_the_help(tmp_path: Path) -> None:
    """What else is worth knowing comes last."""
    rest = shown(tmp_path, "a: 1\n", 1, 1, help="Look.", note="inherited chain: a -> b")
    assert rest[-2:] == [
        "  help: Look. (`model-runtime explain T303`)",
        "  note: inherited chain: a -> b",
    ]


def test_caret_counts_wide_characters_twice(tmp_path: Path) -> None:
    """A terminal gives Chinese characters two columns, and the caret follows."""
    rest = shown(tmp_path, "名: x\n", 1, 4)
    assert rest == ["    1 | 名: x", "      |     ^"]


def test_tabs_and_control_characters_keep_their_place(tmp_path: Path) -> None:
    """No line of a file can drive the terminal or move the caret."""
    rest = shown(tmp_path, "a:\t\x1b[2Jb\n", 1, 8)
    assert rest == ["    1 | a: ·[2Jb", "      |        ^"]


def test_long_line_is_cut_around_the_fault(tmp_path: Path) -> None:
    """The fault stays in sight, with the caret below it."""
    rest = shown(tmp_path, "x" * 500 + "FAULT" + "x" * 500, 1, 501, length=5)
    assert len(rest[0]) < LONGEST_LINE + 20
    at = rest[1].index("^^^^^")
    assert rest[0][at : at + 5] == "FAULT"


def test_fault_at_the_end_of_a_line_has_a_caret(tmp_path: Path) -> None:
    """What is missing at the end is pointed to, also when the column lies beyond."""
    assert shown(tmp_path, "ab\n", 1, 3)[1] == "      |   ^"


def test_missing_file_leaves_the_message_alone() -> None:
    """A file that cannot be read is no second error, and the hint is not lost."""
    place = Place("nowhere.yaml", 3, 1)
    finding = Finding(code="S102", message="unknown.", place=place, hint="did you mean `a`?")
    assert format_finding(finding, Sources()) == (
        "nowhere.yaml:3:1: error[S102]: unknown.\n  hint: did you mean `a`?"
    )


def test_finding_without_place_is_its_message() -> None:
    """A fault of the whole provider has no line."""
    assert format_findings([Finding(code="I204", message="no wire.")]) == "error[I204]: no wire."


def test_findings_are_sorted_by_place() -> None:
    """The order is that of the file, whatever was found first."""
    findings = [
        Finding(code="S102", message="two", place=Place("a.yaml", 2, 1)),
        Finding(code="S102", message="one", place=Place("a.yaml", 1, 9)),
    ]
    assert format_findings(findings).index("one") < format_findings(findings).index("two")


@pytest.mark.parametrize(
    ("severities", "told"),
    [
        ([], "2 specs checked: no findings."),
        (["error"], "2 specs checked: 1 error."),
        (["warning", "error", "error"], "2 specs checked: 2 errors, 1 warning."),
    ],
    ids=["none", "one", "both"],
)
def test_summary_counts_by_severity(severities: list[str], told: str) -> None:
    """The last line says how many there are of each."""
    findings = [Finding(code="X", message="m", severity=name) for name in severities]  # type: ignore[arg-type]
    assert summary(findings, 2) == told


def test_data_has_every_key() -> None:
    """Machines find each key, also when there is no place."""
    data = finding_data(Finding(code="I204", message="no wire."))
    assert data["code"] == "I204"
    assert data["file"] is data["line"] is data["column"] is None
