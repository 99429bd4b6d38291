"""The three paths to a language model: chat completions, responses and messages."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from model_runtime import AsyncLanguageModel, LLMResult, ModelRuntimeError
from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.readers import CallArguments
from model_runtime.web.watching import Call
from model_runtime.writers import Heading, Writer

from .dialects import DIALECTS, Dialect
from .faults import Fault
from .fitting import fit, refuse_what_none_gives
from .gate import Caller, Gate, answering, json_body
from .replies import ignored_header, json_reply

_EVENTS = "text/event-stream"


def routes(gate: Gate) -> list[Route]:
    """The routes of the three dialects."""
    return [
        _route("/v1/chat/completions", gate, DIALECTS["chat"]),
        _route("/v1/responses", gate, DIALECTS["responses"]),
        _route("/v1/messages", gate, DIALECTS["messages"]),
        Route(
            "/v1/messages/count_tokens",
            answering(DIALECTS["messages"].wording, _counting(gate, DIALECTS["messages"])),
            methods=["POST"],
        ),
    ]


def _route(path: str, gate: Gate, dialect: Dialect) -> Route:
    async def answer(request: Request) -> Response:
        conversation = await _Conversation.read(gate, dialect, request)
        return await (conversation.stream() if conversation.streams else conversation.whole())

    return Route(path, answering(dialect.wording, answer), methods=["POST"])


def _counting(gate: Gate, dialect: Dialect) -> Any:
    async def answer(request: Request) -> Response:
        gate.caller(request)
        call = _read(dialect, await json_body(request))
        llm = gate.runtime.llm(gate.model_of(call.model))
        counted = await llm.count_tokens(call.messages, call.tools or None)
        return json_reply({"input_tokens": counted.tokens})

    return answer


def _read(dialect: Dialect, body: dict[str, Any]) -> CallArguments:
    try:
        call = dialect.read(body)
    except InvalidParameter as error:
        raise Fault("invalid_request", str(error)) from None
    refuse_what_none_gives(dialect, call)
    return call


class _Conversation:
    """One request for an answer, ready to be sent on."""

    def __init__(self, gate: Gate, dialect: Dialect, caller: Caller, body: dict[str, Any]) -> None:
        call = _read(dialect, body)
        self._gate, self._caller = gate, caller
        self._model = gate.model_of(call.model)
        self._llm: AsyncLanguageModel = gate.runtime.llm(self._model)
        parameters, self._ignored = fit(call, self._llm.parameter_names)
        self._messages = call.messages
        self._options: dict[str, Any] = {
            "parameters": parameters,
            "tools": call.tools or None,
            "tool_choice": None if call.tool_choice is Absent else call.tool_choice,
            "response_format": None if call.response_format is Absent else call.response_format,
            "stop": call.stop,
            "user": call.user if "user" in self._llm.parameter_names else None,
        }
        self.streams = bool(call.stream)
        heading = Heading(
            model=str(call.model),
            id=dialect.id_prefix + secrets.token_hex(12),
            created=int(time.time()),
            tells_usage=dialect.tells_usage(body),
        )
        self._writer: Writer = dialect.write(heading)

    @classmethod
    async def read(cls, gate: Gate, dialect: Dialect, request: Request) -> _Conversation:
        """Check who asks and what for."""
        caller = gate.caller(request)
        return cls(gate, dialect, caller, await json_body(request))

    async def whole(self) -> Response:
        """The whole answer in one reply."""
        async with self._gate.call(self._caller, "chat", self._model) as call:
            result = await self._llm.invoke(self._messages, **self._options)
            call.answered(result)
        return json_reply(self._writer.reply(result), headers=ignored_header(self._ignored))

    async def stream(self) -> Response:
        """The answer as it comes. A call that fails before its first byte has its own status."""
        async with AsyncExitStack() as opened:
            call = await opened.enter_async_context(
                self._gate.call(self._caller, "chat", self._model)
            )
            stream = await opened.enter_async_context(
                self._llm.stream(self._messages, **self._options)
            )
            kept = opened.pop_all()
        frames = self._frames(kept, call, stream)
        return StreamingResponse(frames, 200, ignored_header(self._ignored), _EVENTS)

    async def _frames(self, kept: AsyncExitStack, call: Call, stream: Any) -> AsyncIterator[bytes]:
        write = self._writer
        async with kept:
            try:
                pending = write.begin()
                async for event in stream:
                    call.moved()
                    pending += write.event(event)
                    if pending:
                        yield pending
                        pending = b""
                result: LLMResult = stream.result()
                call.answered(result)
                yield pending + write.end(result)
            except ModelRuntimeError as error:
                call.failed(error)
                yield write.fail(error)
