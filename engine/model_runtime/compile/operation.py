"""The operation of a language model, compiled: a request plan, a response plan, a stream plan.

It is immutable and holds no connection: many threads and tasks may use one at the same time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model_runtime.absent import Absent, AbsentType
from model_runtime.errors import InvalidParameter, ReplyError
from model_runtime.exchange import HttpReply, HttpRequest
from model_runtime.json_text import decode_json
from model_runtime.parameters import ParameterTable
from model_runtime.results.events import Event
from model_runtime.results.llm import LLMResult
from model_runtime.vocabulary import OnViolation

from .batch_plan import check_limits
from .context import CompileContext
from .drop_plan import DropPlan
from .errors_plan import ErrorsPlan, is_error
from .request_plan import RequestPlan
from .response_ladder import fit_response_format, read_ladder
from .response_plan import ResponsePlan, require_answer
from .stream_plan import StreamPlan, StreamReader

_ARGUMENTS = ("tools", "tool_choice", "response_format")
_BLANK = b" \t\r\n\xef\xbb\xbf"


@dataclass(frozen=True, slots=True, kw_only=True)
class LLMCall:
    """The arguments of one call in canonical form; what is not set is Absent or empty."""

    model: str
    messages: list[dict[str, Any]]
    tools: list[dict[str, Any]] = field(default_factory=list)
    tool_choice: dict[str, Any] | AbsentType = Absent
    response_format: dict[str, Any] | AbsentType = Absent
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    model_properties: Mapping[str, Any] = field(default_factory=dict)
    features: tuple[str, ...] = ()
    answer_tool: str | None = None
    stream: bool = False
    on_violation: OnViolation = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCall:
    """A call that is ready to be sent: the request before auth, and what auth renders from."""

    request: HttpRequest
    scope: dict[str, object]
    warnings: tuple[str, ...]
    answer_tool: str | None = None


class LLMOperation:
    """One provider's `llm` operation for the models to which the same model rules apply."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        context: CompileContext,
        errors: ErrorsPlan,
        *,
        roles: Mapping[str, str],
        ladder: Sequence[object] = (),
    ) -> None:
        stream = spec.get("stream")
        stream = stream if isinstance(stream, Mapping) else {}
        self.provider = context.provider
        self.errors = errors
        self.can_stream = bool(stream)
        self.request_plan = RequestPlan(spec.get("request") or {}, stream, context, "llm")
        self.response = ResponsePlan(
            spec.get("response") or {},
            stream,
            context.findings,
            provider=context.provider,
            in_success=errors.in_success,
        )
        self.stream = StreamPlan(stream, self.response, errors, context.findings)
        self._limits: Mapping[str, Any] = spec.get("limits") or {}
        self._drop = DropPlan(context)
        self._roles = dict(roles)
        self._ladder = read_ladder(ladder, context)

    def prepare(
        self,
        call: LLMCall,
        table: ParameterTable,
        credentials: Mapping[str, object],
        base_url: str,
    ) -> PreparedCall:
        """Check the arguments and render the request. InvalidParameter names what does not fit."""
        call = fit_response_format(call, self._ladder)
        self._refuse_unread(call)
        call, warnings = self._within_limits(call)
        scope, told = self.scope(call, table, credentials)
        request = self.request_plan.build(scope, base_url, extra_headers=call.extra_headers)
        return PreparedCall(
            request=request,
            scope=scope,
            warnings=(*warnings, *told),
            answer_tool=call.answer_tool,
        )

    def scope(
        self, call: LLMCall, table: ParameterTable, credentials: Mapping[str, object]
    ) -> tuple[dict[str, object], list[str]]:
        """What templates see of a call, and the warnings about its parameters."""
        resolved = table.resolve(call.parameters, call.on_violation)
        scope: dict[str, object] = {
            "model": call.model,
            "model_properties": call.model_properties,
            "messages": [self._with_role(message) for message in call.messages],
            "tools": call.tools or Absent,
            "tool_choice": call.tool_choice,
            "response_format": call.response_format,
            "parameters": resolved.values,
            "wire_parameters": resolved.wire,
            "stream": (call.stream and self.can_stream) or self.stream.only,
            "extra_body": dict(call.extra_body) if call.extra_body else Absent,
            "credentials": credentials,
        }
        self._drop.apply(scope, resolved)
        return scope, resolved.warnings

    def read(
        self, reply: HttpReply, warnings: Sequence[str], *, latency: float | None = None
    ) -> LLMResult:
        """Read a whole reply of status 200: JSON, or a stream that came all at once."""
        data = reply.body
        if not data.strip(_BLANK):
            raise ReplyError(f"The reply is empty (HTTP {reply.status}). Expected JSON.")
        try:
            value = decode_json(data.strip())
        except ValueError:
            return self._read_as_stream(reply, warnings, latency)
        builder = self.response.builder()
        builder.warnings.extend(warnings)
        for document in value if isinstance(value, list) else [value]:
            is_failure = self.response.is_error
            if is_failure is not None and is_error(is_failure(document)):
                raise self.errors.read(reply.status, reply.headers, document)
            document = self.response.unwrapped(document)
            self.response.read(document, builder, is_next_frame=isinstance(value, list))
        return require_answer(builder.result(raw=value, latency=latency), value)

    def reader(
        self,
        headers: Mapping[str, str],
        warnings: Sequence[str] = (),
        *,
        started: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        settle: Callable[[LLMResult], LLMResult] | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_result: Callable[[LLMResult], None] | None = None,
    ) -> StreamReader:
        """A new reader for one streamed reply."""
        return StreamReader(
            self.stream,
            headers,
            warnings=warnings,
            started=started,
            clock=clock,
            settle=settle,
            on_event=on_event,
            on_result=on_result,
        )

    def _read_as_stream(
        self, reply: HttpReply, warnings: Sequence[str], latency: float | None
    ) -> LLMResult:
        start = reply.body.lstrip(_BLANK)[:100]
        if self.stream.framing == "sse" and start[:1] in (b"<", b"{", b"["):
            shown = start.decode("utf-8", "replace")
            raise ReplyError(f"The reply is not JSON: it begins {shown!r}. Expected JSON.")
        reader = self.reader(reply.headers, warnings)
        reader.feed(reply.body)
        reader.finish()
        return reader.result()

    def _with_role(self, message: dict[str, Any]) -> dict[str, Any]:
        role = self._roles.get(message["role"])
        return message if role is None else {**message, "role": role}

    def _within_limits(self, call: LLMCall) -> tuple[LLMCall, list[str]]:
        """Hold a call to `limits`. Too many stop texts are cut where the host clamps."""
        if not self._limits:
            return call, []
        stop = call.parameters.get("stop")
        stop = [stop] if isinstance(stop, str) else stop
        most, warnings = self._limits.get("stop"), list[str]()
        if call.on_violation != "error" and isinstance(stop, list | tuple):
            if isinstance(most, int) and len(stop) > most:
                warnings.append(f"stop holds {len(stop)} texts; this model takes {most} at most.")
                if call.on_violation == "clamp":
                    call = replace(call, parameters={**call.parameters, "stop": stop[:most]})
            stop = None
        given = {"messages": call.messages, "tools": call.tools, "stop": stop}
        check_limits(self._limits, given, f"{self.provider}/{call.model}")
        return call, warnings

    def _refuse_unread(self, call: LLMCall) -> None:
        for name in _ARGUMENTS:
            if getattr(call, name) and name not in self.request_plan.names_read:
                raise InvalidParameter(
                    f"{self.provider}/{call.model} takes no {name}: its spec never sends it."
                )
