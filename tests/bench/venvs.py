"""A virtual environment for each library, made when it is first needed, kept below `.venv-bench`.

What is installed stands with its hashes in `.ci/requirements/bench/`. Our own package is built
as a wheel and installed like the others, so that what is measured is what a user gets.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / ".venv-bench"
PINNED: Final = ROOT / ".ci" / "requirements" / "bench"
OWN: Final = "model-runtime"


def python_of(name: str) -> Path:
    """The interpreter of an environment."""
    return HOME / name / "bin" / "python"


def site_of(name: str) -> Path:
    """Where the packages of an environment stand."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return HOME / name / "lib" / version / "site-packages"


def build(name: str) -> None:
    """Make an environment anew, unless it is there with the same requirements."""
    requirements = PINNED / f"{name}.txt"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    stamp = HOME / name / "requirements.sha256"
    if not stamp.exists() or stamp.read_text() != wanted:
        print(f"installing {name}", flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(HOME / name))
        _pip(name, "install", "--no-deps", "--require-hashes", "-r", str(requirements))
        stamp.write_text(wanted)
    if name == OWN:
        _install_ours()


def _install_ours() -> None:
    wheels = HOME / "wheels"
    for old in wheels.glob("*.whl"):
        old.unlink()
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels))
    _pip(OWN, *build, str(ROOT))
    (wheel,) = wheels.glob("*.whl")
    _pip(OWN, "install", "--no-deps", "--force-reinstall", str(wheel))


def _pip(name: str, *arguments: str) -> None:
    pip = ("-m", "pip", "--disable-pip-version-check", "-qq")
    _run(str(python_of(name)), *pip, *arguments)


def _run(*command: str) -> None:
    # Byte code is compiled once, here: no program pays for it at each start.
    environment = {name: value for name, value in os.environ.items() if not _is_python(name)}
    subprocess.run(command, check=True, env=environment)


def _is_python(name: str) -> bool:
    return name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        build(wanted)
