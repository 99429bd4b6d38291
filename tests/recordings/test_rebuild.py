"""Recorded requests: read by our readers, sent through the public API, the same body arrives.

The normal form under which two bodies are the same is the one of the recordings' own reading; for
the wire that it does not know it stands below. What a reader refuses is counted, not forgiven: it
must stay a small part. So must what has no canonical name (`exclusions.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, Final

import pytest
from loopback import Loopback, reply
from recordings.cases import SPECS, credentials, load, provider_of, rows
from recordings.exclusions import reason
from recordings.request_form import differences
from recordings_folder import MISSING, reading, recordings

from model_runtime import ModelRuntime
from model_runtime.errors import InvalidParameter, InvokeError
from model_runtime.readers import READERS, CallArguments

pytestmark = pytest.mark.skipif(recordings() is None, reason=MISSING)
# The wire of a dialect, and the part of its requests that must be the same at least.
WIRES: Final = {
    "openai_chat": ("chat", 0.95),
    "openai_responses": ("responses", 0.5),
    "anthropic": ("messages", 0.6),
    "gemini": ("generate_content", 0.9),
    "bedrock": ("converse", 0.8),
    "cohere": ("v2_chat", 0.9),
    "ollama": ("api_chat", 0.9),
}


@cache
def requests() -> dict[str, list[tuple[dict[str, Any], dict[str, Any]]]]:
    """The index rows and bodies of recorded requests, by dialect."""
    found: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {name: [] for name in WIRES}
    oracle = reading("oracle")
    for row in rows():
        if row["fidelity"] == "sdk_objects" or "synthetic_suspect" in row["odd"]:
            continue
        with suppress(oracle.Unusable):
            dialect = oracle.dialect_of(row)[1]
            body = load(row)["request"]["body"] if row["has_request"] else None
            if dialect in WIRES and isinstance(body, dict) and is_call(body):
                found[dialect].append((row, body))
    return found


def is_call(body: dict[str, Any]) -> bool:
    """Whether a recorded body holds a conversation; some were not recorded in full."""
    return any(body.get(key) for key in ("messages", "contents", "input"))


@pytest.fixture(scope="module")
def server() -> Iterator[Loopback]:
    """A server that takes requests and refuses them."""
    server = Loopback()
    server.start()
    server.always(reply(b"{}", 418, content_type="application/json"))
    yield server
    server.stop()


@pytest.fixture(scope="module")
def runtime() -> Iterator[ModelRuntime]:
    """One runtime for all cases."""
    with ModelRuntime([SPECS], credentials=credentials, retries=0) as runtime:
        yield runtime


def send(runtime: ModelRuntime, name: str, url: str, call: CallArguments) -> None:
    """Make a call with the arguments that were read; the reply does not matter."""
    model = runtime.llm(name, base_url=url)
    with suppress(InvokeError):
        model.invoke(
            call.messages,
            parameters=call.parameters,
            tools=call.tools,
            tool_choice=call.tool_choice or None,
            stop=call.stop,
            response_format=call.response_format or None,
            user=call.user,
            extra_body=call.extra_body,
        )


def send_again(
    runtime: ModelRuntime, server: Loopback, row: dict[str, Any], dialect: str, call: CallArguments
) -> dict[str, Any]:
    """The body that arrives when a call is made with what was read."""
    server.requests.clear()
    send(runtime, f"{provider_of(row, dialect)}/{row.get('model') or 'm'}", server.url, call)
    sent: dict[str, Any] = json.loads(server.requests[0].body)
    return sent


@pytest.mark.parametrize("dialect", WIRES)
def test_recorded_request_arrives_as_it_was(
    dialect: str, runtime: ModelRuntime, server: Loopback
) -> None:
    """Reading a body and sending what was read gives the same body, in its normal form."""
    wire, fewest = WIRES[dialect]
    faults: list[str] = []
    counts: Counter[str] = Counter()
    for row, body in requests()[dialect]:
        if reason(dialect, body):
            counts["excluded"] += 1
            continue
        try:
            call = READERS[wire](body)
        except InvalidParameter:
            counts["refused"] += 1
            continue
        try:
            found = differences(dialect, body, send_again(runtime, server, row, dialect, call))
        except InvalidParameter as error:
            found = [f"is read, but not sent: {error}"]
        counts["different" if found else "same"] += 1
        faults += [f"{row['id']} {difference}" for difference in found]
    told = f"{dict(counts)} of {len(requests()[dialect])}"
    assert not faults, f"{told}:\n" + "\n".join(faults[:400])
    assert counts["same"] >= fewest * len(requests()[dialect]), told
