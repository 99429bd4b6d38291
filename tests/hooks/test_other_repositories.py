"""The hook, the action and the plugin as another repository meets them: installed, and run.

They build environments by pip, so they need a package index and some time: `make hooks` runs them.
Their commands alone, on the code of this checkout, are run by `tests/examples/test_ci.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "ci"
# As it is before the tests take keys and proxies out of it: pip may need a proxy.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
AUTHOR = ("-c", "user.name=Author", "-c", "user.email=author@acme.example")

pytestmark = [
    pytest.mark.skipif(not os.environ.get("MODEL_RUNTIME_HOOKS"), reason="`make hooks` runs it"),
    pytest.mark.timeout(300),
]


def run(*command: str | Path, cwd: Path, **more: str) -> tuple[int, str]:
    """Run a command; return its exit code and what it tells."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**ENVIRONMENT, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    return done.returncode, done.stdout + done.stderr


def succeed(*command: str | Path, cwd: Path, **more: str) -> str:
    """Run a command that must succeed; return what it tells."""
    code, told = run(*command, cwd=cwd, **more)
    assert code == 0, f"{command}: {told}"
    return told


@pytest.fixture(scope="module", autouse=True)
def package_index(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Skip where pip reaches no package index: one small download tells."""
    folder = tmp_path_factory.mktemp("probe")
    probe = (sys.executable, "-m", "pip", "download", "--no-deps", "--retries", "1", "editables")
    code, told = run(*probe, cwd=folder)
    if code:
        pytest.skip(f"pip reaches no package index: {told.strip().splitlines()[-1]}")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit of what this checkout holds, as its publisher would push it."""
    folder = tmp_path_factory.mktemp("published") / "model-runtime"
    listed = ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in succeed(*listed, cwd=ROOT).split("\0"):
        if name and (ROOT / name).exists():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target, follow_symlinks=False)
    return commit(folder)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with the example as its only commit."""
    return commit(Path(shutil.copytree(EXAMPLE, tmp_path / "specs-of-acme")))


def commit(folder: Path) -> Path:
    """Make a git repository of a folder, with everything in its first commit."""
    succeed("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    succeed("git", "add", "--all", "--force", cwd=folder)
    succeed("git", *AUTHOR, "commit", "--quiet", "--message", "Begin", cwd=folder)
    return folder


def break_exchange(repository: Path) -> None:
    """Let an exchange expect what is not given."""
    case = repository / "specs" / "acme" / "exchanges" / "llm" / "plain.yaml"
    case.write_text(case.read_text("utf-8").replace("text: pong", "text: ping"), "utf-8")


def test_pre_commit_lets_good_specs_pass_and_stops_broken_ones(
    repository: Path, published: Path, tmp_path: Path
) -> None:
    """pre-commit builds the hook from the repository that is named, and runs it at each commit."""
    config = repository / ".pre-commit-config.yaml"
    revision = succeed("git", "rev-parse", "HEAD", cwd=published).strip()
    text = re.sub(r"repo: .*", f"repo: {published}", config.read_text(encoding="utf-8"))
    config.write_text(re.sub(r"rev: .*", f"rev: {revision}", text), encoding="utf-8")
    home = {"PRE_COMMIT_HOME": str(tmp_path / "pre-commit")}
    pre_commit = (sys.executable, "-m", "pre_commit")
    succeed(*pre_commit, "install", cwd=repository, **home)

    commit_all = ("git", *AUTHOR, "commit", "--all", "--message", "Change")
    told = succeed(*commit_all, cwd=repository, **home)
    assert re.search(r"check provider specs\.+Passed", told)

    break_exchange(repository)
    code, told = run(*pre_commit, "run", "--all-files", cwd=repository, **home)
    assert code == 1
    assert re.search(r"check provider specs\.+Failed", told)
    assert 'gives.text: expected "ping", got "pong"' in told
    code, _ = run(*commit_all, cwd=repository, **home)
    assert code == 1
    assert succeed("git", "rev-list", "--count", "HEAD", cwd=repository).strip() == "2"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a runner whose Python is fresh, as after `actions/setup-python`."""
    folder = tmp_path_factory.mktemp("runner") / "python"
    venv.create(folder, with_pip=True)
    return {"PATH": f"{folder / 'bin'}{os.pathsep}{ENVIRONMENT['PATH']}"}


def filled(text: str, inputs: dict[str, str]) -> str:
    """Fill in the expressions of an action."""
    return re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: inputs[found[1]], text)


def run_steps(
    steps: list[dict[str, Any]], inputs: dict[str, str], cwd: Path, environment: dict[str, str]
) -> tuple[int, str]:
    """Run the steps that are scripts, up to the first that fails, as a runner does."""
    code, told = 0, ""
    for step in steps:
        if "run" not in step or code:
            continue
        more = {name: filled(value, inputs) for name, value in step.get("env", {}).items()}
        script = filled(step["run"], inputs)
        shell = ("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
        code, told = run(*shell, cwd=cwd, **environment, **more)
    return code, told


def test_workflow_passes_and_fails_with_the_specs(
    repository: Path, published: Path, runner: dict[str, str]
) -> None:
    """Every job of the example runs: the action installs itself and checks, pytest tests."""
    action = yaml.safe_load((published / "action.yml").read_text(encoding="utf-8"))
    text = (repository / ".github" / "workflows" / "specs.yml").read_text(encoding="utf-8")
    # The package index does not hold this checkout.
    jobs = yaml.safe_load(text.replace('"model-runtime[test]"', f'"{published}[test]"'))["jobs"]
    (used,) = [step for step in jobs["check"]["steps"] if "model-runtime" in step["uses"]]
    inputs = {name: row["default"] for name, row in action["inputs"].items()} | used["with"]
    environment = {**runner, "GITHUB_ACTION_PATH": str(published)}
    checking = (action["runs"]["steps"], inputs, repository, environment)
    testing = (jobs["test"]["steps"], {}, repository, environment)

    assert run_steps(*checking)[0] == 0
    code, told = run_steps(*testing)
    assert code == 0 and re.search(r"\b3 passed in ", told), told

    break_exchange(repository)
    code, told = run_steps(*checking)
    assert code == 1
    assert "::error file=specs/acme/exchanges/llm/plain.yaml,line=10" in told
    code, told = run_steps(*testing)
    assert code == 1 and re.search(r"\b1 failed, 2 passed in ", told), told
