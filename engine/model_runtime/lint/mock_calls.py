"""Renders every operation with a smallest and a largest call, so that what fails is told early.

Nothing is sent. The calls are made up from what the spec says that it takes; secrets, models and
files in them are stand-ins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from model_runtime.absent import Absent
from model_runtime.compile.count_plan import CountOperation
from model_runtime.compile.job_plan import SavingRequest
from model_runtime.compile.operation import LLMCall, LLMOperation
from model_runtime.compile.provider import COUNTED, CompiledProvider, Variant
from model_runtime.compile.task_operation import TaskCall, TaskOperation
from model_runtime.credentials.form import FormField
from model_runtime.errors import HostRefused, InvalidParameter, ModelRuntimeError
from model_runtime.findings import Finding
from model_runtime.location import Place
from model_runtime.parameters import ParameterRow, ParameterTable
from model_runtime.secrets import Secret
from model_runtime.spec.tree import place_of
from model_runtime.vocabulary import MODEL_TYPES, ModelType

from .subject import Subject

BASE_URL: Final = "https://stand-in.example/v1"
MODEL: Final = "stand-in"
PIXEL: Final = b"\x89PNG\r\n\x1a\n"
_WORDS: Final[Mapping[str, Any]] = {
    "list": ["a"],
    "map": {"a": 1},
    "text": "a",
    "int": 1,
    "float": 0.5,
}
_SPOT: Final = re.compile(
    r"(?P<file>[^\n:]+):(?P<line>\d+):(?P<column>\d+): (?:(?P<path>[^\s`]+): )?(?=`)"
)
_LISTS: Final = ("stop", "stop_sequences")

Scope = dict[str, object]


@dataclass(frozen=True, slots=True)
class Size:
    """How much a made-up call sets: only what it must, or everything that the spec takes."""

    word: str
    is_largest: bool


SMALLEST: Final = Size("smallest", False)
LARGEST: Final = Size("largest", True)


def mock_findings(subject: Subject, compiled: CompiledProvider) -> Iterator[Finding]:
    """Render every operation of every variant, and tell what fails as T313."""
    credentials = stand_ins(subject.form)
    told: set[tuple[Place | None, str]] = set()
    for variant in compiled.variants():
        mock = MockCalls(subject, variant, credentials)
        for name in variant.operation_names:
            place = place_of(subject.block("operations"), name)
            own = subject.place
            if place is None or (own is not None and own.file != place.file):
                # What is inherited can be rendered by the parent: the fault lies in the child.
                place = own
            for size, render in mock.renders(name):
                for finding in _tried(name, size, render, place):
                    # One cause, a header of the whole file say, is told once and not for each call.
                    cause = (finding.place, finding.message.partition("rendered: ")[2])
                    if cause not in told:
                        told.add(cause)
                        yield finding


def _tried(
    name: str, size: Size, render: Callable[[], object], place: Place | None
) -> Iterator[Finding]:
    try:
        render()
    except HostRefused:
        # Whether a stand-in's host is allowed says nothing of the real one.
        return
    except (ModelRuntimeError, ValueError, TypeError, KeyError, AttributeError) as fault:
        told = str(fault) if isinstance(fault, ModelRuntimeError) else repr(fault)
        if (spot := _SPOT.match(told)) is not None:
            # The expression at fault is known, and where it stands.
            line, column = int(spot["line"]), int(spot["column"])
            place = Place(spot["file"], line, column, spot["path"] or "")
            told = told[spot.end() :]
        yield Finding(
            code="T313",
            message=f"the {size.word} call of `{name}` cannot be rendered: {told}",
            place=place,
            help="Every call that the spec says it takes must give a request.",
        )


def stand_ins(form: Sequence[FormField]) -> dict[str, Any]:
    """A value for every credential: its default, its first option, or a word."""
    found: dict[str, Any] = {}
    for row in form:
        value: Any = row.default or (row.options[0] if row.options else "stand-in")
        if row.format == "url":
            value = BASE_URL
        elif row.parse == "json":
            value = {}
        elif row.type == "switch":
            value = row.default == "true"
        found[row.variable] = Secret(value) if row.is_secret else value
    return found


def sample(row: ParameterRow) -> Any:
    """A value that a parameter takes, as its row tells."""
    if row.has_default:
        return row.default
    if row.values:
        return next((key for key in row.values if key not in ("*", "$replace")), "a")
    if row.as_kind is not None and row.as_kind in _WORDS:
        return _WORDS[row.as_kind]
    if row.name in _LISTS:
        return ["a"]
    low, high = row.minimum, row.maximum
    return 1 if low is None and high is None else low if low is not None else high


class MockCalls:
    """The made-up calls of one variant."""

    def __init__(
        self, subject: Subject, variant: Variant, credentials: Mapping[str, object]
    ) -> None:
        self._subject = subject
        self._variant = variant
        self._credentials = credentials

    def renders(self, name: str) -> Iterator[tuple[Size, Callable[[], object]]]:
        """The renderings of one operation, each with its size."""
        if name == "llm":
            for size in (SMALLEST, LARGEST):
                yield size, partial(self._llm, size)
        elif name in MODEL_TYPES:
            for size in (SMALLEST, LARGEST):
                yield size, partial(self._task, name, size)
        elif name in ("list_models", "voices"):
            yield SMALLEST, partial(self._listing, name)
        elif name == "count_tokens":
            for kind in COUNTED:
                if (operation := self._variant.count(kind)) is not None:
                    yield SMALLEST, partial(self._count, operation, kind)

    def _llm(self, size: Size) -> None:
        operation = self._variant.llm()
        table = ParameterTable(self._variant.rows, (), self._variant.drop)
        for stream in (False, True) if operation.can_stream else (False,):
            call = llm_call(operation, self._variant.rows, size, stream)
            try:
                operation.prepare(call, table, self._credentials, BASE_URL)
            except InvalidParameter:
                # Of a service that fetches media itself, URLs are all that can be rendered; one
                # that knows its keys takes no made-up one.
                messages = [_with_urls(message) for message in call.messages]
                call = replace(call, messages=messages, extra_body={})
                operation.prepare(call, table, self._credentials, BASE_URL)

    def _task(self, name: str, size: Size) -> None:
        kind: ModelType = next(known for known in MODEL_TYPES if known == name)
        operation, rows = self._variant.task(kind), self._variant.task_rows(kind)
        parameters = {row.name: sample(row) for row in rows.values()} if size.is_largest else {}
        call = TaskCall(
            model=MODEL,
            arguments=task_arguments(kind, size, _names_read(operation)),
            parameters=parameters,
            stream=operation.stream is not None and size.is_largest,
        )
        table = ParameterTable(rows, (), self._variant.drop)
        calls = [call]
        if operation.takes_address:
            calls.append(replace(call, arguments={**call.arguments, "file": _ADDRESS}))
        for call in calls:
            for scope in operation.scopes(call, table, self._credentials)[0]:
                _render_known_format(operation, scope)

    def _listing(self, name: str) -> None:
        operation = self._variant.listing(name)
        names = {"model": MODEL, "model_properties": {}, "language": Absent}
        operation.first(self._credentials, BASE_URL, names)

    def _count(self, operation: CountOperation, kind: ModelType) -> None:
        scope: Scope = {"texts": ["a"], "input_type": Absent, "dimensions": Absent}
        if kind == "llm":
            llm = self._variant.llm()
            table = ParameterTable(self._variant.rows, (), self._variant.drop)
            call = llm_call(llm, self._variant.rows, SMALLEST, False)
            scope, _ = llm.scope(call, table, self._credentials)
        common: Scope = {"model": MODEL, "credentials": self._credentials, "stream": False}
        rest: Scope = {"model_properties": {}, "parameters": {}, "wire_parameters": {}}
        operation.request({**rest, "extra_body": Absent, **scope, **common}, BASE_URL)


def llm_call(
    operation: LLMOperation, rows: Mapping[str, ParameterRow], size: Size, stream: bool
) -> LLMCall:
    """A call of a language model: one line of text, or all that the operation reads."""
    hello = {"role": "user", "parts": [{"type": "text", "text": "Hello"}]}
    if not size.is_largest:
        return LLMCall(model=MODEL, messages=[hello], stream=stream)
    reads, parts = operation.request_plan.names_read, operation.request_plan.part_types
    tools = [{"name": "look", "description": "Looks.", "parameters": {"type": "object"}}]
    schema = {"type": "json_schema", "name": "answer", "schema": {"type": "object"}}
    return LLMCall(
        model=MODEL,
        messages=_conversation(parts or frozenset(), has_tools="tools" in reads),
        tools=tools if "tools" in reads else [],
        tool_choice={"mode": "auto"} if "tool_choice" in reads else Absent,
        response_format=schema if "response_format" in reads else Absent,
        parameters={row.name: sample(row) for row in rows.values()},
        extra_body={"x": 1} if "extra_body" in reads else {},
        stream=stream,
    )


def _conversation(parts: frozenset[str], *, has_tools: bool) -> list[dict[str, Any]]:
    user: list[dict[str, Any]] = [{"type": "text", "text": "Hello"}]
    for kind, media_type in (
        ("image", "image/png"),
        ("audio", "audio/wav"),
        ("video", "video/mp4"),
        ("document", "application/pdf"),
    ):
        if kind in parts:
            part = {"type": kind, "data": PIXEL, "media_type": media_type, "filename": "file"}
            user.append(part)
    messages: list[dict[str, Any]] = [
        {"role": "system", "parts": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "parts": user},
    ]
    if has_tools:
        call = {"type": "tool_call", "id": "call_1", "name": "look", "arguments": {}}
        told = {"type": "tool_result", "id": "call_1", "name": "look", "content": "seen"}
        messages.append({"role": "assistant", "parts": [call]})
        messages.append({"role": "tool", "parts": [told]})
    return messages


def _with_urls(message: dict[str, Any]) -> dict[str, Any]:
    """The message with a URL beside the data of each file in it."""
    parts = [
        {**part, "url": f"{BASE_URL}/file"} if "data" in part else part for part in message["parts"]
    ]
    return {**message, "parts": parts}


def task_arguments(kind: ModelType, size: Size, reads: frozenset[str]) -> dict[str, Any]:
    """The arguments of a call of another model type; what is optional only if it is read."""
    needed, optional = _TASKS[kind]
    arguments = {**needed, **dict.fromkeys(optional, Absent)}
    if size.is_largest:
        arguments.update({name: value for name, value in optional.items() if name in reads})
    # A speech service has no voice of its own, so that even the smallest call names one.
    return {**arguments, "voice": "stand-in"} if kind == "tts" and "voice" in reads else arguments


_FORMATS: Final = ("mp3", "wav", "pcm", "opus", "flac")
_FILE: Final = {"content": b"RIFF", "filename": "audio.wav", "media_type": "audio/wav"}
_ADDRESS: Final = {**{k: v for k, v in _FILE.items() if k != "content"}, "url": BASE_URL}
_TASKS: Final[Mapping[str, tuple[Mapping[str, Any], Mapping[str, Any]]]] = {
    "text-embedding": ({"texts": ["a"]}, {"input_type": "query", "dimensions": 8}),
    "rerank": ({"query": "a", "documents": ["a", "b"]}, {"top_n": 1, "score_threshold": 0.5}),
    "speech2text": ({"file": _FILE}, {"language": "en"}),
    "tts": ({"text": "Hello"}, {"voice": "stand-in", "format": "mp3"}),
    "moderation": ({"text": "Hello"}, {}),
}


def _names_read(operation: TaskOperation) -> frozenset[str]:
    plans = [step.plan for step in operation.steps.values()]
    plans.append(operation.request if operation.job is None else operation.job.submit.plan)
    return frozenset().union(*(plan.names_read for plan in plans))


def _render_known_format(operation: TaskOperation, scope: Scope) -> None:
    """Render a call; of the formats of speech, one that the service has is enough."""
    formats = _FORMATS if scope.get("format", Absent) is not Absent else (None,)
    for index, name in enumerate(formats):
        try:
            scope = scope if name is None else {**scope, "format": name}
            if operation.called:
                operation.given(scope)
            else:
                _render_task(operation, scope)
            return
        except InvalidParameter:
            if index == len(formats) - 1:
                raise


def _render_task(operation: TaskOperation, scope: Scope) -> None:
    needed = {name: step for name, step in operation.steps.items() if step.is_needed(scope)}
    scope = {**scope, "steps": {name: _saved(step) for name, step in needed.items()}}
    for step in needed.values():
        step.plan.build(scope, BASE_URL, extra_headers={})
    if operation.job is None:
        operation.request.build(scope, BASE_URL, extra_headers={})
        return
    operation.job.submit.plan.build(scope, BASE_URL, extra_headers={})
    saved = {**_saved(operation.job.submit), **_saved(operation.job.poll)}
    later: tuple[SavingRequest | None, ...] = (
        operation.job.poll,
        operation.job.fetch,
        operation.job.cancel,
    )
    for request in later:
        if request is not None:
            request.plan.build({**scope, "job": saved}, BASE_URL, extra_headers={})


def _saved(request: SavingRequest) -> dict[str, Any]:
    """What a step would keep of its reply: every value may be a URL or an id."""
    return dict.fromkeys(request.saves, f"{BASE_URL}/stand-in")
