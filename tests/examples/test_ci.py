"""The hook, the action and the repository that uses them: their commands are run as written."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
CI = ROOT / "examples" / "ci"


def read(path: Path) -> Any:
    """The content of a YAML file."""
    return yaml.safe_load(path.read_text(encoding="utf-8"))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository."""
    return Path(shutil.copytree(CI, tmp_path / "ci"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An environment in which `model-runtime` is the command of this checkout."""
    folder = tmp_path / "bin"
    folder.mkdir()
    command = folder / "model-runtime"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m model_runtime "$@"\n', "utf-8")
    command.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT / "engine")}


def break_exchange(repository: Path) -> None:
    """Let an exchange expect what is not given."""
    case = repository / "specs" / "acme" / "exchanges" / "llm" / "plain.yaml"
    case.write_text(case.read_text("utf-8").replace("text: pong", "text: ping"), "utf-8")


def run(command: list[str], folder: Path, environment: dict[str, str]) -> tuple[int, str]:
    """Run a command; return its exit code and what it tells."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def hook_command() -> list[str]:
    """The command line of the hook, as the repository sets it."""
    (hook,) = read(ROOT / ".pre-commit-hooks.yaml")
    (used,) = read(CI / ".pre-commit-config.yaml")["repos"][0]["hooks"]
    assert used["id"] == hook["id"]
    assert hook["pass_filenames"] is False
    return [*shlex.split(hook["entry"]), *used.get("args", hook["args"])]


def test_hook_passes_and_fails(repository: Path, environment: dict[str, str]) -> None:
    """The specs pass as they are; an exchange that no longer holds stops the commit."""
    code, told = run(hook_command(), repository, environment)
    assert code == 0, told
    break_exchange(repository)
    code, told = run(hook_command(), repository, environment)
    assert code == 1
    assert 'gives.text: expected "ping", got "pong"' in told


def test_action_passes_and_annotates(repository: Path, environment: dict[str, str]) -> None:
    """The script of the action is run with the inputs of the repository's workflow."""
    action = read(ROOT / "action.yml")
    job = read(CI / ".github" / "workflows" / "specs.yml")["jobs"]["check"]
    inputs = {name: row["default"] for name, row in action["inputs"].items()}
    given = job["steps"][-1]["with"]
    assert set(given) <= set(inputs)
    inputs |= {**given, "exhaustive": "true"}
    step = action["runs"]["steps"][-1]
    values = {
        name: inputs[value.removeprefix("${{ inputs.").removesuffix(" }}")]
        for name, value in step["env"].items()
    }
    command = ["bash", "-e", "-o", "pipefail", "-c", step["run"]]
    code, told = run(command, repository, environment | values)
    assert code == 0, told
    break_exchange(repository)
    code, told = run(command, repository, environment | values)
    assert code == 1
    assert "::error file=specs/acme/exchanges/llm/plain.yaml,line=10" in told
