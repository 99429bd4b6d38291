"""Model Runtime: one interface to every AI model provider, each defined in YAML."""

from __future__ import annotations

from ._version import __version__
from .catalog.models import ModelEntry
from .errors import (
    AuthorizationError,
    BadRequestError,
    ConnectionFailed,
    ContentFilterError,
    ContextLengthError,
    CredentialsInvalid,
    HostRefused,
    InvalidParameter,
    InvokeError,
    LimitExceeded,
    MissingCredential,
    MissingExtra,
    ModelRuntimeError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    ReplyError,
    ServerUnavailableError,
    SpecError,
    StreamInterrupted,
    TimedOut,
    UnknownModel,
    UnknownProvider,
    UnsupportedOperation,
)
from .factory import AsyncModelRuntime, ModelRuntime
from .findings import Finding
from .location import Place
from .messages import (
    Audio,
    Document,
    Image,
    Message,
    Reasoning,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Video,
)
from .providers import AsyncProvider, Provider
from .results.events import Event, Finish, ReasoningDelta, TextDelta, ToolCallDelta, UsageEvent
from .results.llm import LLMResult
from .results.usage import Usage
from .runtime.handles import AsyncLanguageModel, LanguageModel
from .runtime.streams import AsyncStream, Stream

__all__ = [
    "AsyncLanguageModel",
    "AsyncModelRuntime",
    "AsyncProvider",
    "AsyncStream",
    "Audio",
    "AuthorizationError",
    "BadRequestError",
    "ConnectionFailed",
    "ContentFilterError",
    "ContextLengthError",
    "CredentialsInvalid",
    "Document",
    "Event",
    "Finding",
    "Finish",
    "HostRefused",
    "Image",
    "InvalidParameter",
    "InvokeError",
    "LLMResult",
    "LanguageModel",
    "LimitExceeded",
    "Message",
    "MissingCredential",
    "MissingExtra",
    "ModelEntry",
    "ModelRuntime",
    "ModelRuntimeError",
    "NotFoundError",
    "Place",
    "Provider",
    "ProviderError",
    "RateLimitError",
    "Reasoning",
    "ReasoningDelta",
    "ReplyError",
    "ServerUnavailableError",
    "SpecError",
    "Stream",
    "StreamInterrupted",
    "Text",
    "TextDelta",
    "TimedOut",
    "Tool",
    "ToolCall",
    "ToolCallDelta",
    "ToolResult",
    "UnknownModel",
    "UnknownProvider",
    "UnsupportedOperation",
    "Usage",
    "UsageEvent",
    "Video",
    "__version__",
]
