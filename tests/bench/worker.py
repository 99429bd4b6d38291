"""One library in a process of its own: takes commands as lines of JSON and tells what they cost.

worker.py CLIENT URL            measure on command, until standard input ends
worker.py CLIENT URL begin      make one call and tell what the process has cost so far
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import sys
import time
import urllib.request
import warnings
from collections.abc import Callable, Coroutine
from statistics import median
from typing import Any, Final, TypeVar

from clients import CLIENTS
from clients.work import Missing
from server import FRAGMENT

T = TypeVar("T")
MICRO: Final = 1e6
PAGE: Final = resource.getpagesize()
Figures = dict[str, float]


def resident_bytes() -> int:
    """The memory that this process holds now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * PAGE


def expected_events(mode: str) -> int:
    """The pieces of text that a stream of a mode holds."""
    return {"drip": 20, "hold": 5}.get(mode) or int(mode[1:])


class Worker:
    """The commands. Each tells CPU microseconds per part of its work, or what its name says."""

    def __init__(self, name: str, root: str) -> None:
        self._root = root
        self._client = CLIENTS[name].make(root)
        self._runner = asyncio.Runner()
        self._is_started = False

    def chat(self, calls: int) -> Figures:
        """Sync calls, one after the other."""
        assert self._client.chat().startswith("Here is")
        return self._cost(lambda: [self._client.chat() for _ in range(calls)], calls)

    def achat(self, tasks: int, calls: int) -> Figures:
        """Async calls, so many at a time."""

        async def work() -> None:
            left = iter(range(calls))

            async def loop() -> None:
                for _ in left:
                    await self._client.achat()

            await asyncio.gather(*(loop() for _ in range(tasks)))

        return self._acost(work, calls)

    def stream(self, mode: str, times: int) -> Figures:
        """Sync streams, read to their end."""
        events = expected_events(mode)

        def work() -> None:
            for _ in range(times):
                count = sum(1 for _ in self._client.stream(mode))
                assert count == events, count

        return self._cost(work, events * times)

    def astream(self, mode: str, tasks: int) -> Figures:
        """Async streams at the same time, read to their end."""
        events = expected_events(mode)

        async def one() -> None:
            count = 0
            async for _ in self._client.astream(mode):
                count += 1
            assert count == events, count

        async def work() -> None:
            await asyncio.gather(*(one() for _ in range(tasks)))

        return self._acost(work, events * tasks)

    def first(self, mode: str, times: int) -> Figures:
        """The wait for the first piece of a stream, in microseconds of the clock."""
        waits = []
        for _ in range(times):
            started = time.perf_counter()
            stream = self._client.stream(mode)
            next(stream)
            waits.append(time.perf_counter() - started)
            for _ in stream:
                pass
        return {"told": median(waits) * MICRO}

    def embed(self, calls: int) -> Figures:
        """Sync calls that embed all texts."""
        vectors = self._client.embed()
        assert len(vectors) == 64 and len(vectors[0]) == 1536
        del vectors
        return self._cost(lambda: [self._client.embed() for _ in range(calls)] and None, calls)

    def messages(self, count: int, calls: int) -> Figures:
        """Sync calls with so many messages; the cost is that of a message."""
        return self._cost(lambda: self._client.talk(count, calls), count * calls)

    def fragments(self, count: int) -> Figures:
        """A streamed tool call whose arguments come in so many fragments."""

        def work() -> None:
            found = self._client.gather(f"a{count}")
            assert found == (count - 1) * len(FRAGMENT), found

        return self._cost(work, count)

    def held(self, streams: int) -> Figures:
        """The memory that each of many open streams holds while it waits for its next event."""

        async def work() -> float:
            await self._client.achat()
            gc.collect()
            before = resident_bytes()
            seen = asyncio.Semaphore(0)

            async def one() -> None:
                count = 0
                async for _ in self._client.astream("hold"):
                    count += 1
                    if count == expected_events("hold"):
                        seen.release()

            tasks = [asyncio.create_task(one()) for _ in range(streams)]
            for _ in tasks:
                await asyncio.wait_for(seen.acquire(), 60)
            gc.collect()
            held = resident_bytes() - before
            await asyncio.to_thread(urllib.request.urlopen, f"{self._root}/release")
            await asyncio.wait_for(asyncio.gather(*tasks), 60)
            return held / streams

        return {"told": self._run(work)}

    def _cost(self, work: Callable[[], object], parts: int) -> Figures:
        gc.collect()
        started = time.process_time()
        work()
        return {"told": (time.process_time() - started) * MICRO / parts}

    def _acost(self, work: Callable[[], Coroutine[Any, Any, None]], parts: int) -> Figures:
        async def timed() -> Figures:
            gc.collect()
            started = time.process_time()
            await work()
            return {"told": (time.process_time() - started) * MICRO / parts}

        return self._run(timed)

    def _run(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        if not self._is_started:
            self._is_started = True
            self._runner.run(self._client.start())
        return self._runner.run(work())


def answer(worker: Worker, command: dict[str, Any]) -> dict[str, Any]:
    """Carry out one command."""
    try:
        found: Figures = getattr(worker, command["do"])(*command["args"])
    except Missing:
        return {"missing": True}
    return dict(found)


def main() -> None:
    """Serve commands, or make a first call."""
    name, root, *only = sys.argv[1:]
    # What libraries print or warn of must not stand between the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    for library in CLIENTS[name].hidden:
        sys.modules[library] = None  # type: ignore[assignment]  # an import of it fails
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    worker = Worker(name, root)
    if only:
        worker._client.chat()
        print(time.process_time() * MICRO, file=answers)
        answers.flush()
        os._exit(0)
    print(json.dumps({"ready": True}), file=answers)
    for line in sys.stdin:
        print(json.dumps(answer(worker, json.loads(line))), file=answers)
    # Some libraries keep threads that would hold the process.
    os._exit(0)


if __name__ == "__main__":
    main()
