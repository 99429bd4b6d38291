"""What every test has: no network, a clean environment, and on request a server and drivers."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

# Under importlib mode no folder of tests is importable; the two modules beside this one must be.
sys.path.append(str(Path(__file__).parent))

_LOCAL = ("127.0.0.1", "::1", "localhost")
_ENDINGS = ("_proxy", "_key", "_token", "_secret")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse every address but this machine's own."""
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def local_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _LOCAL:
            raise OSError(f"tests do not reach the network: {address!r}")
        connect(self, address)

    def local_resolve(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in (*_LOCAL, None):
            raise socket.gaierror(socket.EAI_NONAME, "tests do not reach the network")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket.socket, "connect", local_connect)
    monkeypatch.setattr(socket, "getaddrinfo", local_resolve)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hide the keys and proxies of whoever runs the tests."""
    for name in list(os.environ):
        if name.lower().endswith(_ENDINGS):
            monkeypatch.delenv(name)


@pytest.fixture
def loopback() -> Iterator[Any]:
    """A scripted HTTP server on this machine; see `loopback.py`."""
    from loopback import Loopback

    server = Loopback()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sync", "async"])
def make_drive(request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Make drives: each test that asks for one runs through both drivers; see `drives.py`."""
    from drives import DRIVES

    made: list[Any] = []

    def make(*args: Any, **kwargs: Any) -> Any:
        made.append(DRIVES[request.param](*args, **kwargs))
        return made[-1]

    make.mode = request.param  # type: ignore[attr-defined]
    yield make
    for drive in made:
        drive.close()


@pytest.fixture
def drive(make_drive: Callable[..., Any]) -> Any:
    """A drive with the engine's own connections."""
    return make_drive()
