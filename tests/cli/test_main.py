"""The application: its commands, its exit codes, its ways to start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import model_runtime

ENGINE = Path(model_runtime.__file__).parents[1]
COMMANDS = (
    "providers",
    "models",
    "show",
    "chat",
    "invoke",
    "voices",
    "render",
    "validate-credentials",
    "check",
    "demo",
)


def test_version_is_told(command: Callable[..., Any]) -> None:
    """`--version` prints the version and nothing else."""
    done = command("--version")
    assert (done.code, done.out) == (0, f"{model_runtime.__version__}\n")


def test_help_names_every_command(command: Callable[..., Any]) -> None:
    """The help lists each command."""
    told = command("--help").out
    assert [name for name in COMMANDS if name not in told] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(command: Callable[..., Any], name: str) -> None:
    """Each command tells what it takes."""
    done = command(name, "--help")
    assert done.code == 0
    assert "Usage:" in done.out


def test_unknown_command_is_wrong_usage(command: Callable[..., Any]) -> None:
    """A command that is not there exits with 2 and says so on standard error."""
    done = command("bogus")
    assert (done.code, done.out) == (2, "")
    assert "bogus" in done.err


def test_unknown_provider_offers_a_close_match(command: Callable[..., Any], specs: Path) -> None:
    """A misspelt provider exits with 2 and names the one that was meant."""
    done = command("show", "acne", "--specs", specs)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert "Did you mean 'acme'?" in done.err


def test_specs_are_found_through_the_environment(
    command: Callable[..., Any], specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MODEL_RUNTIME_SPECS stands for `--specs`."""
    monkeypatch.setenv("MODEL_RUNTIME_SPECS", str(specs))
    assert "acme/large" in command("models").out


def test_specs_that_are_not_there_are_wrong_usage(
    command: Callable[..., Any], tmp_path: Path
) -> None:
    """A path that does not exist exits with 2."""
    assert command("models", "--specs", tmp_path / "nowhere").code == 2


def test_module_runs_as_a_program() -> None:
    """`python -m model_runtime` is the command line."""
    done = subprocess.run(
        [sys.executable, "-m", "model_runtime", "--version"],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == model_runtime.__version__


def test_reader_that_goes_away_gives_no_traceback() -> None:
    """A pipe that is closed early, as by `head`, ends the command without a word."""
    with subprocess.Popen(
        [sys.executable, "-m", "model_runtime", "show", "openai_compatible"],
        env={**os.environ, "PYTHONPATH": str(ENGINE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
    assert told == b""
