"""Recorded streams fed in memory to the compiled operations, cut at many places.

No recording says where the network cut a body, so every place must do.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

import pytest
from recordings.cases import SPECS, Case, Outcome, Tally, cases, even_cuts, names
from recordings.exclusions import REPLIES
from recordings_folder import MISSING, recordings

from model_runtime.compile.operation import LLMOperation
from model_runtime.errors import ModelRuntimeError
from model_runtime.exchange import HttpReply
from model_runtime.registry import Registry

pytestmark = pytest.mark.skipif(recordings() is None, reason=MISSING)
MADE_ID: Final = re.compile(r"\bcall_mr_\w+")


@cache
def registry() -> Registry:
    """The bundled specs and this room's own."""
    return Registry([SPECS], bundled=True)


def operation(case: Case) -> LLMOperation:
    """The compiled operation that reads the reply of a case."""
    return registry().record(case.provider).usable().variant(case.model, {}, {}).llm()


def read_pieces(case: Case, pieces: Iterable[bytes]) -> Outcome:
    """Feed the pieces of a body to a new reader. Nothing is timed: the clock stands still."""
    outcome = Outcome(events=[])
    assert outcome.events is not None
    try:
        reader = operation(case).reader(case.headers, started=0.0, clock=lambda: 0.0)
        for piece in pieces:
            outcome.events += reader.feed(piece)
        outcome.events += reader.finish()
        outcome.result = reader.result()
    except ModelRuntimeError as error:
        outcome.error = error
    return outcome


def read_whole(case: Case) -> Outcome:
    """Read a reply that is no stream."""
    try:
        reply = HttpReply(status=case.status, headers=case.headers, body=case.body)
        return Outcome(operation(case).read(reply, ()))
    except ModelRuntimeError as error:
        return Outcome(error=error)


def is_same(one: Outcome, other: Outcome) -> bool:
    """Whether two readings agree in every field, raw frames included, but for ids made here."""
    return MADE_ID.sub("", repr(one)) == MADE_ID.sub("", repr(other))


def streams(recorded: str) -> list[Case]:
    """The streamed replies of a service that came with status 200."""
    return [case for case in cases(recorded)[0] if case.expected.stream and case.status < 400]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("recorded", names())
def test_stream_in_pieces_is_read_as_its_bytes_say(recorded: str, size: int) -> None:
    """Where a stream was cut is seen neither in its events nor in its result."""
    found = streams(recorded)
    if not found:
        pytest.skip(f"no streams of {recorded}")
    tally = Tally(frozenset(REPLIES))
    for case in found:
        outcome = read_pieces(case, even_cuts(case.body, size))
        tally.add(case, outcome.faults(case))
    tally.check(len(found))


@pytest.mark.parametrize("recorded", names())
def test_stream_in_pieces_equals_the_stream_at_once(recorded: str) -> None:
    """The fields that no recording can vouch for do not depend on the cuts either."""
    found = streams(recorded)
    if not found:
        pytest.skip(f"no streams of {recorded}")
    for case in found:
        at_once = read_pieces(case, [case.body])
        assert is_same(at_once, read_pieces(case, even_cuts(case.body, 23))), case.id


@pytest.mark.parametrize("recorded", names())
def test_plain_reply_in_memory_is_read_as_its_bytes_say(recorded: str) -> None:
    """The compiled operation alone, without a connection, reads a whole reply."""
    found = [case for case in cases(recorded)[0] if not case.expected.stream and case.status < 400]
    if not found:
        pytest.skip(f"no plain replies of {recorded}")
    tally = Tally(frozenset(REPLIES))
    for case in found:
        tally.add(case, read_whole(case).faults(case))
    tally.check(len(found))


@pytest.mark.parametrize("recorded", names())
def test_plain_reply_to_a_streamed_call_is_read_all_the_same(recorded: str) -> None:
    """A service that answers a streamed call with one JSON document is understood."""
    found = [case for case in cases(recorded)[0] if not case.expected.stream and case.status < 400]
    found = [case for case in found if operation(case).stream.framing == "sse"]
    if not found:
        pytest.skip(f"no plain replies of {recorded}")
    tally = Tally(frozenset(REPLIES))
    for case in found:
        tally.add(case, read_pieces(case, even_cuts(case.body, 64)).faults(case))
    tally.check(len(found))
