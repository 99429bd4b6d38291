"""Guards of `import model_runtime`: it loads no heavy library, reads no spec, opens no socket."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("jinja2", "jsonschema", "yaml", "jmespath", "typer", "botocore", "google.auth", "orjson")

PROGRAM = """
import json, sys

opened, connected = [], []

def watch(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        opened.append(arguments[0])
    elif event.startswith("socket.") and event != "socket.gethostname":
        connected.append(event)

sys.addaudithook(watch)
from model_runtime import ModelRuntime
print(json.dumps({"modules": sorted(sys.modules), "opened": opened, "connected": connected}))
"""


@pytest.fixture(scope="module")
def imported(root: Path) -> dict[str, list[str]]:
    """What a fresh process loads, opens and connects when it imports the runtime."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(root / "engine")},
    )
    assert done.returncode == 0, done.stderr
    seen: dict[str, list[str]] = json.loads(done.stdout)
    return seen


def test_import_loads_no_heavy_library(imported: dict[str, list[str]]) -> None:
    """A host pays for templates, schemas and YAML only when it loads a spec."""
    assert sorted(set(HEAVY) & set(imported["modules"])) == []


def test_import_reads_no_spec(imported: dict[str, list[str]]) -> None:
    """No YAML file and no schema is opened before the first call."""
    read = [name for name in imported["opened"] if name.endswith((".yaml", ".yml", ".json"))]
    assert read == []


def test_import_opens_no_socket(imported: dict[str, list[str]]) -> None:
    """Nothing is looked up or connected by importing."""
    assert imported["connected"] == []
