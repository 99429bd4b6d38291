"""A stream that cannot be seen to end well.

What it checks
    The stream of `llm` has `done`, reads a `finish`, or has `require_done`.

Why
    A connection that breaks looks like an answer that is complete.

Example
    stream: {framing: sse, delta: {text: text}}

Instead
    stream: {framing: sse, done: "[DONE]", delta: {text: text}}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject, block
from model_runtime.spec.tree import key_place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell a stream of `llm` without an end."""
    operation = provider.block("operations", "llm")
    stream = block(operation, "stream")
    if not stream or stream.get("framing") == "bytes" or provider.is_abstract:
        return
    if _has_end(stream) or "finish" in block(operation, "response"):
        return
    yield Finding(
        code="R407",
        message="`operations.llm.stream` has neither `done`, `finish` nor `require_done`.",
        place=key_place_of(operation, "stream"),
        help="Say by which frame or field the stream ends.",
        length=len("stream"),
    )


def _has_end(stream: Mapping[str, Any]) -> bool:
    if "done" in stream or stream.get("require_done") is True:
        return True
    rules = [block(stream, "delta"), *block(stream, "events").values()]
    return any(isinstance(rule, Mapping) and ("finish" in rule or "done" in rule) for rule in rules)
