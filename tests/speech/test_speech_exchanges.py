"""The exchanges in `<provider>/<operation>/` beside this module, run through the public API.

They prove speech, moderation and the short specs of further services. Nothing is sent: a
transport plays the replies. The request is checked first, then the result.
"""

from __future__ import annotations

import asyncio
import io
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs

import httpx
import pytest

from model_runtime import AsyncModelRuntime, ModelRuntime
from model_runtime.errors import ModelRuntimeError
from model_runtime.findings import Findings
from model_runtime.runtime import AsyncDriver, SyncDriver
from model_runtime.spec import check_schema
from model_runtime.spec.yaml_source import read_yaml

FOLDER: Final = Path(__file__).parent
Json = dict[str, Any]
OPTIONS: Final = (
    "tools",
    "tool_choice",
    "parameters",
    "extra_body",
    "language",
    "voice",
    "format",
    "input_type",
    "top_n",
)
PLACED: Final = {
    "llm": ("messages",),
    "tts": ("text",),
    "moderation": ("text",),
    "text-embedding": ("texts",),
    "rerank": ("query", "documents"),
}


@dataclass(frozen=True, slots=True)
class Case:
    """One file: which provider and operation it proves, and what it holds."""

    provider: str
    operation: str
    name: str
    spec: Json

    @property
    def given(self) -> Json:
        """The canonical call."""
        return dict(self.spec["given"])

    @property
    def rounds(self) -> list[Json]:
        """What is sent and answered, in order."""
        return list(self.spec.get("rounds") or [self.spec])


def load(path: Path) -> Case:
    """The case of a file."""
    findings = Findings()
    spec = read_yaml(path.read_text("utf-8"), str(path.relative_to(FOLDER)), findings)
    findings.raise_errors(str(path))
    assert isinstance(spec, dict)
    return Case(path.parent.parent.name, path.parent.name, path.stem, spec)


CASES: Final = [load(path) for path in sorted(FOLDER.glob("*/*/*.yaml"))]
each_case = pytest.mark.parametrize(
    "case", CASES, ids=[f"{case.provider}-{case.operation}-{case.name}" for case in CASES]
)


class Tape(httpx.MockTransport):
    """Plays the replies of a case and keeps the requests."""

    def __init__(self, case: Case) -> None:
        self.requests: list[httpx.Request] = []
        self._replies = iter([part["reply"] for part in case.rounds])
        super().__init__(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = next(self._replies, None)
        assert reply is not None, f"one request too many: {request.method} {request.url}"
        headers = {"content-type": "application/json", **reply.get("headers", {})}
        return httpx.Response(reply.get("status", 200), headers=headers, content=body_of(reply))


def body_of(reply: Json) -> bytes:
    """The bytes of a reply."""
    if "json" in reply:
        return json.dumps(reply["json"]).encode()
    if "base64" in reply:
        return b64decode(reply["base64"])
    if "text" in reply:
        return str(reply["text"]).encode()
    frames = (frame if isinstance(frame, str) else json.dumps(frame) for frame in reply["sse"])
    return "".join(f"data: {frame}\n\n" for frame in frames).encode()


def arguments(case: Case) -> tuple[list[Any], Json]:
    """What the call is made with: arguments with a place, and those with a name."""
    given = case.given
    options = {name: given[name] for name in OPTIONS if name in given}
    if case.operation == "speech2text":
        file = io.BytesIO(b64decode(given["file"]["content"]))
        file.name = given["file"]["filename"]
        return [file], options
    return [given[name] for name in PLACED[case.operation]], options


def call_sync(case: Case, tape: Tape, credentials: Json) -> tuple[Any, list[Any]]:
    """The result of a call or its error, and the events of a stream."""
    events: list[Any] = []
    client = httpx.Client(transport=tape)
    with client, ModelRuntime(client=client, credentials=credentials, retries=0) as runtime:
        try:
            if case.operation == "list_models":
                return runtime.remote_models(case.provider), events
            opened = "tts" if case.operation == "voices" else case.operation.replace("-", "_")
            model = getattr(runtime, opened)(f"{case.provider}/{case.given['model']}")
            if case.operation == "voices":
                return model.voices(), events
            placed, options = arguments(case)
            if not case.given.get("stream"):
                return model.invoke(*placed, **options), events
            with model.stream(*placed, **options) as stream:
                events.extend(stream)
                return stream.result(), events
        except ModelRuntimeError as error:
            return error, events


async def call_async(case: Case, tape: Tape, credentials: Json) -> tuple[Any, list[Any]]:
    """The result of a call or its error, and the events of a stream."""
    events: list[Any] = []
    async with (
        httpx.AsyncClient(transport=tape) as client,
        AsyncModelRuntime(client=client, credentials=credentials, retries=0) as runtime,
    ):
        try:
            if case.operation == "list_models":
                return await runtime.remote_models(case.provider), events
            opened = "tts" if case.operation == "voices" else case.operation.replace("-", "_")
            model = getattr(runtime, opened)(f"{case.provider}/{case.given['model']}")
            if case.operation == "voices":
                return await model.voices(), events
            placed, options = arguments(case)
            if not case.given.get("stream"):
                return await model.invoke(*placed, **options), events
            async with model.stream(*placed, **options) as stream:
                events = [event async for event in stream]
                return stream.result(), events
        except ModelRuntimeError as error:
            return error, events


def exact(value: object) -> str:
    """A JSON value as text in which true, 1 and 1.0 differ and the order of keys does not."""
    return json.dumps(value, sort_keys=True)


def parts_of(request: httpx.Request) -> list[tuple[str, str, str | None, str | None]]:
    """The parts of a multipart body in order: name, text, file name, and a file's media type."""
    head = f"content-type: {request.headers['content-type']}\r\n\r\n".encode()
    found = []
    for part in BytesParser().parsebytes(head + request.content).get_payload():
        assert not isinstance(part, str)
        name = str(part.get_param("name", header="content-disposition"))
        text = bytes(part.get_payload(decode=True)).decode()  # type: ignore[arg-type]
        filename = part.get_filename()
        found.append((name, text, filename, part.get_content_type() if filename else None))
    return found


def expected_parts(parts: Json) -> list[tuple[str, str, str | None, str | None]]:
    """The parts as `parts_of` tells them."""
    found = []
    for name, value in parts.items():
        part = value if isinstance(value, dict) else {"content": value}
        found.append((name, part["content"], part.get("filename"), part.get("type")))
    return found


def check_request(sent: httpx.Request, expected: Json) -> None:
    """Compare a request: its body exactly, its headers as a subset."""
    assert sent.method == expected["method"]
    assert str(sent.url) == expected["url"]
    headers = {name: sent.headers.get(name) for name in expected.get("headers", {})}
    assert headers == expected.get("headers", {})
    assert not [name for name in expected.get("no_header", ()) if name in sent.headers]
    if "body" in expected:
        assert exact(json.loads(sent.content)) == exact(expected["body"])
    if "text" in expected:
        assert sent.content.decode() == expected["text"]
    if "form" in expected:
        assert parse_qs(sent.content.decode()) == expected["form"]
    if "multipart" in expected:
        assert parts_of(sent) == expected_parts(expected["multipart"])


def held(expected: object, found: object) -> bool:
    """Whether a value holds what is expected of it, at least."""
    if isinstance(expected, dict):
        data = found if isinstance(found, dict) else {}
        return all(held(value, data.get(key)) for key, value in expected.items())
    if isinstance(expected, list):
        items = found if isinstance(found, list | tuple) else ()
        pairs = zip(expected, items, strict=False)
        return len(expected) == len(items) and all(held(one, other) for one, other in pairs)
    return expected == found and isinstance(expected, bool) == isinstance(found, bool)


def check_outcome(outcome: Any, spec: Json) -> None:
    """Compare a result or an error."""
    if "raises" in spec:
        raised = spec["raises"]
        assert raised["error"] in [kind.__name__ for kind in type(outcome).__mro__], repr(outcome)
        assert raised.get("message", "") in str(outcome)
        assert getattr(outcome, "kind", None) == raised.get("kind", getattr(outcome, "kind", None))
        return
    assert not isinstance(outcome, Exception), repr(outcome)
    found = as_data(outcome)
    assert held(spec["gives"], found), found


def as_data(outcome: Any) -> Json:
    """A result as JSON."""
    if not isinstance(outcome, list | tuple):
        return dict(outcome.to_dict())
    if outcome and hasattr(outcome[0], "model"):
        return {"models": [row.model for row in outcome]}
    return {"voices": [voice.to_dict() for voice in outcome]}


def no_naps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both drivers pass over waits, so that a polled job costs no time."""

    async def nap(_seconds: float) -> None:
        return None

    sync_init, async_init = SyncDriver.__init__, AsyncDriver.__init__
    monkeypatch.setattr(
        SyncDriver,
        "__init__",
        lambda self, client=None, **options: sync_init(
            self, client, **{**options, "sleep": lambda _seconds: None}
        ),
    )
    monkeypatch.setattr(
        AsyncDriver,
        "__init__",
        lambda self, client=None, **options: async_init(self, client, **{**options, "sleep": nap}),
    )


@pytest.mark.parametrize("mode", ["sync", "async"])
@each_case
def test_exchange_sends_and_gives_what_it_says(
    case: Case, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The request is the one that the service documents, and its reply is understood."""
    no_naps(monkeypatch)
    tape = Tape(case)
    credentials = {case.provider: case.given.get("credentials") or {"api_key": "test-key"}}
    if mode == "sync":
        outcome, events = call_sync(case, tape, credentials)
    else:
        outcome, events = asyncio.run(call_async(case, tape, credentials))
    assert len(tape.requests) == len(case.rounds), repr(outcome)
    for request, part in zip(tape.requests, case.rounds, strict=True):
        check_request(request, part["sends"])
    check_outcome(outcome, case.spec)
    if "events" in case.spec:
        audio = [b64encode(event).decode() for event in events]
        assert audio == [event["audio"] for event in case.spec["events"]]


@each_case
def test_exchange_fits_its_schema(case: Case) -> None:
    """The files are written in the form that authors of specs are given."""
    findings = Findings()
    check_schema(case.spec, "exchange.schema.json", findings)
    assert not [finding.message for finding in findings]
