"""A service of one's own for the model types that are no chat, sync and async."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS

from model_runtime.runtime import AsyncDriver, SyncDriver

HEAD = """
spec_version: 1
provider: acme
base_url: https://api.example.com
credentials: {api_key: {}, endpoint: {type: text-input, required: false}}
auth: {kind: bearer, token: "{{ credentials.api_key }}"}
errors: {in_success: error, status: {"401": auth, "5xx": server}, message: error.message}
"""


@dataclass
class VirtualTime:
    """A clock that only waits move."""

    now: float = 1_000.0
    naps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    async def nap(self, seconds: float) -> None:
        self.sleep(seconds)


class Service:
    """The provider `acme`, whose replies a test scripts and whose requests it reads."""

    def __init__(self, door: Any, loopback: Any, mode: str) -> None:
        self.door = door
        self.loopback = loopback
        self.url: str = loopback.url
        self.mode = mode
        self.time = VirtualTime()

    def answer(self, value: object, status: int = 200, **headers: str) -> None:
        """Script the next reply: bytes as they are, or anything else as JSON."""
        headers = {"content_type": "application/json", **headers}
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.loopback.answer(self.loopback.reply(body, status, **headers))

    def always(self, value: object) -> None:
        """Script every reply that is not scripted otherwise."""
        body = json.dumps(value).encode()
        self.loopback.always(self.loopback.reply(body, content_type="application/json"))

    def call(self, make: Callable[[Any], Any]) -> Any:
        """What `make` gives for the runtime, awaited where need be."""
        return self.door.call(make)

    def invoke(self, kind: str, *arguments: Any, model: str = "m", **options: Any) -> Any:
        return self.call(lambda r: getattr(r, kind)(f"acme/{model}").invoke(*arguments, **options))

    def stream(self, text: str, model: str = "m", **options: Any) -> tuple[list[bytes], Any]:
        """The pieces of streamed speech, and its result."""
        handle = self.door.runtime.tts(f"acme/{model}")
        pieces: list[bytes] = []
        if self.mode == "sync":
            with handle.stream(text, **options) as stream:
                pieces += stream
                return pieces, stream.result()

        async def read(_runtime: Any) -> Any:
            async with handle.stream(text, **options) as stream:
                async for piece in stream:
                    pieces.append(piece)
                return stream.result()

        return pieces, self.call(read)

    @property
    def targets(self) -> list[str]:
        """Method and target of each request."""
        return [f"{request.method} {request.target}" for request in self.loopback.requests]

    def body(self, index: int = -1) -> Any:
        """The JSON of a request."""
        return json.loads(self.loopback.requests[index].body)

    def bodies(self, key: str) -> list[Any]:
        """One field of each request's JSON."""
        return [json.loads(request.body)[key] for request in self.loopback.requests]

    def use_virtual_time(self) -> None:
        """Let waits pass at once. The runtime has no argument for it, and needs none."""
        time = self.time
        driver: Any = SyncDriver(sleep=time.sleep, clock=time.clock)
        if self.mode == "async":
            driver = AsyncDriver(sleep=time.nap, clock=time.clock)
        self.door.runtime._driver = driver


@pytest.fixture(params=["sync", "async"])
def open_service(
    request: pytest.FixtureRequest, tmp_path: Path, loopback: Any
) -> Iterator[Callable[..., Service]]:
    """Open services from the text of their operations; each test runs sync and async."""
    doors: list[Any] = []

    def make(operations: str, *, more: str = "", **options: Any) -> Service:
        file = tmp_path / "acme.yaml"
        inner = textwrap.indent(textwrap.dedent(operations), "  ")
        file.write_text(f"{HEAD}{textwrap.dedent(more)}\noperations:\n{inner}", "utf-8")
        given = {"base_urls": {"acme": loopback.url}, **options}
        doors.append(DOORS[request.param](specs=[str(file)], bundled=False, **given))
        return Service(doors[-1], loopback, request.param)

    yield make
    for door in doors:
        door.close()
