"""What the gateway itself refuses, before any engine is asked."""

from __future__ import annotations

from model_runtime.vocabulary import ErrorKind


class Fault(Exception):
    """A request that the gateway refuses. `retry_after` is seconds."""

    def __init__(self, kind: ErrorKind, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.kind: ErrorKind = kind
        self.message = message
        self.retry_after = retry_after
