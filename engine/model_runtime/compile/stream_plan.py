"""Reads a streamed reply: the compiled `stream:` block, and the reader that one stream uses.

Bytes are cut into frames by a framing; a frame's JSON is read in one of three ways (`delta`,
`select` + `events`, `shape: response`); what is found goes to a builder, which makes the events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from model_runtime.accumulate import ReplyBuilder
from model_runtime.branches import watched, watched_table
from model_runtime.errors import (
    PROVIDER_ERRORS,
    InvokeError,
    LimitExceeded,
    ProviderError,
    ReplyError,
    StreamInterrupted,
)
from model_runtime.findings import Findings
from model_runtime.framing import FRAMINGS
from model_runtime.framing.base import Frame, Framing, cut
from model_runtime.json_text import decode_json
from model_runtime.results.events import Event, UsageEvent
from model_runtime.results.llm import LLMResult
from model_runtime.spec.tree import key_place_of, own_place
from model_runtime.vocabulary import ErrorKind

from .errors_plan import ErrorsPlan, is_error, read_body
from .event_rules import EventError, EventRules
from .fields_plan import FieldsPlan
from .response_plan import ResponsePlan, require_answer
from .values import Reader

# Each token may have a frame of its own, and some services send empty ones between.
MAX_FRAMES = 1_000_000
_BLANK = b" \t\r\n\xef\xbb\xbf"


class FrameReading(Protocol):
    """How the JSON of one frame is told to a builder. True: it was the stream's end mark."""

    def read(self, value: Any, frame: Frame, builder: ReplyBuilder) -> bool: ...


class DeltaReading:
    """One map of extractors for every frame."""

    __slots__ = ("_fields",)

    def __init__(self, fields: FieldsPlan) -> None:
        self._fields = fields

    def read(self, value: Any, frame: Frame, builder: ReplyBuilder) -> bool:
        self._fields.read(value, builder)
        return False


class ResponseReading:
    """Every frame is read as a whole reply whose parts are appended."""

    __slots__ = ("_response",)

    def __init__(self, response: ResponsePlan) -> None:
        self._response = response

    def read(self, value: Any, frame: Frame, builder: ReplyBuilder) -> bool:
        self._response.read(value, builder, is_next_frame=True)
        return False


class StreamPlan:
    """The compiled `stream:` block of a language model's operation."""

    def __init__(
        self,
        spec: Mapping[str, Any],
        response: ResponsePlan,
        errors: ErrorsPlan,
        findings: Findings,
    ) -> None:
        self.framing = str(spec.get("framing", "sse"))
        self.framing_options = spec
        self._new_framing = watched(
            lambda options: FRAMINGS[self.framing].from_spec(options),
            findings.branches,
            "stream",
            own_place(spec),
        )
        self.done = spec.get("done")
        self._longest_mark = len(self.done) + 8 if isinstance(self.done, str) else -1
        self.require_done = bool(spec.get("require_done", False))
        self.reads_on = spec.get("after_done") == "read"
        self.skips_text = spec.get("on_not_json") == "ignore"
        # Some services end a stream by closing the connection, and say nothing before.
        self.may_just_stop = spec.get("interrupted") == "finish"
        self.only = bool(spec.get("only", False))
        self.response = response
        self.errors = errors
        exceptions: dict[str, ErrorKind] = spec.get("exceptions") or {}
        self.exceptions: Mapping[str, ErrorKind] = watched_table(
            exceptions, findings.branches, "error_rule", partial(key_place_of, exceptions)
        )
        self.reading = _reading(spec, response, findings)

    def is_done(self, data: str | bytes) -> bool:
        """Whether a frame's data is the end mark; blanks around it are forgiven."""
        if len(data) > self._longest_mark:
            return False
        return data == self.done or data.strip() == self.done

    def open_framing(self, name: str | None = None) -> Framing:
        """A new framing for one stream."""
        if name is not None:
            return FRAMINGS[name].from_spec(self.framing_options)
        return self._new_framing(self.framing_options)


def _reading(spec: Mapping[str, Any], response: ResponsePlan, findings: Findings) -> FrameReading:
    if spec.get("shape") == "response":
        return ResponseReading(response)
    if "events" in spec:
        return EventRules(spec, response, findings)
    return DeltaReading(FieldsPlan(spec.get("delta") or {}, findings, response.usage))


class StreamReader:
    """Reads one stream. Feed it chunks; it gives events, and after `finish` the result.

    `ended` turns true when the stream's own end mark has come, or a fault after events. A reply
    that turns out to be one JSON document and no stream at all is read as a plain reply: services
    answer so when they refuse a request or do not stream.
    """

    def __init__(
        self,
        plan: StreamPlan,
        headers: Mapping[str, str],
        *,
        warnings: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
        started: float | None = None,
        settle: Callable[[LLMResult], LLMResult] | None = None,
        on_event: Callable[[Event], None] | None = None,
        on_result: Callable[[LLMResult], None] | None = None,
    ) -> None:
        self._plan = plan
        self._headers = headers
        self._settle = settle
        self._on_event = on_event
        self._on_result = on_result
        self._clock = clock
        self._started = clock() if started is None else started
        self._first: float | None = None
        self._framing: Framing | None = None
        self._document: list[bytes] | None = None
        self._head = b""
        self._builder = plan.response.builder()
        self._builder.warnings.extend(warnings)
        self._result: LLMResult | None = None
        self._is_error: Reader | None = plan.response.is_error
        self._frames = 0
        self._start = b""
        self._fault: InvokeError | None = None
        self._is_done = False
        self.ended = False

    def feed(self, chunk: bytes) -> list[Event]:
        """Take the next bytes and return the events that they complete."""
        if self._framing is None:
            chunk = self._begin(chunk)
            if self._framing is None:
                return []
        try:
            for frame in cut(self._framing, chunk):
                self._read(frame)
                if self.ended:
                    # What follows the end mark is no part of the answer, in one chunk or in two.
                    break
            if self._frames > MAX_FRAMES:
                raise LimitExceeded(f"The stream has more than {MAX_FRAMES} frames.")
        except InvokeError as fault:
            if not self._builder.pieces:
                raise
            # What this chunk held before the fault is handed on first; `finish` raises.
            self._fault = fault
            self.ended = True
        events = self._builder.take()
        if events and self._first is None:
            self._first = self._clock() - self._started
        return self._told(events)

    def finish(self) -> list[Event]:
        """Say that the body has ended. StreamInterrupted when the stream had not.

        Raises the fault, if one ended the stream.
        """
        if self._fault is not None:
            raise self._fault
        if self._framing is None:
            self._read_document()
        else:
            self._finish_framing(self._framing)
        self._builder.end(self._latency(), self._first)
        self._result = self._make_result()
        usage = UsageEvent(self._result.usage)
        taken = self._builder.take()
        events = self._told([usage if isinstance(e, UsageEvent) else e for e in taken])
        if self._on_result is not None:
            self._on_result(self._result)
        return events

    def result(self) -> LLMResult:
        """The result, after `finish`."""
        assert self._result is not None, "result() is asked for after finish()"
        return self._result

    def partial(self) -> LLMResult:
        """The result of what has arrived so far."""
        return self._make_result()

    def _told(self, events: list[Event]) -> list[Event]:
        if self._on_event is not None:
            for event in events:
                self._on_event(event)
        return events

    def _make_result(self) -> LLMResult:
        result = self._builder.result(latency=self._latency(), first=self._first)
        return result if self._settle is None else self._settle(result)

    def _latency(self) -> float:
        return self._clock() - self._started

    def _begin(self, chunk: bytes) -> bytes:
        """Choose how to read the body by its first visible byte."""
        if self._document is not None:
            self._document.append(chunk)
            return b""
        self._head += chunk
        first = self._head.lstrip(_BLANK)[:1]
        if self._plan.framing != "sse":
            self._framing = self._plan.open_framing()
        elif first == b"[":
            self._framing = self._plan.open_framing("json_array")
        elif first == b"{":
            self._document = [self._head]
        elif first:
            self._framing = self._plan.open_framing()
        if self._framing is None and self._document is None:
            return b""
        self._start = self._head[:100]
        return self._head

    def _read(self, frame: Frame) -> None:
        self._frames += 1
        data = frame.data
        plan = self._plan
        if plan.is_done(data):
            self._end()
            return
        if not data:
            return
        if frame.event is not None:
            self._check_event(frame)
        try:
            value = decode_json(data)
        except ValueError:
            if plan.skips_text:
                self._builder.keep(_as_text(data))
                return
            raise ReplyError(
                f"A frame of the stream is not JSON: {_excerpt(data)}. "
                "Expected JSON, or the end mark that the spec names in stream.done."
            ) from None
        if self._is_error is not None and is_error(found := self._is_error(value)):
            raise self._error(value, found)
        before = self._builder.pieces
        try:
            if plan.reading.read(plan.response.unwrapped(value), frame, self._builder):
                self._end()
        except EventError as event:
            raise plan.errors.read(None, self._headers, {"error": event.found}) from None
        if self._builder.pieces == before:
            self._builder.keep(value)

    def _end(self) -> None:
        """Note the end mark; reading goes on where more is told behind it."""
        self._is_done = True
        self.ended = not self._plan.reads_on

    def _check_event(self, frame: Frame) -> None:
        """Raise the error that a frame is by its name alone."""
        if frame.event == "error":
            body = read_body(_as_bytes(frame.data))
            if not (isinstance(body, Mapping) and "error" in body):
                body = {"error": body}
            raise self._plan.errors.read(None, self._headers, body)
        if frame.headers.get(":message-type") in ("exception", "error"):
            raise self._exception(frame)

    def _exception(self, frame: Frame) -> ProviderError:
        body = read_body(_as_bytes(frame.data))
        error = self._plan.errors.read(None, self._headers, body)
        table = self._plan.exceptions
        kind = table.get(str(frame.event)) or table.get("*", "server")
        return PROVIDER_ERRORS[kind](
            f"{frame.event}: {error.message}", kind=kind, request_id=error.request_id, body=body
        )

    def _error(self, value: object, found: object) -> InvokeError:
        body = value if isinstance(value, Mapping) and value.get("error") else {"error": found}
        if isinstance(found, bool | int):
            body = value if isinstance(value, Mapping) else {"error": value}
        return self._plan.errors.read(None, self._headers, body)

    def _finish_framing(self, framing: Framing) -> None:
        frames = framing.finish()
        try:
            for frame in frames:
                self._read(frame)
        except ReplyError:
            # A last frame that was cut short is no fault of the frame but the stream's end.
            if framing.is_whole:
                raise
        if self._is_done or (self._builder.has_finish and not self._plan.require_done):
            return
        if not self._frames:
            raise ReplyError(
                f"The reply is no {self._plan.framing} stream: it begins {_excerpt(self._start)}."
            )
        if self._plan.may_just_stop and framing.is_whole:
            return
        raise StreamInterrupted(
            "The stream ended before its end mark; what had arrived is in `partial`.",
            partial=self.partial(),
        )

    def _read_document(self) -> None:
        data = b"".join(self._document or [self._head])
        if not data.strip():
            raise ReplyError("The reply is empty. Expected a stream of events.")
        try:
            value = decode_json(data.strip())
        except ValueError:
            raise ReplyError(f"The reply is neither a stream nor JSON: {_excerpt(data)}.") from None
        if self._is_error is not None and is_error(found := self._is_error(value)):
            raise self._error(value, found)
        self._plan.response.read(self._plan.response.unwrapped(value), self._builder)
        require_answer(self._make_result(), value)


def _as_text(data: str | bytes) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else data


def _as_bytes(data: str | bytes) -> bytes:
    return data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")


def _excerpt(data: str | bytes, length: int = 80) -> str:
    text = _as_text(data)
    return repr(text if len(text) <= length else text[:length] + "...")
