"""What the app counts of each call: metrics always, traces where the extra `otel` is installed.

Metrics follow the text format of Prometheus; names and attributes of spans and metrics follow the
semantic conventions of OpenTelemetry for generative AI.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from model_runtime import LLMResult, ModelRuntimeError, Usage
from model_runtime.writers.errors import kind_of

from .spans import Span, open_span

_SECONDS: Final = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_LABELS: Final = ("operation", "provider", "model")
_KINDS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


class Call:
    """One call while it runs. What it reports is counted when it ends."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._began = time.perf_counter()
        self.usage: Usage | None = None
        self.first: float | None = None
        self.outcome = "ok"

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.perf_counter() - self._began

    def moved(self) -> None:
        """A piece of the answer came."""
        if self.first is None:
            self.first = self.seconds

    def used(self, usage: Usage) -> None:
        """The usage became known."""
        self.usage = usage
        self._span.set_usage(usage)

    def answered(self, result: LLMResult) -> None:
        """A language model's answer is whole."""
        self._span.set_answer(result.id, result.model, result.finish_reason)
        self.used(result.usage)

    def failed(self, error: BaseException) -> None:
        """The call failed; the reason is its kind, or the name of what ended it."""
        known = isinstance(error, ModelRuntimeError)
        self.outcome = kind_of(error) if isinstance(error, ModelRuntimeError) else "cancelled"
        self._span.set_error(self.outcome, str(error) if known else type(error).__name__)


class Watcher:
    """The counters of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._calls = Counter(
            "model_runtime_calls", "Calls that ended.", (*_LABELS, "outcome", "key"),
            registry=self._registry,
        )  # fmt: skip
        self._tokens = Counter(
            "model_runtime_tokens", "Tokens of calls.", (*_LABELS, "kind"), registry=self._registry
        )
        self._seconds = Histogram(
            "model_runtime_call_seconds", "Seconds from admission to the end.", _LABELS,
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._first = Histogram(
            "model_runtime_first_event_seconds", "Seconds to the first piece of a stream.",
            _LABELS, buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._running = Gauge(
            "model_runtime_calls_running", "Calls under way.", _LABELS, registry=self._registry
        )

    @contextmanager
    def watch(
        self, operation: str, name: str, key: str | None, headers: Mapping[str, str]
    ) -> Iterator[Call]:
        """Count one call of `provider/model`, whatever ends it."""
        provider, _, model = name.partition("/")
        labels = (operation, provider, model)
        self._running.labels(*labels).inc()
        with open_span(operation, provider, model, headers) as span:
            call = Call(span)
            try:
                yield call
            except BaseException as error:
                call.failed(error)
                raise
            finally:
                self._running.labels(*labels).dec()
                self._count(labels, call, key)

    def _count(self, labels: tuple[str, str, str], call: Call, key: str | None) -> None:
        self._calls.labels(*labels, call.outcome, key or "").inc()
        self._seconds.labels(*labels).observe(call.seconds)
        if call.first is not None:
            self._first.labels(*labels).observe(call.first)
        for kind in _KINDS if call.usage is not None else ():
            told = getattr(call.usage, kind)
            if told:
                self._tokens.labels(*labels, kind).inc(told)

    def text(self) -> bytes:
        """Every metric in the text format."""
        return generate_latest(self._registry)
