"""The options of the check: formats, limits, stdin, fixes; and the pages of rules."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

HEAD = "spec_version: 1\nprovider: acme\nextends: openai_compatible\n"
SAME = "operations:\n  llm:\n    request:\n      path: /chat/completions\n      method: POST\n"
BRACED = "operations:\n  llm:\n    request:\n      body:\n        x: {{ model }}\n        y:\n"
BRACED += '          $if: "{{ tools }}"\n          $then: 1\n'


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in the working directory with two warnings and no error."""
    monkeypatch.chdir(tmp_path)
    file = Path("acme.yaml")
    file.write_text(HEAD + "base_url: https://api.acme.example/v1\n" + SAME, encoding="utf-8")
    return file


@pytest.mark.parametrize(("most", "code"), [(0, 1), (1, 1), (2, 0)])
def test_warnings_fail_beyond_the_limit(
    command: Callable[..., Any], spec: Path, most: int, code: int
) -> None:
    """Warnings alone pass, unless there are more of them than allowed."""
    assert command("check", spec).code == 0
    assert command("check", spec, "--max-warnings", most).code == code


@pytest.mark.parametrize(
    ("name", "start"),
    [("json", "["), ("sarif", "{"), ("github", "::warning file=acme.yaml"), ("junit", "<?xml")],
)
def test_every_format_goes_to_standard_output(
    command: Callable[..., Any], spec: Path, name: str, start: str
) -> None:
    """The findings are on standard output, and the count is not."""
    done = command("check", spec, "--format", name)
    assert done.out.startswith(start)
    assert "I203" in done.out
    assert done.err.strip() == "1 spec checked: 2 warnings."


def test_clean_sarif_log_has_no_results(command: Callable[..., Any], spec: Path) -> None:
    """A clean check gives a whole log, which tells a scanner that old findings are gone."""
    spec.write_text(HEAD + "base_url: https://api.acme.example/v1\n", encoding="utf-8")
    assert json.loads(command("check", spec, "--format", "sarif").out)["runs"][0]["results"] == []


def test_text_of_an_editor_is_checked_in_place_of_the_file(
    command: Callable[..., Any], spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands on stdin is checked, with its own lines, and the file is not read."""
    typed = io.TextIOWrapper(io.BytesIO((HEAD + "colour: blue\n").encode()))
    monkeypatch.setattr(sys, "stdin", typed)
    done = command("check", "--stdin-filename", spec)
    assert done.code == 1
    assert "acme.yaml:4:1: error[S102]: " in done.out
    assert "    4 | colour: blue" in done.out
    assert "I203" not in done.out


def test_typed_provider_file_is_named_after_its_folder(
    command: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new `provider.yaml` need not be on the disk yet."""
    monkeypatch.chdir(tmp_path)
    text = HEAD + "base_url: https://api.acme.example/v1\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    done = command("check", "--stdin-filename", "acme/provider.yaml")
    assert (done.code, done.out) == (0, "")


def test_stdin_and_paths_exclude_each_other(command: Callable[..., Any], spec: Path) -> None:
    """One text or some files, not both."""
    assert command("check", spec, "--stdin-filename", spec).code == 2


def test_fix_deletes_what_the_parent_has(command: Callable[..., Any], spec: Path) -> None:
    """A line that says nothing goes, and every other byte stays."""
    text = spec.read_text(encoding="utf-8").replace("method: POST", "query: {a: b}")
    spec.write_text(text, encoding="utf-8")
    done = command("check", spec, "--fix")
    assert "acme.yaml: 1 mended." in done.err
    assert spec.read_text(encoding="utf-8") == text.replace("      path: /chat/completions\n", "")


def test_fix_that_would_break_the_file_is_taken_back(
    command: Callable[..., Any], spec: Path
) -> None:
    """Without its two lines `request` would hold nothing, so the file stays as it was."""
    text = spec.read_text(encoding="utf-8")
    done = command("check", spec, "--fix")
    assert "acme.yaml: left as it was" in done.err
    assert spec.read_text(encoding="utf-8") == text


def test_fix_quotes_templates_and_drops_braces(command: Callable[..., Any], spec: Path) -> None:
    """Faults that one line can mend are mended, and the check is clean afterwards."""
    spec.write_text(HEAD + "base_url: https://api.acme.example/v1\n" + BRACED, encoding="utf-8")
    assert command("check", spec).code == 1
    for _ in range(2):
        done = command("check", spec, "--fix")
    assert done.code == 0, done.out
    text = spec.read_text(encoding="utf-8")
    assert 'x: "{{ model }}"' in text
    assert '$if: "tools"' in text


def test_silenced_finding_is_not_told(command: Callable[..., Any], spec: Path) -> None:
    """A comment with a reason silences a warning; an error that stops the engine stays."""
    text = spec.read_text(encoding="utf-8")
    text = text.replace("completions\n", "completions  # check: disable=I203 kept for the reader\n")
    spec.write_text(text + "colour: blue  # check: disable=S102 we like it\n", encoding="utf-8")
    codes = [row["code"] for row in command("check", spec, "--format", "json").json]
    assert codes == ["I203", "S102", "L606"]


def test_explain_prints_the_page_of_a_rule(command: Callable[..., Any]) -> None:
    """The page has the title, what is wrong and what to write instead."""
    done = command("explain", "t308")
    assert done.code == 0
    assert done.out.startswith("T308: Braces in the argument of a directive.")
    assert "  $if: tools" in done.out


def test_explain_of_no_rule_names_the_nearest(command: Callable[..., Any]) -> None:
    """A wrong code is wrong usage."""
    done = command("explain", "T3O8")
    assert done.code == 2
    assert "Did you mean T308" in done.err


def test_explain_without_a_code_lists_all(command: Callable[..., Any]) -> None:
    """Every rule is listed with its title."""
    assert "A501  A text that looks like a key." in command("explain").out


def test_coverage_in_json_tells_every_branch(command: Callable[..., Any], spec: Path) -> None:
    """`--coverage` makes the JSON a map: the findings, and each branch with how often it was
    taken."""
    own = "parameters: {n: n}\n"
    spec.write_text(HEAD + "base_url: https://api.acme.example/v1\n" + own, encoding="utf-8")
    done = command("check", spec, "--coverage", "--format", "json")
    place = {"file": "acme.yaml", "line": 5, "column": 14, "path": "parameters.n", "detail": ""}
    branch = {"kind": "parameter", "taken": 0, **place}
    assert done.json["coverage"] == [
        {"provider": "acme", "written": 1, "exercised": 0, "branches": [branch]}
    ]
    assert [finding["code"] for finding in done.json["findings"]] == ["L607"]
    assert "acme: 0 of 1 branches exercised; open: parameters (1)" in done.err
    assert command("check", spec, "--coverage", "--max-warnings", 0).code == 1
