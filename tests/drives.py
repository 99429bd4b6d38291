"""One face for both drivers, so that each behaviour is tested once and run through both."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from model_runtime.exchange import Flow, OpenReply
from model_runtime.runtime import AsyncDriver, AsyncStream, Stream, SyncDriver


class SyncDrive:
    """The sync driver. `naps` holds the waits that flows asked for; none of them is slept."""

    mode = "sync"

    def __init__(self, client: Any = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.naps: list[float] = []
        self.driver = SyncDriver(client, sleep=self.naps.append, clock=clock)

    def run(self, flow: Flow[Any]) -> Any:
        return self.driver.run(flow)

    def chunks(self, reply: OpenReply) -> list[bytes]:
        return list(self.driver.iter_chunks(reply))

    def first_chunk(self, reply: OpenReply) -> bytes | None:
        return self.driver.read_chunk(reply)

    def close_reply(self, reply: OpenReply) -> None:
        self.driver.close_reply(reply)

    def stream(self, open_flow: Any, **options: Any) -> Any:
        return Stream(self.driver, open_flow, **options)

    def enter(self, stream: Any) -> Any:
        return stream.__enter__()

    def take(self, stream: Any, count: int = 10**9) -> list[Any]:
        """Take some events of a stream in a loop that is then broken off."""
        events = []
        for event in stream:
            events.append(event)
            if len(events) == count:
                break
        return events

    def close_stream(self, stream: Any) -> None:
        stream.close()

    def close(self) -> None:
        self.driver.close()


class AsyncDrive:
    """The async driver on an event loop of its own, each call run to its end."""

    mode = "async"

    def __init__(self, client: Any = None, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.naps: list[float] = []
        self.runner = asyncio.Runner()
        self.driver = AsyncDriver(client, sleep=self._nap, clock=clock)

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)

    def run(self, flow: Flow[Any]) -> Any:
        return self.runner.run(self.driver.run(flow))

    def chunks(self, reply: OpenReply) -> list[bytes]:
        async def read() -> list[bytes]:
            return [chunk async for chunk in self.driver.iter_chunks(reply)]

        return self.runner.run(read())

    def first_chunk(self, reply: OpenReply) -> bytes | None:
        return self.runner.run(self.driver.read_chunk(reply))

    def close_reply(self, reply: OpenReply) -> None:
        self.runner.run(self.driver.close_reply(reply))

    def stream(self, open_flow: Any, **options: Any) -> Any:
        return AsyncStream(self.driver, open_flow, **options)

    def enter(self, stream: Any) -> Any:
        return self.runner.run(stream.__aenter__())

    def take(self, stream: Any, count: int = 10**9) -> list[Any]:
        """Take some events of a stream in a loop that is then broken off."""

        async def read() -> list[Any]:
            events = []
            async for event in stream:
                events.append(event)
                if len(events) == count:
                    break
            return events

        return self.runner.run(read())

    def close_stream(self, stream: Any) -> None:
        self.runner.run(stream.close())

    def close(self) -> None:
        self.runner.run(self.driver.close())
        self.runner.close()


DRIVES = {"sync": SyncDrive, "async": AsyncDrive}
