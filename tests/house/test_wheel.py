"""Guard of what ships: the wheel works in a clean environment, far from the checkout."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)

PROGRAM = """
import json
import model_runtime
from model_runtime import ModelRuntime

seen = {}
with ModelRuntime(credentials={}) as runtime:
    for provider in runtime.providers():
        described = provider.to_dict()
        name = described["provider"]
        runtime.provider(name).models()
        icons = {key for key in ("icon_small", "icon_large") if described.get(key)}
        seen[name] = {key: len(runtime.icon(name, key, "en_US")[0]) for key in sorted(icons)}
print(json.dumps({"file": model_runtime.__file__, "providers": seen}))
"""


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as users get it: built from the sdist, not from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build(root, folder, "sdist")
    (sdist,) = folder.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    build(folder / sdist.name.removesuffix(".tar.gz"), folder, "wheel")
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def clean_python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has the wheel and its dependencies, and neither the checkout nor its folder.

    The dependencies are those of the running environment: a plain path in a .pth file brings its
    packages without its own .pth files, and so without the editable install of the checkout.
    """
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"))
    offline = ("--no-deps", "--no-index", "--quiet")
    run(Path(sys.executable), "-m", "pip", "--python", python, "install", *offline, wheel)
    (packages / "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return python


def build(source: Path, target: Path, kind: str) -> None:
    """Build the sdist or wheel of a source tree with the backend that pyproject.toml names."""
    run(Path(sys.executable), "-m", "hatchling", "build", "-t", kind, "-d", str(target), cwd=source)


def run(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a command and return what it prints; a failure shows all its output."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command[1:4]} failed:\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


def test_wheel_holds_the_package_and_its_data(
    wheel: Path, root: Path, kept_files: tuple[str, ...]
) -> None:
    """Every source, spec and schema that git keeps is in the wheel, and no second package."""
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {name.removeprefix("engine/") for name in kept_files if name.startswith("engine/")} | {
        f"model_runtime/_data/{name}"
        for name in kept_files
        if name.startswith(("provider_specs/", "json_schemas/"))
    }
    assert not wanted - names, f"missing in the wheel: {sorted(wanted - names)[:20]}"
    roots = {name.partition("/")[0] for name in names}
    assert [name for name in sorted(roots) if not name.endswith(".dist-info")] == ["model_runtime"]


def test_installed_wheel_loads_every_provider(clean_python: Path, root: Path) -> None:
    """Outside the checkout, every bundled provider is listed with its models and its icons."""
    outside = clean_python.parent.parent
    seen = json.loads(run(clean_python, "-I", "-c", PROGRAM, cwd=outside))
    assert Path(seen["file"]).is_relative_to(outside)
    assert sorted(seen["providers"]) == bundled_providers(root)
    empty = [name for name, icons in seen["providers"].items() if 0 in icons.values()]
    assert empty == []


def bundled_providers(root: Path) -> list[str]:
    """Return the names of the shipped providers that are not abstract."""
    texts = {
        path.parent.name: path.read_text(encoding="utf-8")
        for path in (root / "provider_specs").glob("*/provider.yaml")
    }
    return sorted(name for name, text in texts.items() if "\nabstract: true" not in text)


def test_installed_command_answers(clean_python: Path) -> None:
    """The script that the wheel installs, and `python -m`, both tell the commands."""
    script, outside = clean_python.with_name("model-runtime"), clean_python.parent
    told = run(script, "--help", cwd=outside)
    run(clean_python, "-I", "-m", "model_runtime", "--help", cwd=outside)
    for command in ("providers", "models", "chat", "check", "demo"):
        assert command in told
