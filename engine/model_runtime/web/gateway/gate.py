"""What every path of the gateway shares: the runtime, the keys, the names and the records."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from model_runtime import AsyncModelRuntime, ModelRuntimeError, Usage
from model_runtime.web.watching import Call, Watcher

from .dialects import Wording
from .faults import Fault
from .keys import GatewayKey, KeyRing
from .replies import error_reply, fault_reply

Json = dict[str, Any]
Answer = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who sends a request: its key, None where none is needed, and its headers for traces."""

    key: GatewayKey | None
    headers: Mapping[str, str]

    @property
    def key_name(self) -> str | None:
        """The name of the key, for metrics."""
        return self.key.name if self.key is not None else None

    def may_call(self, model: str) -> bool:
        """Whether the key may call `provider/model`."""
        return self.key is None or self.key.may_call(model)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The gateway's way in. `aliases` are names that callers may use for `provider/model`."""

    runtime: AsyncModelRuntime
    keys: KeyRing
    watcher: Watcher
    aliases: Mapping[str, str] = field(default_factory=dict)

    def caller(self, request: Request) -> Caller:
        """Who sends a request. Fault for a wrong or missing key."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        bearer = token.strip() if scheme.lower() == "bearer" else None
        key = self.keys.find(bearer or request.headers.get("x-api-key"))
        return Caller(key=key, headers=request.headers)

    def model_of(self, name: object) -> str:
        """The full name of the model that a request names. Fault when it names none."""
        if not isinstance(name, str) or not name:
            raise Fault("invalid_request", "model: expected a text such as 'provider/model'.")
        return self.aliases.get(name, name)

    @asynccontextmanager
    async def call(self, caller: Caller, operation: str, model: str) -> AsyncIterator[Call]:
        """One call from admission to its end: limits are held and figures are taken."""
        with (
            self.keys.admitted(caller.key, model) as spend,
            self.watcher.watch(operation, model, caller.key_name, caller.headers) as call,
        ):
            try:
                yield call
            finally:
                spend(tokens_of(call.usage))


def tokens_of(usage: Usage | None) -> int:
    """The tokens that a call counts against a key's limit."""
    if usage is None:
        return 0
    told = (usage.input_tokens or 0) + (usage.output_tokens or 0)
    return usage.total_tokens or told


async def json_body(request: Request) -> Json:
    """The body of a request as a JSON object. Fault for anything else."""
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Fault("invalid_request", f"the body is no JSON: {error}.") from None
    if not isinstance(body, dict):
        raise Fault("invalid_request", f"the body is a {type(body).__name__}; expected an object.")
    return body


def answering(wording: Wording, answer: Answer) -> Answer:
    """An endpoint that tells every refusal and every failed call in its dialect's words."""

    async def endpoint(request: Request) -> Response:
        try:
            return await answer(request)
        except Fault as fault:
            return fault_reply(fault, wording)
        except ModelRuntimeError as error:
            return error_reply(error, wording)

    return endpoint
