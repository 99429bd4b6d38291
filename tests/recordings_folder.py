"""Where recorded exchanges of real services are found. They are not part of the project."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

VARIABLE: Final = "MODEL_RUNTIME_RECORDINGS"
MISSING: Final = f"no recordings; set {VARIABLE} to a folder with data/exchanges and acceptance"


def recordings() -> Path | None:
    """The folder that holds `data/`, `acceptance/` and `lab/`, or None.

    It is the one that the environment names, else a folder `shared` beside the checkout.
    """
    root = Path(os.environ.get(VARIABLE) or Path(__file__).parents[2] / "shared")
    return root if (root / "data" / "exchanges" / "index.jsonl").is_file() else None


# Each may import those before it, by their bare names: so those are what they are kept under.
_READINGS: Final = ("oracle", "server", "replay", "rebuild")


@cache
def reading(name: str) -> ModuleType:
    """A module of the folder's `acceptance`, which reads the recordings without this library."""
    root = recordings()
    assert root is not None, MISSING
    for needed in _READINGS[: _READINGS.index(name)]:
        reading(needed)
    file = root / "acceptance" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None and spec.loader is not None, f"{file} is no module"
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
