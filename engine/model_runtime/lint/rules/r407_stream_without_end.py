"""A stream that cannot be seen to end well.

What it checks
    The stream of `llm` has `done`, reads a `finish`, or has `require_done`; speech that comes in
    frames has `done` or `audio.done_when`.

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
    """Tell streams without an end; one of bytes ends with the whole body."""
    for name, operation in provider.model_operations():
        stream = block(operation, "stream")
        if not stream or stream.get("framing") == "bytes" or provider.is_abstract:
            continue
        if name == "tts":
            is_ended = "done" in stream or "done_when" in block(stream, "audio")
            # Without a framing of its own, speech is a stream of bytes.
            is_ended, ways = is_ended or "framing" not in stream, "`done` nor `audio.done_when`"
        else:
            is_ended = _has_end(stream) or "finish" in block(operation, "response")
            ways = "`done`, `finish` nor `require_done`"
        if not is_ended:
            yield Finding(
                code="R407",
                message=f"`operations.{name}.stream` has neither {ways}.",
                place=key_place_of(operation, "stream"),
                help="Say by which frame or field the stream ends.",
                length=len("stream"),
            )


def _has_end(stream: Mapping[str, Any]) -> bool:
    if "done" in stream or stream.get("require_done") is True:
        return True
    rules = [block(stream, "delta"), *block(stream, "events").values()]
    return any(isinstance(rule, Mapping) and ("finish" in rule or "done" in rule) for rule in rules)
