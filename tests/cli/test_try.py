"""Expressions of a spec, tried on a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REPLY = {
    "choices": [{"message": {"content": "Hi", "refusal": None}}],
    "messages": [{"role": "user", "content": "Hello"}],
    "limit": 0,
}


@pytest.fixture
def reply(tmp_path: Path) -> Path:
    """A file with a reply."""
    file = tmp_path / "reply.json"
    file.write_text(json.dumps(REPLY), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("choices[0].message.content", "Hi"),
        ("not_null(choices[0].message.refusal, limit)", 0),
        ("nothing.here", None),
    ],
    ids=["path", "function", "missing"],
)
def test_path_reads_the_file(
    command: Callable[..., Any], reply: Path, expression: str, found: object
) -> None:
    """JMESPath gives what a spec would read from such a reply."""
    assert command("try", expression, "--on", reply).json == found


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("limit", 0),
        ("{{ limit }}", 0),
        ("limit is {{ limit }}", "limit is 0"),
        ("messages | flatten_prompt", "Hello"),
        ("choices[0].message", {"content": "Hi", "refusal": None}),
    ],
    ids=["bare", "braces", "text", "messages", "map"],
)
def test_jinja_builds_from_the_file(
    command: Callable[..., Any], reply: Path, expression: str, found: object
) -> None:
    """A Jinja expression gives the value that a body would hold; messages are canonical."""
    assert command("try", expression, "--jinja", "--on", reply).json == found


def test_absent_is_no_null(command: Callable[..., Any], reply: Path) -> None:
    """What is absent prints no value, and says so."""
    done = command("try", "choices[0].nothing", "--jinja", "--on", reply)
    assert (done.code, done.out) == (0, "")
    assert done.err.startswith("absent")


def test_yaml_file_is_read(command: Callable[..., Any], tmp_path: Path) -> None:
    """A file of YAML does as well."""
    file = tmp_path / "reply.yaml"
    file.write_text("answer: {text: sure}\n")
    assert command("try", "answer.text", "--on", file).json == "sure"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("choices[0.x",), "expression:1:8: error[R401]"),
        (("1 + limit", "--jinja"), "error[T304]"),
        (("length(limit)",), "length() met"),
        (("nothing", "--jinja"), "`nothing` is not in scope"),
    ],
    ids=["syntax", "arithmetic", "type", "name"],
)
def test_fault_is_told_with_its_column(
    command: Callable[..., Any], reply: Path, arguments: tuple[str, ...], told: str
) -> None:
    """A fault of the expression is told as `check` tells it."""
    done = command("try", *arguments, "--on", reply)
    assert done.code == 1
    assert told in done.err
