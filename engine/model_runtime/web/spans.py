"""Spans of calls, where OpenTelemetry's API is installed; else nothing is traced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Protocol

from model_runtime import Usage, __version__


class Span(Protocol):
    """What a call tells its span."""

    def set_usage(self, usage: Usage) -> None: ...

    def set_answer(self, identity: str | None, model: str | None, finish: str) -> None: ...

    def set_error(self, kind: str, message: str) -> None: ...


class _NoSpan:
    """Where nothing is traced."""

    def set_usage(self, usage: Usage) -> None:
        """Nothing is kept."""

    def set_answer(self, identity: str | None, model: str | None, finish: str) -> None:
        """Nothing is kept."""

    def set_error(self, kind: str, message: str) -> None:
        """Nothing is kept."""


class _Traced:
    """A span under the names of the conventions for generative AI."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def set_usage(self, usage: Usage) -> None:
        self._set("gen_ai.usage.input_tokens", usage.input_tokens)
        self._set("gen_ai.usage.output_tokens", usage.output_tokens)
        self._set("gen_ai.usage.cache_read.input_tokens", usage.cache_read_tokens)
        self._set("gen_ai.usage.cache_creation.input_tokens", usage.cache_write_tokens)

    def set_answer(self, identity: str | None, model: str | None, finish: str) -> None:
        self._set("gen_ai.response.id", identity)
        self._set("gen_ai.response.model", model)
        self._set("gen_ai.response.finish_reasons", [finish])

    def set_error(self, kind: str, message: str) -> None:
        from opentelemetry.trace import Status, StatusCode

        self._set("error.type", kind)
        self._span.set_status(Status(StatusCode.ERROR, message))

    def _set(self, name: str, value: object) -> None:
        if value is not None:
            self._span.set_attribute(name, value)


@cache
def _tracer() -> Any:
    try:
        from opentelemetry import trace
    except ModuleNotFoundError:
        return None
    return trace.get_tracer("model_runtime", __version__)


@contextmanager
def open_span(
    operation: str, provider: str, model: str, headers: Mapping[str, str]
) -> Iterator[Span]:
    """A span around one call, a child of the caller's where its headers tell of one."""
    tracer = _tracer()
    if tracer is None:
        yield _NoSpan()
        return
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    caller = extract(headers)
    attributes = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }
    # Not made current: a stream is read in another context than the one that opened it.
    span = tracer.start_span(
        f"{operation} {model}", context=caller, kind=SpanKind.CLIENT, attributes=attributes
    )
    try:
        yield _Traced(span)
    finally:
        span.end()
