"""The exchanges beside this module, run through the public API, and their streams cut everywhere.

Nothing is sent: a transport plays the replies. The request is checked first, then the result.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import pytest
from providers.exchange import Exchange, Json, body_of, load_all

from model_runtime import AsyncModelRuntime, ModelRuntime
from model_runtime.compile.operation import LLMOperation
from model_runtime.errors import ModelRuntimeError
from model_runtime.findings import Findings
from model_runtime.registry import Registry
from model_runtime.spec import check_schema

EXCHANGES: Final = load_all()
STREAMS: Final = [exchange for exchange in EXCHANGES if exchange.frames]
ENDINGS: Final = {"sse": (b"\n", b"\r", b"\r\n"), "text": (b"\n", b"\r\n"), "x-eventstream": (b"",)}
MADE_ID: Final = re.compile(r"\bcall_mr_\w+")
ARGUMENTS: Final = (
    "tools", "tool_choice", "response_format", "parameters", "stop", "user", "extra_body",
    "extra_headers",
)  # fmt: skip


def named(exchanges: list[Exchange]) -> Callable[..., Any]:
    """Parametrize by exchange."""
    names = [f"{exchange.provider}-{exchange.name}" for exchange in exchanges]
    return pytest.mark.parametrize("exchange", exchanges, ids=names)


@pytest.fixture(scope="session")
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


@pytest.fixture
def credentials(request: pytest.FixtureRequest) -> Callable[[Exchange], Mapping[str, str]]:
    """Find the made-up credentials of a provider."""

    def find(exchange: Exchange) -> Mapping[str, str]:
        if exchange.provider == "vertex_ai":
            account = request.getfixturevalue("service_account")
            return {"project": "test-project", "service_account": account}
        no_key = exchange.provider == "ollama"
        return exchange.given.get("credentials") or ({} if no_key else {"api_key": "test-key"})

    return find


class Tape(httpx.MockTransport):
    """Plays the replies of an exchange and keeps the requests."""

    def __init__(self, exchange: Exchange) -> None:
        self.requests: list[httpx.Request] = []
        self._replies = iter([part["reply"] for part in exchange.rounds])
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = next(self._replies, None)
        assert reply is not None, f"one request too many: {request.method} {request.url}"
        headers = {"content-type": "application/json", **reply.get("headers", {})}
        return httpx.Response(reply.get("status", 200), headers=headers, content=body_of(reply))


def call_sync(exchange: Exchange, given: Mapping[str, str], tape: Tape) -> tuple[Any, list[Any]]:
    """Make the call; give the result or the error, and the events before it."""
    call = exchange.given
    options = {name: call[name] for name in ARGUMENTS if name in call}
    events: list[Any] = []
    with httpx.Client(transport=tape) as client, ModelRuntime(client=client, retries=0) as runtime:
        model = runtime.llm(f"{exchange.provider}/{call['model']}", credentials=given)
        try:
            if not call.get("stream"):
                return model.invoke(call["messages"], **options), events
            with model.stream(call["messages"], **options) as stream:
                events.extend(stream)
                return stream.result(), events
        except ModelRuntimeError as error:
            return error, events


async def call_async(
    exchange: Exchange, given: Mapping[str, str], tape: Tape
) -> tuple[Any, list[Any]]:
    """Make the call; give the result or the error, and the events before it."""
    call = exchange.given
    options = {name: call[name] for name in ARGUMENTS if name in call}
    events: list[Any] = []
    async with (
        httpx.AsyncClient(transport=tape) as client,
        AsyncModelRuntime(client=client, retries=0) as runtime,
    ):
        model = runtime.llm(f"{exchange.provider}/{call['model']}", credentials=given)
        try:
            if not call.get("stream"):
                return await model.invoke(call["messages"], **options), events
            async with model.stream(call["messages"], **options) as stream:
                async for event in stream:
                    events.append(event)
                return stream.result(), events
        except ModelRuntimeError as error:
            return error, events


def exact(value: object) -> str:
    """A JSON value as text in which true, 1 and 1.0 differ and the order of keys does not."""
    return json.dumps(value, sort_keys=True)


def check_request(sent: httpx.Request, expected: Json) -> None:
    """Compare a request: its body exactly, its headers as a subset."""
    assert sent.method == expected["method"]
    assert str(sent.url) == expected["url"]
    headers = {name: sent.headers.get(name) for name in expected.get("headers", {})}
    assert headers == expected.get("headers", {})
    assert not [name for name in expected.get("no_header", ()) if name in sent.headers]
    if "body" in expected:
        assert exact(json.loads(sent.content)) == exact(expected["body"])
    if "form" in expected:
        assert parse_qs(sent.content.decode()) == expected["form"]


def differences(expected: object, found: object, where: str) -> Iterator[str]:
    """Where a value does not hold what is expected of it at least."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key, value in expected.items():
            yield from differences(value, found.get(key), f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list | tuple):
        if len(expected) != len(found):
            yield f"{where}: expected {expected!r}, got {found!r}"
        for index, (one, other) in enumerate(zip(expected, found, strict=False)):
            yield from differences(one, other, f"{where}[{index}]")
    elif expected == [] and found is None:
        return  # what is empty is left out of a result's JSON
    elif expected != found or isinstance(expected, bool) != isinstance(found, bool):
        yield f"{where}: expected {expected!r}, got {found!r}"


def check_error(error: ModelRuntimeError, expected: Json) -> None:
    """Compare an error: its class may be a child, its message matches somewhere."""
    assert expected["error"] in [kind.__name__ for kind in type(error).__mro__], repr(error)
    assert re.search(expected.get("message", ""), str(error)), str(error)
    rest = {name: value for name, value in expected.items() if name not in ("error", "message")}
    found = {name: getattr(error, name, None) for name in rest if name != "retryable"}
    found["retryable"] = getattr(error, "is_retryable", None)
    assert not list(differences(rest, found, "error"))


@pytest.mark.parametrize("mode", ["sync", "async"])
@named(EXCHANGES)
def test_exchange_sends_and_gives_what_it_says(
    exchange: Exchange, mode: str, credentials: Callable[[Exchange], Mapping[str, str]]
) -> None:
    """The request is the one that the service documents, and its reply is understood."""
    tape = Tape(exchange)
    if mode == "sync":
        outcome, events = call_sync(exchange, credentials(exchange), tape)
    else:
        outcome, events = asyncio.run(call_async(exchange, credentials(exchange), tape))
    assert len(tape.requests) == len(exchange.rounds), repr(outcome)
    for request, expected in zip(tape.requests, exchange.rounds, strict=True):
        check_request(request, expected["sends"])
    if "events" in exchange.spec:
        told = [event.to_dict() for event in events]
        assert not list(differences(exchange.spec["events"], told, "events"))
    if "raises" in exchange.spec:
        check_error(outcome, exchange.spec["raises"])
    else:
        assert not isinstance(outcome, Exception), repr(outcome)
        found = outcome.to_dict()
        assert not list(differences(exchange.spec["gives"], found, "result"))


@cache
def operation(provider: str, model: str) -> LLMOperation:
    """The compiled operation that reads the replies of a model."""
    return Registry([], bundled=True).record(provider).usable().variant(model, {}, {}).llm()


def read(exchange: Exchange, pieces: Iterable[bytes]) -> tuple[Any, list[Any]]:
    """Feed the pieces of a body to a new reader; give the result or the error, and the events."""
    compiled = operation(exchange.provider, exchange.given["model"])
    reader = compiled.reader(exchange.reply.get("headers", {}), started=0.0, clock=lambda: 0.0)
    events: list[Any] = []
    try:
        for piece in pieces:
            events += reader.feed(piece)
        events += reader.finish()
        return reader.result(), events
    except ModelRuntimeError as error:
        return error, events


def shown(reading: tuple[Any, list[Any]]) -> str:
    """A reading as text, less the ids that the library makes up."""
    outcome, events = reading
    return MADE_ID.sub("", f"{outcome!r} {events!r}")


def endings(exchange: Exchange) -> Iterator[bytes]:
    """The body of a stream, once for each way to end its lines."""
    kind = next(kind for kind in ENDINGS if kind in exchange.reply)
    body = b"".join(exchange.frames)
    for ending in ENDINGS[kind]:
        yield body.replace(b"\n", ending) if ending else body


def places(body: bytes, is_every: bool) -> list[int]:
    """Where to cut a body: at every place, or before and after each character that ends a line."""
    near = (at for at in range(1, len(body)) if is_every or {*body[at - 1 : at + 1]} & {10, 13})
    return list(near)


@named(STREAMS)
def test_stream_cut_anywhere_is_the_same(exchange: Exchange) -> None:
    """Every place is one to cut it; with other line endings, every place beside one is."""
    whole = shown(read(exchange, [b"".join(exchange.frames)]))
    for index, body in enumerate(endings(exchange)):
        assert shown(read(exchange, (body[i : i + 1] for i in range(len(body))))) == whole
        for at in places(body, index == 0):
            assert shown(read(exchange, (body[:at], body[at:]))) == whole, body[
                max(0, at - 20) : at
            ]


@named([exchange for exchange in STREAMS if "gives" in exchange.spec])
def test_stream_cut_off_early_is_never_a_shorter_answer(exchange: Exchange) -> None:
    """What ends before it is complete is an error, or complete but for what comes after the end."""
    frames = exchange.frames
    whole = read(exchange, frames)[0]
    for begun in list(accumulate(frames))[:-1]:
        outcome = read(exchange, [begun])[0]
        if not isinstance(outcome, ModelRuntimeError):
            assert outcome.text == whole.text
            assert len(outcome.tool_calls) == len(whole.tool_calls)
            assert outcome.finish_reason == whole.finish_reason


@named(EXCHANGES)
def test_exchange_fits_its_schema(exchange: Exchange) -> None:
    """The files are written in the form that authors of specs are given."""
    findings = Findings()
    check_schema(exchange.spec, "exchange.schema.json", findings)
    assert not [finding.message for finding in findings]


def test_every_provider_has_the_six_exchanges() -> None:
    """A dialect is proven plain and streamed, with a tool, refused, and broken off by an error."""
    names = {"plain", "stream", "tool_call", "tool_call_stream", "error", "error_in_stream"}
    found: dict[str, set[str]] = {}
    for exchange in EXCHANGES:
        found.setdefault(exchange.provider, set()).add(exchange.name)
    assert len(found) == 10
    assert not {provider: names - have for provider, have in found.items() if names - have}
