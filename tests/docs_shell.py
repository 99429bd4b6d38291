"""Runs the commands that pages tell people to type.

Our own commands run in this process, as they would in a shell; a target of make and a package of
pip are looked up, since they would set up the environment that the tests run in.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[1]
PINNED: Final = ROOT / ".ci" / "requirements"

Outcome = tuple[int, str]


class Shell:
    """A shell with its own working directory and variables."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._monkeypatch = monkeypatch
        self.folder = folder

    def run(self, line: str) -> Outcome:
        """Run one line; return its exit code and what it prints."""
        given = ""
        *before, last = split_pipe(shlex.split(line, comments=True))
        for words in before:
            code, given = self._command(words, given)
            assert code == 0, f"{line}: {given}"
        return self._command(last, given)

    def _command(self, words: Sequence[str], given: str) -> Outcome:
        name, *arguments = words
        special: dict[str, Callable[[Sequence[str]], Outcome]] = {
            "cd": self._cd,
            "export": self._export,
            "make": find_targets,
            "pip": find_packages,
            "pre-commit": find_pre_commit,
        }
        if name in special:
            return special[name](arguments)
        if name == "model-runtime":
            return self._ours(arguments, given)
        return self._other(words, given)

    def _cd(self, arguments: Sequence[str]) -> Outcome:
        self.folder = self.folder / arguments[0]
        self._monkeypatch.chdir(self.folder)
        return 0, ""

    def _export(self, arguments: Sequence[str]) -> Outcome:
        for argument in arguments:
            name, _, value = argument.partition("=")
            self._monkeypatch.setenv(name, value)
        return 0, ""

    def _ours(self, arguments: Sequence[str], given: str) -> Outcome:
        from model_runtime.cli.main import run

        self._monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        printed = io.StringIO()
        with redirect_stdout(printed), redirect_stderr(printed):
            return run(arguments), printed.getvalue()

    def _other(self, words: Sequence[str], given: str) -> Outcome:
        command, folder, environment = list(words), self.folder, {**os.environ}
        environment |= {"PYTHONPATH": str(ROOT / "engine"), "PYTEST_ADDOPTS": ""}
        if words[0] == "pytest":
            plugin = ("-p", "model_runtime.pytest_plugin", "-p", "no:cacheprovider")
            command = [sys.executable, "-m", "pytest", *plugin, "--rootdir", ".", *words[1:]]
            environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        elif words[0] == ".venv/bin/python":
            command, folder = [sys.executable, *words[1:]], ROOT
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr


def split_pipe(words: Sequence[str]) -> list[list[str]]:
    """The commands of a line, parted by `|`."""
    commands: list[list[str]] = [[]]
    for word in words:
        if word == "|":
            commands.append([])
        else:
            commands[-1].append(word)
    return commands


def find_targets(arguments: Sequence[str]) -> Outcome:
    """Look up targets of the Makefile."""
    known = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    unknown = [name for name in arguments if name not in known]
    return (2, f"no target {unknown} in the Makefile") if unknown else (0, "")


def find_packages(arguments: Sequence[str]) -> Outcome:
    """Look up packages to install: this one with its extras, or one that is pinned."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = "\n".join(path.read_text(encoding="utf-8") for path in PINNED.glob("*.txt"))
    for package in arguments[1:]:
        found = re.fullmatch(r"([\w-]+)(?:\[([\w,-]+)\])?", package)
        assert found, f"pip install {package}: no name of a package"
        extras = set(found[2].split(",")) if found[2] else set()
        if found[1] != project["name"] and not re.search(rf"^{found[1]}==", pinned, re.M):
            return 1, f"{package} is neither this project nor pinned in .ci/requirements"
        if not extras <= set(project["optional-dependencies"]):
            return 1, f"{package}: no such extra"
    return (0, "") if arguments[0] == "install" else (2, f"pip {arguments[0]}")


def find_pre_commit(arguments: Sequence[str]) -> Outcome:
    """Let `make hooks` run it: here it is not installed."""
    text = (ROOT / "tests" / "hooks" / "test_other_repositories.py").read_text(encoding="utf-8")
    return (0, "") if f'"{arguments[0]}"' in text else (2, f"no test runs {list(arguments)}")
