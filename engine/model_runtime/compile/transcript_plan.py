"""Reads the reply of a speech-to-text model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.results.speech2text import SpeechToTextResult
from model_runtime.results.usage import Usage

from .errors_plan import ErrorsPlan
from .extractors import shape_of
from .task_plans import ReplyPlan, measured, rows_of
from .values import Reader, compile_value, place_in, read_text

_TEXT_TYPES = ("text/plain", "text/vtt", "application/x-subrip")


class TranscriptPlan:
    """The compiled `response:` of `speech2text`. A reply of plain text is the transcript."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._reply = ReplyPlan(spec, findings, errors)
        self._text = compile_value(spec.get("text", "text"), findings, place_in(spec, "text"))
        self._language = ReplyPlan.optional(spec, "language", findings)
        self._duration = ReplyPlan.optional(spec, "duration", findings)
        self._segments = _rows(spec.get("segments"), findings)
        self._words = _rows(spec.get("words"), findings)

    def read(
        self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> SpeechToTextResult:
        """Return the transcript. ReplyError when the reply holds none."""
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _TEXT_TYPES and reply.body.lstrip()[:1] != b"{":
            text = reply.body.decode("utf-8", "replace")
            return SpeechToTextResult(
                text=text.strip(), usage=self._reply.usage({}, seconds, reply.headers)
            )
        value = self._reply.json(reply)
        return self.read_value(value, self._reply.usage(value, seconds, reply.headers))

    def read_value(self, value: Any, usage: Usage) -> SpeechToTextResult:
        """Return the transcript that JSON, or another operation's result, holds."""
        found = self._text(value)
        if found is None:
            raise ReplyError(f"The reply holds no text; it has the shape {shape_of(value)}.")
        language = self._language(value) if self._language is not None else None
        duration = _seconds(self._duration(value) if self._duration is not None else None)
        return SpeechToTextResult(
            text=read_text(found),
            language=None if language is None else str(language),
            duration=duration,
            segments=_read_rows(self._segments, value),
            words=_read_rows(self._words, value),
            usage=measured(usage, "seconds", duration),
            raw=value,
        )

    @staticmethod
    def merge(results: Sequence[SpeechToTextResult]) -> SpeechToTextResult:
        """There is one request for one file."""
        return results[0]


_Rows = tuple[Reader, dict[str, Reader]] | None


def _rows(spec: object, findings: Findings) -> _Rows:
    return rows_of(spec, findings) if isinstance(spec, Mapping) else None


def _read_rows(rows: _Rows, value: Any) -> tuple[Mapping[str, Any], ...]:
    if rows is None:
        return ()
    each, fields = rows
    found = each(value)
    if not isinstance(found, list):
        return ()
    read = ({name: path(item) for name, path in fields.items()} for item in found)
    return tuple({name: v for name, v in row.items() if v is not None} for row in read)


def _seconds(value: object) -> float | None:
    if isinstance(value, str):
        try:
            return float(value.removesuffix("s"))
        except ValueError:
            return None
    return float(value) if isinstance(value, int | float) else None
