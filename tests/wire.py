"""Bytes as services send them: event streams, and the shapes of Chat Completions."""

from __future__ import annotations

import json
from typing import Any

SSE = {"content_type": "text/event-stream"}
JSON = {"content_type": "application/json"}
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
DONE = b"data: [DONE]\n\n"


def packed(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def sse(*frames: object, end: bytes = DONE, line: bytes = b"\n") -> bytes:
    """Write each frame as an event of one data line."""
    body = b"".join(b"data: %b%b%b" % (packed(frame), line, line) for frame in frames)
    return body + end


def chunk(content: object = None, finish: object = None, **more: object) -> dict[str, Any]:
    """Make a chunk of Chat Completions with one choice."""
    delta: dict[str, object] = {} if content is None else {"content": content}
    delta.update(more.pop("delta", {}))  # type: ignore[call-overload]
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c1", "object": "chat.completion.chunk", "choices": [choice], **more}


def completion(
    content: object = "Hi", finish: object = "stop", **message: object
) -> dict[str, Any]:
    """Make a whole Chat Completion."""
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish,
    }
    return {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": USAGE}


def call(arguments: object, **more: object) -> dict[str, object]:
    """Make a fragment of a tool call."""
    return {"function": {"arguments": arguments, **dict(more.pop("f", {}))}, **more}  # type: ignore[call-overload]
