"""The plugin for pytest, run as its users run it: in a pytest of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest with the plugin in a folder; return its exit code and what it tells."""
    command = [sys.executable, "-m", "pytest", "-p", "model_runtime.pytest_plugin", "-v"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--rootdir", ".", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "PYTHONPATH": str(ROOT / "engine"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository that shows how CI is set up."""
    return Path(shutil.copytree(ROOT / "examples" / "ci", tmp_path / "ci"))


def test_each_exchange_is_a_test(repository: Path) -> None:
    """The file and the case are in its name, and `-k` chooses among them."""
    code, told = run_pytest(repository, "--model-runtime-specs", "specs")
    assert code == 0, told
    for name in ("plain", "stream", "error"):
        assert f"specs/acme/exchanges/llm/{name}.yaml::llm/{name} PASSED" in told
    assert re.search(r"=+ 3 passed in [\d.]+s =+", told)
    _, told = run_pytest(repository, "--model-runtime-specs", "specs", "-k", "stream")
    assert "1 passed, 2 deselected" in told


def test_exchange_that_differs_fails_at_its_line(repository: Path) -> None:
    """The difference is told without a traceback, beside the test that holds."""
    case = repository / "specs" / "acme" / "exchanges" / "llm" / "plain.yaml"
    case.write_text(case.read_text("utf-8").replace("model: small", "model: large", 1), "utf-8")
    code, told = run_pytest(repository, "--model-runtime-specs", "specs")
    assert code == 1
    assert 'sends: body.model: expected "small", got "large"' in told
    assert "plain.yaml:3\n" in told
    assert "Traceback" not in told
    assert "1 failed, 2 passed" in told


def test_spec_that_cannot_be_used_is_one_failure(repository: Path) -> None:
    """Its findings are told, not what follows from them."""
    spec = repository / "specs" / "acme" / "provider.yaml"
    spec.write_text(spec.read_text("utf-8") + "headers: {x-a: '{{ nothing }}'}\n", "utf-8")
    code, told = run_pytest(repository, "--model-runtime-specs", "specs")
    assert code == 1
    assert "error[T302]" in told
    assert "1 failed" in told


def test_folder_without_specs_is_a_wrong_use(tmp_path: Path) -> None:
    """A run that looks into the wrong folder must not pass."""
    code, told = run_pytest(tmp_path, "--model-runtime-specs", ".")
    assert code == 4
    assert "no spec stands under" in told
