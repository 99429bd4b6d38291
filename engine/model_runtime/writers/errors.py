"""Errors of the engine as a status and as the words of the caller's dialect."""

from __future__ import annotations

from typing import Final

from model_runtime.errors import (
    HostRefused,
    InvalidParameter,
    InvokeError,
    LimitExceeded,
    MissingCredential,
    ModelRuntimeError,
    ProviderError,
    ReplyError,
    StreamInterrupted,
    UnknownModel,
    UnknownProvider,
    UnsupportedOperation,
)
from model_runtime.vocabulary import ErrorKind

from .base import Json

STATUSES: Final[dict[ErrorKind, int]] = {
    "auth": 401,
    "permission": 403,
    "quota": 429,
    "rate_limit": 429,
    "context_length": 400,
    "content_filter": 400,
    "not_found": 404,
    "invalid_request": 400,
    "overloaded": 503,
    "timeout": 504,
    "server": 502,
    "connection": 502,
}
_KINDS: Final[tuple[tuple[type[ModelRuntimeError], ErrorKind], ...]] = (
    (UnknownProvider, "not_found"),
    (UnknownModel, "not_found"),
    (UnsupportedOperation, "not_found"),
    (InvalidParameter, "invalid_request"),
    (MissingCredential, "permission"),
    (HostRefused, "permission"),
    (LimitExceeded, "server"),
    (ReplyError, "server"),
    (StreamInterrupted, "server"),
)
# `type` and `code` of chat completions, responses and the task paths.
_CHAT_TYPES: Final[dict[ErrorKind, tuple[str, str | None]]] = {
    "auth": ("authentication_error", "invalid_api_key"),
    "permission": ("permission_error", None),
    "quota": ("insufficient_quota", "insufficient_quota"),
    "rate_limit": ("rate_limit_error", "rate_limit_exceeded"),
    "context_length": ("invalid_request_error", "context_length_exceeded"),
    "content_filter": ("invalid_request_error", "content_filter"),
    "not_found": ("invalid_request_error", "model_not_found"),
    "invalid_request": ("invalid_request_error", None),
}
# `type` of messages.
_MESSAGES_TYPES: Final[dict[ErrorKind, str]] = {
    "auth": "authentication_error",
    "permission": "permission_error",
    "quota": "rate_limit_error",
    "rate_limit": "rate_limit_error",
    "context_length": "invalid_request_error",
    "content_filter": "invalid_request_error",
    "not_found": "not_found_error",
    "invalid_request": "invalid_request_error",
    "overloaded": "overloaded_error",
    "timeout": "timeout_error",
}


def kind_of(error: ModelRuntimeError) -> ErrorKind:
    """The kind of any error of the engine."""
    told: ErrorKind | None = getattr(error, "kind", None)
    if told is not None:
        return told
    for cls, kind in _KINDS:
        if isinstance(error, cls):
            return kind
    return "server"


def status_of(error: ModelRuntimeError) -> int:
    """The HTTP status that tells an error to a caller."""
    return STATUSES[kind_of(error)]


def retry_after(error: ModelRuntimeError) -> float | None:
    """The seconds after which the service wants to be asked again, where it told them."""
    return error.retry_after if isinstance(error, ProviderError) else None


def chat_error(error: ModelRuntimeError) -> Json:
    """An error's body in the words of chat completions."""
    return chat_fault(str(error), kind_of(error))


def chat_fault(message: str, kind: ErrorKind, parameter: str | None = None) -> Json:
    """An error's body in the words of chat completions, of a message and a kind."""
    word, code = _CHAT_TYPES.get(kind, ("server_error", None))
    return {"error": {"message": message, "type": word, "param": parameter, "code": code}}


def messages_error(error: ModelRuntimeError) -> Json:
    """An error's body in the words of messages."""
    return messages_fault(str(error), kind_of(error))


def messages_fault(message: str, kind: ErrorKind) -> Json:
    """An error's body in the words of messages, of a message and a kind."""
    word = _MESSAGES_TYPES.get(kind, "api_error")
    return {"type": "error", "error": {"type": word, "message": message}}


def is_fault_of_call(error: ModelRuntimeError) -> bool:
    """Whether the error came while a service was called, not from the caller's own request."""
    return isinstance(error, InvokeError)
