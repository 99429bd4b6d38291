"""The closed sets of words that travel through YAML, JSON and Python alike."""

from __future__ import annotations

from typing import Final, Literal, get_args

ModelType = Literal["llm", "text-embedding", "rerank", "speech2text", "tts", "moderation"]
Role = Literal["system", "developer", "user", "assistant", "tool"]
PartType = Literal[
    "text", "image", "audio", "video", "document", "reasoning", "tool_call", "tool_result"
]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter", "error", "other"]
ErrorKind = Literal[
    "auth",
    "permission",
    "quota",
    "rate_limit",
    "context_length",
    "content_filter",
    "not_found",
    "invalid_request",
    "overloaded",
    "timeout",
    "server",
    "connection",
]
ModelStatus = Literal[
    "active",
    "no-configure",
    "quota-exceeded",
    "no-permission",
    "disabled",
    "credential-removed",
]
OnViolation = Literal["error", "warn", "clamp"]
JobStatus = Literal["running", "done", "failed"]
Severity = Literal["error", "warning", "note"]

MODEL_TYPES: Final[tuple[ModelType, ...]] = get_args(ModelType)
ROLES: Final[tuple[Role, ...]] = get_args(Role)
PART_TYPES: Final[tuple[PartType, ...]] = get_args(PartType)
FINISH_REASONS: Final[tuple[FinishReason, ...]] = get_args(FinishReason)
ERROR_KINDS: Final[tuple[ErrorKind, ...]] = get_args(ErrorKind)
JOB_STATUSES: Final[tuple[JobStatus, ...]] = get_args(JobStatus)
MODEL_STATUSES: Final[tuple[ModelStatus, ...]] = get_args(ModelStatus)
