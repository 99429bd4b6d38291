"""The processes of a measurement: the server, a worker for each library, and short programs."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import venvs
from clients import CLIENTS

HERE: Final = Path(__file__).resolve().parent
SECONDS: Final = 180.0

IMPORT: Final = """
import sys, time
sys.modules.update(dict.fromkeys({hidden!r}))
started = time.process_time()
{statement}
print((time.process_time() - started) * 1e6)
"""


class Failed(Exception):
    """A library could not do its work; the message tells what it wrote last."""


@contextmanager
def serving() -> Iterator[str]:
    """Run the server and yield its address."""
    command = [sys.executable, str(HERE / "server.py")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdin is not None and server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
        server.stdin.close()


class Machine:
    """Starts what runs a library: in its own environment, or all in the one of this process."""

    def __init__(self, url: str, scratch: Path, *, has_venvs: bool) -> None:
        self.url = url
        self.scratch = scratch
        self._has_venvs = has_venvs

    def python(self, client: str) -> str:
        """The interpreter that finds a library."""
        return str(venvs.python_of(CLIENTS[client].venv)) if self._has_venvs else sys.executable

    def environment(self, client: str) -> dict[str, str]:
        """The variables of a process: no key, no cache of the user's, byte code kept."""
        kept = {"PATH", "LANG", "LC_ALL", "TMPDIR"}
        found = {name: value for name, value in os.environ.items() if name in kept}
        found["HOME"] = str(self.scratch)
        if not self._has_venvs:
            found["PYTHONPATH"] = str(venvs.ROOT / "engine")
            found["PYTHONPYCACHEPREFIX"] = str(self.scratch / "pycache")
        return found

    def run(self, client: str, *arguments: str) -> float:
        """Run a short program and return the number that it prints."""
        done = subprocess.run(
            [self.python(client), *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env=self.environment(client),
        )
        if done.returncode:
            raise Failed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "")
        return float(done.stdout.splitlines()[-1])


class Worker:
    """One library in a process that waits for commands."""

    def __init__(self, machine: Machine, client: str) -> None:
        # A pipe that nobody reads would fill, and stop a library that warns much.
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115
        self._process = subprocess.Popen(
            [machine.python(client), str(HERE / "worker.py"), client, machine.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=machine.environment(client),
        )
        self._read()

    def command(self, do: str, *arguments: str | int) -> float | None:
        """Have something done and return what it cost; None for what the library lacks."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "args": arguments}).encode() + b"\n")
        self._process.stdin.flush()
        told: float | None = self._read().get("told")
        return told

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if selector.select(SECONDS) else b""
        if not line:
            self._errors.seek(0)
            lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
            raise Failed(lines[-1] if lines else f"no answer within {SECONDS:g} s")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _import(machine: Machine, client: str) -> float:
    entry = CLIENTS[client]
    program = IMPORT.format(statement=entry.statement, hidden=entry.hidden)
    return machine.run(client, "-c", program)


def _begin(machine: Machine, client: str) -> float:
    return machine.run(client, str(HERE / "worker.py"), client, machine.url, "begin")


def _listing(state: str) -> Callable[[Machine, str], float]:
    def measure(machine: Machine, client: str) -> float:
        return machine.run(client, str(HERE / "listing.py"), str(machine.scratch), state)

    return measure


PROGRAMS: Final[dict[str, Callable[[Machine, str], float]]] = {
    "import": _import,
    "begin": _begin,
    "list_cold": _listing("cold"),
    "list_warm": _listing("warm"),
    "list_again": _listing("again"),
}
