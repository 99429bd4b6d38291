"""A hook that keeps what one call of the playground sent and got, to be shown beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

from model_runtime import Usage
from model_runtime.exchange import HttpRequest

_LONGEST: Final = 200_000


@dataclass(slots=True)
class Recorder:
    """The requests of one call without its secrets, its result and how long it took."""

    requests: list[HttpRequest] = field(default_factory=list)
    result: Any = None
    seconds: float = 0.0

    def on_request(self, request: HttpRequest) -> None:
        """A request goes out."""
        self.requests.append(request)

    def on_result(self, result: Any) -> None:
        """The call has its result."""
        self.result = result

    @property
    def usage(self) -> Usage | None:
        """The usage of the call, where its type has one."""
        found: Usage | None = getattr(self.result, "usage", None)
        return found

    @property
    def speed(self) -> float | None:
        """Tokens a second, from the first piece of the answer to its end."""
        usage = self.usage
        if usage is None or not usage.output_tokens or not usage.latency:
            return None
        waited = usage.time_to_first_token or 0.0
        writing = usage.latency - waited
        return usage.output_tokens / writing if writing > 0 else None

    def raw_text(self) -> str | None:
        """The service's own reply as text, cut where it is very long."""
        raw = getattr(self.result, "raw", None)
        if raw is None:
            return None
        text = (
            raw
            if isinstance(raw, str)
            else json.dumps(raw, indent=2, ensure_ascii=False, default=str)
        )
        left = len(text) - _LONGEST
        return text if left <= 0 else f"{text[:_LONGEST]}\n... {left:,} more characters"


def request_text(request: HttpRequest) -> str:
    """A request as people read it: its line, its headers, its body."""
    lines = [f"{request.method} {request.url}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    body = body_text(request)
    return "\n".join([*lines, "", body]) if body else "\n".join(lines)


def body_text(request: HttpRequest) -> str:
    """The body as text: JSON indented, what is no text told by its size."""
    if not request.body:
        return ""
    try:
        text = request.body.decode()
        if "json" in request.headers.get("content-type", ""):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except ValueError:
        return f"({len(request.body):,} bytes that are no text)"
    left = len(text) - _LONGEST
    return text if left <= 0 else f"{text[:_LONGEST]}\n... {left:,} more characters"
