"""Recorded exchanges over real HTTP: what the library gives is what the recorded bytes say.

Every call is answered by a server on this machine, with the whole body and with the body in
seeded random pieces, and is made through both drivers.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from loopback import Loopback, chunk
from recordings.cases import (
    SPECS,
    Case,
    Outcome,
    Tally,
    cases,
    credentials,
    head_of,
    names,
    random_cuts,
    rows,
)
from recordings.exclusions import REPLIES
from recordings_folder import MISSING, recordings

from model_runtime import AsyncModelRuntime, ModelRuntime
from model_runtime.errors import ModelRuntimeError

pytestmark = pytest.mark.skipif(recordings() is None, reason=MISSING)
Call = Callable[[Case, str], Outcome]
OPTIONS: dict[str, Any] = {"specs": [SPECS], "credentials": credentials, "retries": 0}


def call_sync(runtime: ModelRuntime, case: Case, url: str) -> Outcome:
    """Make the call of a case; a streamed one is read to its end."""
    try:
        model = runtime.llm(f"{case.provider}/{case.model}", base_url=url + case.path)
        if not case.expected.stream:
            return Outcome(model.invoke("hi"))
        with model.stream("hi") as stream:
            events = list(stream)
            return Outcome(stream.result(), events)
    except ModelRuntimeError as error:
        return Outcome(error=error)


async def call_async(runtime: AsyncModelRuntime, case: Case, url: str) -> Outcome:
    """Make the call of a case; a streamed one is read to its end."""
    try:
        model = runtime.llm(f"{case.provider}/{case.model}", base_url=url + case.path)
        if not case.expected.stream:
            return Outcome(await model.invoke("hi"))
        async with model.stream("hi") as stream:
            events = [event async for event in stream]
            return Outcome(stream.result(), events)
    except ModelRuntimeError as error:
        return Outcome(error=error)


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    """One server for all cases."""
    server = Loopback()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Iterator[Call]:
    """Make a call through one of the two drivers, with one runtime for all cases."""
    if request.param == "sync":
        with ModelRuntime(**OPTIONS) as runtime:
            yield lambda case, url: call_sync(runtime, case, url)
        return
    with asyncio.Runner() as runner:
        twin = AsyncModelRuntime(**OPTIONS)
        yield lambda case, url: runner.run(call_async(twin, case, url))
        runner.run(twin.close())


def answer(server: Loopback, case: Case, cut: str) -> None:
    """Have the server answer as recorded."""
    server.requests.clear()
    if cut == "whole":
        length = f"content-length: {len(case.body)}"
        server.always(head_of(case, length) + case.body)
        return
    pieces = map(chunk, random_cuts(case.body, case.id))
    server.always(head_of(case, "transfer-encoding: chunked"), *pieces, chunk(b""))


@pytest.mark.parametrize("cut", ["whole", "random"])
@pytest.mark.parametrize("recorded", names())
def test_recorded_reply_is_read_as_its_bytes_say(
    recorded: str, cut: str, call: Call, server: Loopback
) -> None:
    """Text, reasoning, tool calls, finish words and usage are those of the recorded bytes."""
    usable, left = cases(recorded)
    if not usable:
        pytest.skip(f"none can be judged: {dict(left)}")
    tally = Tally(frozenset(REPLIES))
    for case in usable:
        answer(server, case, cut)
        faults = call(case, server.url).faults(case)
        if not server.requests:
            faults.append(f"{case.id}: nothing was sent")
        tally.add(case, faults)
    tally.check(len(usable))


def test_most_recorded_calls_are_judged() -> None:
    """What cannot be judged stays a small part, so that the counts above mean something."""
    judged, left = 0, Counter[str]()
    for recorded in names():
        usable, reasons = cases(recorded)
        judged += len(usable)
        left += reasons
    assert judged > 0.8 * len(rows()), f"{judged} of {len(rows())}; left out: {left.most_common()}"
