"""The check of specs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = (
    "spec_version: 1\nprovider: faulty\nextends: openai_compatible\nbase_url: https://a.test/v1\n"
)


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A spec with a fault that loading finds and one that only compiling finds."""
    file = tmp_path / "faulty.yaml"
    body = 'colour: blue\noperations:\n  llm: {request: {body: {temperature: "{{ modell }}"}}}\n'
    file.write_text(HEAD + body, encoding="utf-8")
    return file


def test_bundled_specs_have_no_errors(command: Callable[..., Any]) -> None:
    """Without a path every bundled spec is checked, and each can be used."""
    done = command("check")
    assert done.code == 0, done.out
    assert "specs checked" in done.err


def test_faults_of_every_stage_are_told_at_once(command: Callable[..., Any], faulty: Path) -> None:
    """Loading and compiling both report, with place, source line and caret."""
    done = command("check", faulty)
    assert done.code == 1
    assert f"{faulty}:5:1: error[S102]: " in done.out
    assert "    5 | colour: blue\n      | ^^^^^^" in done.out
    assert f"{faulty}:7:" in done.out
    assert "1 spec checked: 2 errors." in done.err


def test_findings_are_printed_as_json(command: Callable[..., Any], faulty: Path) -> None:
    """`--format json` gives one object per finding."""
    rows = command("check", faulty, "--format", "json").json
    assert [(row["code"], row["line"]) for row in rows][0] == ("S102", 5)
    assert all(row["severity"] == "error" for row in rows)


def test_specs_may_extend_each_other_across_paths(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    """A parent may stand under `--specs`, and only the paths are counted."""
    base, child = tmp_path / "base", tmp_path / "child"
    base.mkdir()
    child.mkdir()
    (base / "parent.yaml").write_text(HEAD.replace("faulty", "parent"), encoding="utf-8")
    (child / "heir.yaml").write_text(
        "spec_version: 1\nprovider: heir\nextends: parent\nbase_url: https://b.test/v1\n",
        encoding="utf-8",
    )
    done = command("check", child, "--specs", base)
    assert (done.code, done.out) == (0, "")
    assert "1 spec checked: no findings." in done.err


def test_file_that_is_no_yaml_is_one_finding(command: Callable[..., Any], tmp_path: Path) -> None:
    """A spec that cannot be read at all is told like any other fault."""
    (tmp_path / "broken.yaml").write_text("provider: [", encoding="utf-8")
    done = command("check", tmp_path)
    assert done.code == 1
    assert "error[Y001]" in done.out


def test_path_that_is_not_there_is_wrong_usage(command: Callable[..., Any], tmp_path: Path) -> None:
    """A misspelt path is no clean check."""
    assert command("check", tmp_path / "nowhere").code == 2


def test_folder_without_specs_is_wrong_usage(command: Callable[..., Any], tmp_path: Path) -> None:
    """A check that looked at nothing must not pass."""
    done = command("check", tmp_path)
    assert (done.code, done.out) == (2, "")
    assert str(tmp_path) in done.err
