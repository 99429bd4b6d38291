"""Binds a call of a model type other than `llm`: from arguments to a flow that gives its result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from model_runtime.audio import refuse_unjoinable
from model_runtime.auth import AUTH_KINDS
from model_runtime.compile.audio_plan import AudioPlan, AudioReference
from model_runtime.compile.moderation_plan import ModerationPlan
from model_runtime.compile.provider import Variant
from model_runtime.compile.rerank_plan import RerankPlan, best, moved
from model_runtime.compile.speech_stream import SpeechReader
from model_runtime.compile.task_operation import TaskCall, TaskOperation
from model_runtime.compile.transcript_plan import TranscriptPlan
from model_runtime.credentials.form import scope_values
from model_runtime.errors import HostRefused, InvokeError, LimitExceeded, UnsupportedOperation
from model_runtime.exchange import Flow, HttpReply, HttpRequest, OpenReply, Timeouts
from model_runtime.flows.call import Exchange, call, open_stream
from model_runtime.flows.task import run_task
from model_runtime.network import host_allowed, origin, reach_of
from model_runtime.parameters import ParameterTable
from model_runtime.pricing import priced
from model_runtime.results.rerank import RerankResult
from model_runtime.results.tts import TTSResult
from model_runtime.secrets import Redactor, redact_error
from model_runtime.vocabulary import ModelType

from .binding import (
    Binding,
    CallOptions,
    bind_exchange,
    bind_llm_call,
    read_timeouts,
    tell,
    tell_request,
)
from .discovery import asks_before, told_limits
from .handles import invoke_flow

Scope = dict[str, Any]
Recut = Callable[[Mapping[str, Any]], list[Scope]]
_MOST_PARTS: Final = 100

SpeechFlow = Flow[tuple[OpenReply, SpeechReader]]


@dataclass(slots=True, kw_only=True)
class BoundTask:
    """A call that is ready to run."""

    binding: Binding
    kind: ModelType
    operation: TaskOperation
    scopes: list[Scope]
    warnings: list[str]
    base_url: str
    exchange: Exchange
    options: CallOptions
    redactor: Redactor
    # Asks the service for its limits and cuts the call by them, where the spec says so.
    discover: Callable[[], Flow[list[Scope]]] | None = None

    def fail(self, error: InvokeError) -> None:
        """Say which call failed, take secrets out of the error, and tell the hooks."""
        error.locate(self.binding.provider, self.binding.model, self.kind)
        redact_error(error, self.redactor)
        for scope in self.scopes:
            redact_error(error, Redactor(self.exchange.auth.secrets(scope)))
        tell(self.binding.hooks, "on_error", error)

    def bind(self, request: HttpRequest, scope: Scope) -> Exchange:
        """The exchange of one request of this call."""
        tell_request(self.binding.hooks, request, self.redactor)
        return replace(self.exchange, request=request, scope=scope)


def bind_task(
    binding: Binding,
    kind: ModelType,
    arguments: Mapping[str, Any],
    options: CallOptions,
    *,
    stream: bool = False,
) -> BoundTask:
    """Check one call. Nothing is rendered yet: later requests read what earlier ones saved."""
    values = binding.find_credentials()
    binding = binding.described_by(values)
    credentials = scope_values(binding.form, values)
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.task(kind)
    parameters = dict(options.parameters or {})
    if options.user is not None:
        parameters["user"] = options.user
    task = TaskCall(
        model=binding.model,
        arguments=arguments,
        parameters=parameters,
        extra_body=options.extra_body or {},
        extra_headers=options.extra_headers or {},
        model_properties=binding.model_properties,
        stream=stream,
        on_violation=binding.on_violation,
    )
    table = ParameterTable(variant.task_rows(kind), binding.rules, variant.drop)
    scopes, warnings = operation.scopes(task, table, credentials)

    of = operation.batch.of if operation.batch is not None else ""
    # One text fits whatever the limit is.
    is_many = isinstance(items := arguments.get(of), list) and len(items) > 1

    def recut(properties: Mapping[str, Any]) -> list[Scope]:
        return operation.scopes(replace(task, model_properties=properties), table, credentials)[0]

    if kind == "tts" and len(scopes) > 1:
        refuse_unjoinable(arguments.get("format", ""))
    timeouts = read_timeouts(options.timeout, _patient(variant.timeouts, operation))
    return BoundTask(
        binding=binding,
        kind=kind,
        operation=operation,
        scopes=scopes,
        warnings=warnings,
        base_url=binding.base(variant, credentials),
        exchange=replace(
            bind_exchange(binding, variant, HttpRequest(method="GET", url=""), {}),
            timeouts=timeouts,
        ),
        options=options,
        redactor=Redactor.of(credentials),
        discover=_discovery(binding, variant, kind, recut, warnings) if is_many else None,
    )


def _discovery(
    binding: Binding, variant: Variant, kind: ModelType, recut: Recut, warnings: list[str]
) -> Callable[[], Flow[list[Scope]]] | None:
    asked = asks_before(variant, kind)
    if asked is None:
        return None

    def discover() -> Flow[list[Scope]]:
        return recut((yield from told_limits(binding, variant, asked, warnings)))

    return discover


def _patient(timeouts: Timeouts, operation: TaskOperation) -> Timeouts:
    """The spec's timeouts, which leave a job the time that it may take."""
    if operation.job is None or timeouts.total is None:
        return timeouts
    return replace(timeouts, total=max(timeouts.total, operation.job.timeout))


def task_flow(bound: BoundTask) -> Flow[Any]:
    """The flow of a whole call: one request, or several whose results are merged."""
    if bound.operation.called is not None:
        return (yield from _called_flow(bound))
    if bound.discover is not None:
        bound.scopes = yield from bound.discover()
    results: list[Any] = []
    done = 0
    for scope in bound.scopes:
        result = yield from _one(bound, scope)
        if isinstance(result, RerankResult) and done:
            result = moved(result, done)
        if bound.operation.batch is not None:
            piece = scope[bound.operation.batch.of]
            done += len(piece) if isinstance(piece, list) else 0
        results.append(result)
    merged = bound.operation.response.merge(results)
    if isinstance(merged, RerankResult) and len(results) > 1:
        merged = best(merged, bound.scopes[0]["top_n"])
    return _settled(bound, merged)


def _settled(bound: BoundTask, result: Any) -> Any:
    """The result with the warnings of the call, and with what it cost."""
    usage = priced(result.usage, bound.binding.pricing)
    return replace(result, usage=usage, warnings=(*result.warnings, *bound.warnings))


def _one(bound: BoundTask, scope: Scope) -> Flow[Any]:
    """The result of one request; of a long list of documents, that of all its parts."""
    plan = bound.operation.response
    results = [(yield from _once(bound, scope))]
    if not isinstance(plan, RerankPlan):
        return results[0]
    while (following := plan.following(results[-1])) is not None:
        if len(results) == _MOST_PARTS:
            raise LimitExceeded(f"The documents come in more than {_MOST_PARTS} parts.")
        results.append((yield from _once(bound, {**scope, "next": following})))
    return best(plan.merge(results), scope["top_n"])


def _once(bound: BoundTask, scope: Scope) -> Flow[Any]:
    clock = bound.exchange.clock
    started = clock()
    extra = bound.options.extra_headers or {}
    operation = bound.operation
    reply: HttpReply = yield from run_task(
        operation, scope, bound.base_url, extra, bound.bind, bound.warnings
    )
    if operation.stream is not None and operation.stream.only:
        return _gathered(operation, reply, str(scope["text"]))
    result = operation.response.read(reply, scope, clock() - started)
    if isinstance(result, AudioReference):
        return (yield from _fetch(bound, result))
    return result


def _gathered(operation: TaskOperation, reply: HttpReply, text: str) -> Any:
    """Speech of a service that only streams, out of its whole reply."""
    plan, response = operation.stream, operation.response
    assert plan is not None
    assert isinstance(response, AudioPlan)
    reader = SpeechReader(plan, response, reply.status, dict(reply.headers), text=text)
    reader.feed(reply.body)
    reader.finish()
    return reader.result()


def _fetch(bound: BoundTask, reference: AudioReference) -> Flow[Any]:
    """Download audio that the service left at a URL: no credentials go there."""
    if not host_allowed(reference.url, reference.allow_hosts, origin(bound.base_url)):
        raise HostRefused(
            f"The audio is at {origin(reference.url)}, which the spec does not allow. "
            "Name its host in response.audio.allow_hosts."
        )
    named = () if bound.binding.compiled.is_untrusted else reference.allow_hosts
    reach = reach_of(reference.url, bound.base_url, named)
    request = HttpRequest(method="GET", url=reference.url, reach=reach)
    exchange = replace(
        bound.exchange, request=request, scope={}, auth=AUTH_KINDS["none"].from_spec({}, None)
    )
    reply: HttpReply = yield from call(exchange, lambda reply, _seconds: reply)
    plan = bound.operation.response
    assert isinstance(plan, AudioPlan)
    media_type = reference.media_type or reply.headers.get("content-type")
    return plan.finished(reply.body, media_type, reference.usage)


def _called_flow(bound: BoundTask) -> Flow[Any]:
    """A call that the model's chat answers, such as a guard model's judgement or a transcript."""
    plan = bound.operation.response
    assert isinstance(plan, ModerationPlan | TranscriptPlan), "the schema allows no other `call`"
    results: list[Any] = []
    for scope in bound.scopes:
        given = bound.operation.given(scope)
        prompt = given.pop("messages", None)
        options = CallOptions(
            parameters=given.get("parameters"),
            timeout=bound.options.timeout,
            extra_body=bound.options.extra_body,
            extra_headers=bound.options.extra_headers,
        )
        answer = yield from invoke_flow(bind_llm_call(bound.binding, prompt, False, options))
        judged = plan.read_value(answer.to_dict(), answer.usage)
        results.append(replace(judged, warnings=answer.warnings))
    return _settled(bound, plan.merge(results))


def speech_flows(bound: BoundTask) -> list[Callable[[], SpeechFlow]]:
    """The flows that open the streams of speech: one, or one per piece of a long text.

    They are run one after the other; the reader of the last has the speech of all.
    """
    spoken: list[SpeechReader] = []
    return [partial(_speech_flow, bound, scope, spoken) for scope in bound.scopes]


def _speech_flow(bound: BoundTask, scope: Scope, spoken: list[SpeechReader]) -> SpeechFlow:
    operation = bound.operation
    plan, response = operation.stream, operation.response
    if plan is None:
        raise UnsupportedOperation(f"{bound.binding.name} does not stream speech. Use invoke().")
    assert isinstance(response, AudioPlan)
    extra = bound.options.extra_headers or {}
    request = operation.request.build(scope, bound.base_url, extra_headers=extra)

    def make_reader(reply: OpenReply, _started: float) -> SpeechReader:
        return SpeechReader(
            plan,
            response,
            reply.status,
            reply.headers,
            text=str(scope["text"]),
            before=spoken,
            is_piece=len(bound.scopes) > 1,
            settle=lambda result: _settled(bound, result),
            on_result=on_result if scope is bound.scopes[-1] else None,
        )

    def on_result(result: TTSResult) -> None:
        tell(bound.binding.hooks, "on_result", result)

    opened, reader = yield from open_stream(bound.bind(request, scope), make_reader)
    spoken.append(reader)
    return opened, reader
