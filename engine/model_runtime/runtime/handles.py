"""What `runtime.llm(...)` returns: a model to call, sync or async.

Both twins build the same flow; only the driver that runs it differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from model_runtime.compile.response_ladder import AnswerReader, unwrap_answer
from model_runtime.errors import InvokeError
from model_runtime.exchange import Flow, HttpReply, HttpRequest, OpenReply
from model_runtime.flows.call import call, open_stream
from model_runtime.pricing import price_of, priced
from model_runtime.results.events import Event
from model_runtime.results.llm import LLMResult
from model_runtime.results.tokens import TokenCount
from model_runtime.results.usage import Price, Usage

from .async_driver import AsyncDriver
from .binding import (
    Binding,
    BoundCall,
    CallOptions,
    bind_llm_call,
    parameter_names,
    tell,
)
from .counting import CountMethod, count_conversation, estimated_usage
from .streams import AsyncStream, Reader, Stream
from .sync_driver import SyncDriver

LLMReader = Reader[Event, LLMResult]


class LanguageModel:
    """A language model of one provider. Thread-safe; holds no connection of its own."""

    def __init__(self, binding: Binding, driver: SyncDriver) -> None:
        self._binding = binding
        self._driver = driver

    def __repr__(self) -> str:
        return f"LanguageModel({self._binding.name!r})"

    def invoke(
        self,
        prompt: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        tools: Sequence[object] | None = None,
        tool_choice: object = None,
        stop: str | Sequence[str] | None = None,
        response_format: object = None,
        user: str | None = None,
        timeout: float | Mapping[str, float | None] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> LLMResult:
        """Call the model and return its whole answer.

        Args:
            prompt: a text, a message, or a list of messages (ours or OpenAI's spelling).
            parameters: settings by canonical name, checked against the model's rules.
            tools: functions that the model may call.
            tool_choice: "auto", "none", "required" or a tool's name.
            stop: texts at which the model stops.
            response_format: None, "json", or a JSON Schema that the answer must fit.
            user: the end user's id, for services that ask for one.
            timeout: seconds in total, or a mapping of connect, first_byte, between_chunks, total.
            extra_body: fields of the service's own, merged into the body last.
            extra_headers: headers added to the request.

        Raises:
            InvalidParameter: an argument does not fit this model; nothing was sent.
            MissingCredential: a credential is neither given nor in the environment.
            InvokeError: the call failed; see the subclasses.
        """
        bound = bind_llm_call(
            self._binding,
            prompt,
            False,
            CallOptions(
                parameters=parameters,
                tools=tools,
                tool_choice=tool_choice,
                stop=stop,
                response_format=response_format,
                user=user,
                timeout=timeout,
                extra_body=extra_body,
                extra_headers=extra_headers,
            ),
        )
        try:
            result = self._driver.run(invoke_flow(bound))
        except InvokeError as error:
            bound.fail(error)
            raise
        tell(self._binding.hooks, "on_result", result)
        return result

    def stream(
        self,
        prompt: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        tools: Sequence[object] | None = None,
        tool_choice: object = None,
        stop: str | Sequence[str] | None = None,
        response_format: object = None,
        user: str | None = None,
        timeout: float | Mapping[str, float | None] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> Stream[Event, LLMResult]:
        """Return a stream of events; takes what `invoke` takes. Use it in a `with` block.

        The arguments are checked at once; the request is sent when the block is entered.
        """
        bound = bind_llm_call(
            self._binding,
            prompt,
            True,
            CallOptions(
                parameters=parameters,
                tools=tools,
                tool_choice=tool_choice,
                stop=stop,
                response_format=response_format,
                user=user,
                timeout=timeout,
                extra_body=extra_body,
                extra_headers=extra_headers,
            ),
        )
        return Stream(self._driver, lambda: stream_flow(bound), on_error=bound.fail)

    def count_tokens(
        self,
        messages: object,
        tools: Sequence[object] | None = None,
        *,
        method: CountMethod = "auto",
    ) -> TokenCount:
        """Return how many tokens a call would send.

        `method` "auto" asks the service where its spec says how, else counts here; "remote"
        only asks; "local" uses a tokenizer of the extra `tokens`; "estimate" needs nothing.
        The last two send nothing.
        """
        return self._driver.run(count_conversation(self._binding, messages, tools, method))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `parameters` may hold for this model, sorted. MissingCredential like a call."""
        return parameter_names(self._binding)

    def price(
        self, usage: Usage, *, batch: bool = False, kept_for: str | None = None
    ) -> Price | None:
        """What a call cost, or None when the spec knows no price of this model.

        `batch` says that it was part of a batch, and `kept_for` how long its cache writes are
        kept ("5m", "1h") where the usage does not tell.
        """
        return price_of(usage, self._binding.pricing, batch=batch, kept_for=kept_for)

    def render(
        self, prompt: object, *, stream: bool = False, options: CallOptions | None = None
    ) -> HttpRequest:
        """Return the request that `invoke` or `stream` would send, before auth. Sends nothing."""
        bound = bind_llm_call(self._binding, prompt, stream, options or CallOptions())
        return bound.prepared.request


class AsyncLanguageModel:
    """The async twin of `LanguageModel`."""

    def __init__(self, binding: Binding, driver: AsyncDriver) -> None:
        self._binding = binding
        self._driver = driver

    def __repr__(self) -> str:
        return f"AsyncLanguageModel({self._binding.name!r})"

    async def invoke(
        self,
        prompt: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        tools: Sequence[object] | None = None,
        tool_choice: object = None,
        stop: str | Sequence[str] | None = None,
        response_format: object = None,
        user: str | None = None,
        timeout: float | Mapping[str, float | None] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> LLMResult:
        """Call the model and return its whole answer; see `LanguageModel.invoke`."""
        bound = bind_llm_call(
            self._binding,
            prompt,
            False,
            CallOptions(
                parameters=parameters,
                tools=tools,
                tool_choice=tool_choice,
                stop=stop,
                response_format=response_format,
                user=user,
                timeout=timeout,
                extra_body=extra_body,
                extra_headers=extra_headers,
            ),
        )
        try:
            result = await self._driver.run(invoke_flow(bound))
        except InvokeError as error:
            bound.fail(error)
            raise
        tell(self._binding.hooks, "on_result", result)
        return result

    def stream(
        self,
        prompt: object,
        *,
        parameters: Mapping[str, Any] | None = None,
        tools: Sequence[object] | None = None,
        tool_choice: object = None,
        stop: str | Sequence[str] | None = None,
        response_format: object = None,
        user: str | None = None,
        timeout: float | Mapping[str, float | None] | None = None,
        extra_body: Mapping[str, Any] | None = None,
        extra_headers: Mapping[str, str] | None = None,
    ) -> AsyncStream[Event, LLMResult]:
        """Return a stream of events for `async with`; see `LanguageModel.stream`."""
        bound = bind_llm_call(
            self._binding,
            prompt,
            True,
            CallOptions(
                parameters=parameters,
                tools=tools,
                tool_choice=tool_choice,
                stop=stop,
                response_format=response_format,
                user=user,
                timeout=timeout,
                extra_body=extra_body,
                extra_headers=extra_headers,
            ),
        )
        return AsyncStream(self._driver, lambda: stream_flow(bound), on_error=bound.fail)

    async def count_tokens(
        self,
        messages: object,
        tools: Sequence[object] | None = None,
        *,
        method: CountMethod = "auto",
    ) -> TokenCount:
        """Return how many tokens a call would send.

        `method` "auto" asks the service where its spec says how, else counts here; "remote"
        only asks; "local" uses a tokenizer of the extra `tokens`; "estimate" needs nothing.
        The last two send nothing.
        """
        return await self._driver.run(count_conversation(self._binding, messages, tools, method))

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """What `parameters` may hold for this model, sorted. MissingCredential like a call."""
        return parameter_names(self._binding)

    def price(
        self, usage: Usage, *, batch: bool = False, kept_for: str | None = None
    ) -> Price | None:
        """What a call cost, or None when the spec knows no price of this model.

        `batch` says that it was part of a batch, and `kept_for` how long its cache writes are
        kept ("5m", "1h") where the usage does not tell.
        """
        return price_of(usage, self._binding.pricing, batch=batch, kept_for=kept_for)

    def render(
        self, prompt: object, *, stream: bool = False, options: CallOptions | None = None
    ) -> HttpRequest:
        """Return the request that `invoke` or `stream` would send, before auth. Sends nothing."""
        bound = bind_llm_call(self._binding, prompt, stream, options or CallOptions())
        return bound.prepared.request


def invoke_flow(bound: BoundCall) -> Flow[LLMResult]:
    """The flow of a plain call."""
    operation, warnings = bound.operation, bound.prepared.warnings
    tool = bound.prepared.answer_tool

    def read(reply: HttpReply, seconds: float) -> LLMResult:
        result = _settled(bound, operation.read(reply, warnings, latency=seconds))
        return unwrap_answer(result, tool) if tool else result

    return call(bound.exchange, read)


def stream_flow(bound: BoundCall) -> Flow[tuple[OpenReply, LLMReader]]:
    """The flow that opens a stream."""
    operation, warnings = bound.operation, bound.prepared.warnings
    hooks = bound.binding.hooks

    def make_reader(reply: OpenReply, started: float) -> LLMReader:
        reader = operation.reader(
            reply.headers,
            warnings,
            started=started,
            settle=lambda result: _settled(bound, result),
            on_event=_telling(hooks, "on_event"),
            on_result=_telling(hooks, "on_result"),
        )
        tool = bound.prepared.answer_tool
        return AnswerReader(reader, tool) if tool else reader

    return open_stream(bound.exchange, make_reader)


def _settled(bound: BoundCall, result: LLMResult) -> LLMResult:
    """The result with counts where the service told none and its spec has them estimated, and
    with the price of its usage, where one is known."""
    usage = result.usage
    plan = bound.operation.response.usage
    if plan is not None and plan.estimates and usage.total_tokens is None:
        usage = estimated_usage(bound.binding, bound.prepared.scope, result)
    usage = priced(usage, bound.binding.pricing)
    return result if usage is result.usage else replace(result, usage=usage)


def _telling(hooks: Sequence[object], name: str) -> Any:
    if not any(hasattr(hook, name) for hook in hooks):
        return None
    return lambda subject: tell(hooks, name, subject)
