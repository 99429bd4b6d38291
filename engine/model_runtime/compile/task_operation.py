"""The operation of a model type other than `llm`, compiled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter, ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.parameters import ParameterTable
from model_runtime.vocabulary import ModelType, OnViolation

from .audio_plan import AudioPlan
from .batch_plan import BatchPlan, check_limits
from .context import CompileContext
from .embedding_plan import EmbeddingPlan
from .errors_plan import ErrorsPlan
from .job_plan import JobPlan, SavingRequest
from .moderation_plan import ModerationPlan
from .request_plan import RequestPlan
from .rerank_plan import RerankPlan
from .scopes import Field
from .speech_stream import SpeechStreamPlan
from .templates import Template, compile_template
from .transcript_plan import TranscriptPlan
from .values import place_in

Scope = dict[str, object]


class ResponseReader(Protocol):
    """Reads one reply, and merges the results of several."""

    def read(self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None) -> Any: ...

    def merge(self, results: Sequence[Any]) -> Any: ...


RESPONSES: dict[ModelType, Callable[[Mapping[str, Any], Findings, ErrorsPlan], ResponseReader]] = {
    "text-embedding": EmbeddingPlan,
    "rerank": RerankPlan,
    "speech2text": TranscriptPlan,
    "tts": AudioPlan,
    "moderation": ModerationPlan,
}
# Arguments that a call may set and an operation may have no place for. `input_type` is a hint:
# models that do not tell queries from documents need none.
_OPTIONAL = ("dimensions", "language", "voice", "format")
_MAY_HOLD_PARTS = ("texts", "query", "documents", "text")
_ONE_ITEM = ("query", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCall:
    """The arguments of one call: those of its model type, and what every call takes."""

    model: str
    arguments: Mapping[str, Any]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    model_properties: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = False
    on_violation: OnViolation = "error"


class TaskOperation:
    """One provider's operation of a model type, for the models with the same model rules."""

    def __init__(
        self,
        kind: ModelType,
        spec: Mapping[str, Any],
        context: CompileContext,
        errors: ErrorsPlan,
    ) -> None:
        self.kind: ModelType = kind
        self.provider = context.provider
        self.errors = errors
        stream = spec.get("stream")
        stream = stream if isinstance(stream, Mapping) else {}
        batch = spec.get("batch")
        self.batch = BatchPlan(batch) if isinstance(batch, Mapping) else None
        self._limits: Mapping[str, Any] = spec.get("limits") or {}
        self.steps = {
            name: SavingRequest(step, context, kind, "steps")
            for name, step in (spec.get("steps") or {}).items()
            if name != "$replace"
        }
        job = spec.get("job")
        self.job = JobPlan(job, context, kind) if isinstance(job, Mapping) else None
        named: Field = "steps" if self.steps else "request"
        self.request = RequestPlan(spec.get("request") or {}, stream, context, kind, named)
        self.response = RESPONSES[kind](spec.get("response") or {}, context.findings, errors)
        self.stream = SpeechStreamPlan(stream, context.findings, errors) if stream else None
        self.called: str | None = spec.get("call")
        self._given = self._compile_given(spec, context) if self.called else None

    def scopes(
        self, call: TaskCall, table: ParameterTable, credentials: Mapping[str, object]
    ) -> tuple[list[Scope], list[str]]:
        """Check the call, and return one scope per request with the warnings."""
        self._check(call)
        resolved = table.resolve(call.parameters, call.on_violation)
        scope: Scope = {
            **call.arguments,
            "model": call.model,
            "model_properties": call.model_properties,
            "parameters": resolved.values,
            "wire_parameters": resolved.wire,
            "stream": self.stream is not None and (call.stream or self.stream.only),
            "next": Absent,
            "extra_body": dict(call.extra_body) if call.extra_body else Absent,
            "credentials": credentials,
        }
        if scope.get("voice") is Absent:
            scope["voice"] = call.model_properties.get("default_voice") or Absent
        if self.batch is None or (self.batch.of == "text" and isinstance(scope["text"], list)):
            return [scope], resolved.warnings
        pieces = self.batch.cut(scope[self.batch.of], call.model_properties)
        return [{**scope, self.batch.of: piece} for piece in pieces], resolved.warnings

    def given(self, scope: Scope) -> dict[str, Any]:
        """The arguments of the operation that this one calls instead of a request of its own."""
        assert self._given is not None
        found = self._given.render(scope)
        if not isinstance(found, dict):
            raise ReplyError("The spec's `given` is no map of arguments.")
        return found

    def _check(self, call: TaskCall) -> None:
        check_limits(self._limits, call.arguments, f"{self.provider}/{call.model}")
        reads = self._names_read()
        for name in _OPTIONAL:
            if call.arguments.get(name, Absent) is not Absent and name not in reads:
                raise InvalidParameter(
                    f"{self.provider}/{call.model} takes no {name}: its spec never sends it."
                )
        self._refuse_address(call)
        if self.called:
            return
        for name in _MAY_HOLD_PARTS:
            self._refuse_parts(call, name)
        if call.extra_body and "extra_body" not in reads:
            raise InvalidParameter(
                f"{self.provider}/{call.model} takes no extra_body: its request has no JSON body."
            )

    def _refuse_parts(self, call: TaskCall, name: str) -> None:
        """Refuse lists of parts where the spec sends texts alone; the wire would not know them."""
        given = call.arguments.get(name)
        items = given if name not in _ONE_ITEM and isinstance(given, list) else [given]
        if self.request.part_types is None and any(isinstance(item, list) for item in items):
            raise InvalidParameter(
                f"{self.provider}/{call.model} takes no parts in {name}; expected text alone."
            )

    @property
    def takes_address(self) -> bool:
        """Whether a file may be given by its address instead of its content."""
        if self._given is not None:
            return "file.url" in self._given.names_read
        return any("file.url" in plan.fields_read for plan in self._plans())

    def _refuse_address(self, call: TaskCall) -> None:
        file = call.arguments.get("file")
        if isinstance(file, Mapping) and "url" in file and not self.takes_address:
            raise InvalidParameter(
                f"{self.provider}/{call.model} takes no address of a file; "
                "pass the file itself: its path, its bytes, or the file opened as 'rb'."
            )

    def _plans(self) -> list[RequestPlan]:
        last = self.request if self.job is None else self.job.submit.plan
        return [*(step.plan for step in self.steps.values()), last]

    @property
    def fields_read(self) -> frozenset[str]:
        """The dotted names that the templates of all requests read."""
        if self._given is not None:
            return self._given.names_read
        return frozenset().union(*(plan.fields_read for plan in self._plans()))

    def _names_read(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in self.fields_read)

    def _compile_given(self, spec: Mapping[str, Any], context: CompileContext) -> Template:
        return compile_template(
            spec.get("given") or {},
            context.names("request", self.kind),
            context.findings,
            place_in(spec, "given"),
            fragments=context.fragments,
        )
