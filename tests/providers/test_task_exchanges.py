"""The exchanges in `<provider>/<operation>/`, run through the public API: all but conversations.

Nothing is sent: a transport plays the replies. The request is checked first, then the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest
from providers import test_exchanges as conversations
from providers.exchange import FOLDER, Exchange, load
from providers.test_exchanges import Tape, check_error, check_request, differences

from model_runtime import AsyncModelRuntime, ModelRuntime
from model_runtime.errors import ModelRuntimeError
from model_runtime.findings import Findings
from model_runtime.spec import check_schema

PATHS: Final = sorted(FOLDER.glob("*/*/*.yaml"))
CASES: Final = [(path.parent.parent.name, path.parent.name, load(path)) for path in PATHS]
IDS: Final = [f"{provider}-{operation}-{case.name}" for provider, operation, case in CASES]
# The arguments of an operation that have a place of their own, and those that have a name.
PLACED: Final = {
    "text-embedding": ("texts",),
    "rerank": ("query", "documents"),
    "count_tokens": ("messages",),
}
NAMED: Final = ("input_type", "dimensions", "top_n", "score_threshold", "parameters", "tools")

service_account = conversations.service_account
each_case = pytest.mark.parametrize(("provider", "operation", "case"), CASES, ids=IDS)


def credentials_of(provider: str, case: Exchange, account: str) -> dict[str, Any]:
    """The made-up credentials of a case, by provider."""
    made_up = {"project": "test-project", "service_account": account}
    default = made_up if provider == "vertex_ai" else {"api_key": "test-key"}
    return {provider: case.given.get("credentials") or default}


def caller(runtime: Any, provider: str, operation: str, case: Exchange) -> Callable[[], Any]:
    """What makes the call of a case, on either runtime."""
    given = case.given
    if operation == "list_models":
        return lambda: runtime.remote_models(provider)
    if operation == "validate_credentials":
        made_up = {"api_key": "test-key"}
        return lambda: runtime.validate_provider_credentials(provider, made_up)
    opened = "llm" if operation == "count_tokens" else operation.replace("-", "_")
    model = getattr(runtime, opened)(f"{provider}/{given['model']}")
    method = model.count_tokens if operation == "count_tokens" else model.invoke
    placed = [given[argument] for argument in PLACED[operation] if argument in given]
    options = {argument: given[argument] for argument in NAMED if argument in given}
    return lambda: method(*placed, **options)


Make = Callable[[Any], Callable[[], Any]]


def call_sync(tape: Tape, credentials: dict[str, Any], make: Make) -> Any:
    """The result of a call, or its error."""
    client = httpx.Client(transport=tape)
    with client, ModelRuntime(client=client, credentials=credentials, retries=0) as runtime:
        try:
            return make(runtime)()
        except ModelRuntimeError as error:
            return error


async def call_async(tape: Tape, credentials: dict[str, Any], make: Make) -> Any:
    """The result of a call, or its error."""
    async with (
        httpx.AsyncClient(transport=tape) as client,
        AsyncModelRuntime(client=client, credentials=credentials, retries=0) as runtime,
    ):
        try:
            return await make(runtime)()
        except ModelRuntimeError as error:
            return error


def as_data(outcome: Any) -> Any:
    """A result as JSON: a count stays a number, models are told by their ids."""
    if isinstance(outcome, int):
        return {"tokens": outcome}
    if isinstance(outcome, list | tuple):
        return {"models": [row.model for row in outcome]}
    return {} if isinstance(outcome, dict) else outcome.to_dict()


@pytest.mark.parametrize("mode", ["sync", "async"])
@each_case
def test_exchange_sends_and_gives_what_it_says(
    provider: str, operation: str, case: Exchange, mode: str, service_account: str
) -> None:
    """The request is the one that the service documents, and its reply is understood."""
    tape = Tape(case)

    def make(runtime: Any) -> Callable[[], Any]:
        return caller(runtime, provider, operation, case)

    given = credentials_of(provider, case, service_account)
    if mode == "sync":
        outcome = call_sync(tape, given, make)
    else:
        outcome = asyncio.run(call_async(tape, given, make))
    assert len(tape.requests) == len(case.rounds), repr(outcome)
    for request, part in zip(tape.requests, case.rounds, strict=True):
        check_request(request, part["sends"])
    if "raises" in case.spec:
        check_error(outcome, case.spec["raises"])
    else:
        assert not isinstance(outcome, Exception), repr(outcome)
        assert not list(differences(case.spec["gives"], as_data(outcome), "result"))


@each_case
def test_exchange_fits_its_schema(provider: str, operation: str, case: Exchange) -> None:
    """The files are written in the form that authors of specs are given."""
    findings = Findings()
    check_schema(case.spec, "exchange.schema.json", findings)
    assert not [finding.message for finding in findings]
