"""Every recorded exchange of the bundled specs, run by both drivers; nothing is sent.

Those of a service that signs with a key of its own stand beside this module: their key is made
when the tests run, so that none is kept in a file.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from model_runtime.core import RuntimeCore
from model_runtime.errors import ModelRuntimeError
from model_runtime.findings import Findings
from model_runtime.lint.exchanges import (
    Case,
    Coverage,
    Outcome,
    cases_of,
    check_case,
    read_cases,
)
from model_runtime.lint.exchanges.bodies import body_of
from model_runtime.lint.exchanges.calls import (
    arguments,
    as_data,
    event_data,
    made_up_credentials,
)
from model_runtime.lint.exchanges.run import compared
from model_runtime.lint.exchanges.tape import MOMENT
from model_runtime.outside import set_outside
from model_runtime.registry import Registry
from model_runtime.runtime.async_driver import AsyncDriver
from model_runtime.runtime.replies import AsyncIncoming
from model_runtime.settings import Settings

HERE: Final = Path(__file__).parent
SIGNED: Final = ("vertex_ai", "google_cloud")
REGISTRY: Final = Registry([], bundled=True)
# Specs that only others extend, so that the registry does not list them.
BASES: Final = ("openai_compatible",)
FINDINGS: Final = Findings()
# Specs some of whose branches no exchange takes yet; a spec that is whole leaves the list.
OPEN: Final = Path(__file__).parent / "open_branches.txt"
HANDLES: Final = {"count_tokens": "llm", "voices": "tts"}


def load() -> list[Case]:
    """Every exchange of the bundled specs, and those beside this module."""
    cases = [
        case for name in REGISTRY.names() for case in cases_of(REGISTRY.record(name), FINDINGS)
    ]
    return [*cases, *SIGNED_CASES]


SIGNED_CASES: Final = [
    case for name in SIGNED for case in read_cases(name, HERE / name, str(HERE / name), FINDINGS)
]
CASES: Final = load()
each_case = pytest.mark.parametrize("case", CASES, ids=map(str, CASES))


@cache
def service_account() -> str:
    """A service account with a key that is made for the tests."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return json.dumps(
        {"client_email": "me@example.com", "private_key_id": "k", "private_key": key.decode()}
    )


def credentials_of(case: Case) -> dict[str, Any]:
    """The made-up credentials of a case."""
    if case in SIGNED_CASES:
        return {"project": "test-project", "service_account": service_account()}
    return made_up_credentials(REGISTRY.record(case.provider).description.form, case.given)


class AsyncTape(AsyncDriver):
    """Plays the replies of a case to the async driver, and passes over waits."""

    def __init__(self, case: Case) -> None:
        super().__init__(sleep=self._nap, clock=lambda: 0.0)
        self.case = case
        self.requests: list[Any] = []

    async def _nap(self, _seconds: float) -> None:
        return None

    async def _send(self, request: Any, waits: Any) -> AsyncIncoming:
        self.requests.append(request)
        assert len(self.requests) <= len(self.case.rounds), f"one request too many: {request}"
        reply = self.case.rounds[len(self.requests) - 1]["reply"]
        headers = {"content-type": "application/json", **reply.get("headers", {})}
        raw = [(name.lower().encode(), str(value).encode()) for name, value in headers.items()]

        async def chunks() -> AsyncIterator[bytes]:
            yield body_of(reply, self.case.folder)

        return AsyncIncoming(
            reply.get("status", 200), raw, chunks(), self._close, lambda: None, is_decoded=True
        )

    async def _close(self) -> None:
        return None


async def call_async(case: Case) -> Outcome:
    """Make the call of a case through the async driver."""
    credentials = credentials_of(case)
    core = RuntimeCore(Settings(credentials={case.provider: credentials}, retries=0))
    tape = AsyncTape(case)
    outcome = Outcome(tape.requests)
    try:
        with set_outside(lambda: MOMENT):
            outcome.data = as_data(await _answer(case, core, tape, credentials, outcome.events))
    except ModelRuntimeError as error:
        outcome.error = error
    return outcome


async def _answer(
    case: Case, core: RuntimeCore, tape: AsyncTape, credentials: Any, events: list[Any]
) -> Any:
    if case.operation == "list_models":
        return await tape.run(core.remote_models(case.provider, 0.0, None))
    if case.operation == "validate_credentials":
        checked, flow = core.provider_check(case.provider, credentials)
        await tape.run(flow)
        return checked
    kind: Any = HANDLES.get(case.operation, case.operation)
    model = core.handle(tape, f"{case.provider}/{case.given['model']}", kind, None, None)
    placed, named = arguments(case)
    if case.operation in HANDLES:
        method = model.voices if case.operation == "voices" else model.count_tokens
        return await method(*placed, **named)
    if not case.is_stream:
        return await model.invoke(*placed, **named)
    async with model.stream(*placed, **named) as stream:
        async for event in stream:
            events.append(event_data(event))
        return stream.result()


@each_case
def test_exchange_holds_however_its_stream_is_cut(case: Case) -> None:
    """What is sent and given is what the file says, and no cut of a stream changes it."""
    others = [
        other
        for other in CASES
        if (other.provider, other.operation) == (case.provider, case.operation)
    ]
    record = REGISTRY.record(case.provider)
    credentials = credentials_of(case)
    assert check_case(case, record, others=others, credentials=credentials) == []


@each_case
def test_exchange_holds_under_the_async_driver(case: Case) -> None:
    """The async driver sends and gives the same."""
    assert list(compared(case, asyncio.run(call_async(case)))) == []


def test_exchange_files_fit_their_schema() -> None:
    """The files are written in the form that authors of specs are given."""
    assert [str(finding) for finding in FINDINGS] == []
    assert len(CASES) > 200


def test_each_dialect_has_the_six_exchanges() -> None:
    """A dialect is proven plain and streamed, with a tool, refused, and broken off by an error."""
    names = {"plain", "stream", "tool_call", "tool_call_stream", "error", "error_in_stream"}
    found: dict[str, set[str]] = {}
    for case in CASES:
        if case.operation == "llm":
            found.setdefault(case.provider, set()).add(case.name)
    assert len([provider for provider, have in found.items() if names <= have]) >= 10


def test_every_branch_of_a_bundled_spec_is_exercised() -> None:
    """Each branch that a spec writes is taken by an exchange: its own, or one of its children."""
    coverage = Coverage(credentials_of)
    for name in sorted({*REGISTRY.names(), *BASES}):
        signed = [case for case in SIGNED_CASES if case.provider == name]
        coverage.add(REGISTRY.record(name), signed)
    still_open = {spec.name: [str(branch) for branch in spec.open] for spec in coverage.specs()}
    listed = OPEN.read_text(encoding="utf-8").split()
    told = {name: found for name, found in still_open.items() if found and name not in listed}
    assert told == {}, "`model-runtime check --coverage provider_specs/NAME` tells the places"
    whole = [name for name in listed if not still_open[name]]
    assert whole == [], f"whole now: take them out of {OPEN.name}"
