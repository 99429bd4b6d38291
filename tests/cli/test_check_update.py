"""`check --update`: a diff, a question, and files written only after a yes."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SPEC = (
    "spec_version: 1\nprovider: acme\nextends: openai_compatible\nbase_url: https://a.example/v1\n"
)
CASE = """\
# asks
given: {model: small, messages: [{role: user, content: ping}]}
reply: {json: {choices: [{message: {content: pong}, finish_reason: stop}]}}
gives: {text: ping}   # answers
"""


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spec in the working directory whose one exchange does not hold."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.chdir(tmp_path)
    file = Path("acme", "exchanges", "llm", "case.yaml")
    file.parent.mkdir(parents=True)
    Path("acme", "provider.yaml").write_text(SPEC, encoding="utf-8")
    file.write_text(CASE, encoding="utf-8")
    return file


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Type an answer to the question."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_accepted_diff_is_written_and_checked(
    command: Callable[..., Any], case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The diff is on standard output; after a yes the file holds, and so the check passes."""
    answer(monkeypatch, "y\n")
    done = command("check", "acme", "--update")
    assert "-gives: {text: ping}   # answers\n+gives: {text: pong}   # answers\n" in done.out
    assert "Write this file?" in done.err
    assert done.code == 0
    assert case.read_text(encoding="utf-8") == CASE.replace("text: ping", "text: pong")


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_diff_without_a_yes_is_not_written(
    command: Callable[..., Any], case: Path, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    """A no, and no answer at all, leave the file; what does not hold fails the check."""
    answer(monkeypatch, typed)
    done = command("check", "acme", "--update")
    assert "+gives: {text: pong}" in done.out
    assert "L603" in done.out
    assert "Nothing was written." in done.err
    assert done.code == 1
    assert case.read_text(encoding="utf-8") == CASE


def test_yes_accepts_unasked(command: Callable[..., Any], case: Path) -> None:
    """`--yes` shows the diff and writes."""
    done = command("check", "acme", "--update", "--yes")
    assert "+gives: {text: pong}" in done.out
    assert done.code == 0
    assert "No exchange is to be updated." in command("check", "acme", "--update").err


def test_ci_refuses_an_update(
    command: Callable[..., Any], case: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where CI is set nothing is shown or written, not even with `--yes`."""
    monkeypatch.setenv("CI", "true")
    done = command("check", "acme", "--update", "--yes")
    assert done.code == 2
    assert "--update is refused where CI is set" in done.err
    assert case.read_text(encoding="utf-8") == CASE
