"""Model Runtime: one interface to every AI model provider, each defined in YAML."""

from __future__ import annotations

import importlib
import typing

from ._version import __version__
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
from .results.events import Event, Finish, ReasoningDelta, TextDelta, ToolCallDelta, UsageEvent
from .results.llm import LLMResult
from .results.moderation import ModerationResult
from .results.rerank import RankedDocument, RerankResult
from .results.speech2text import SpeechToTextResult
from .results.text_embedding import TextEmbeddingResult
from .results.tokens import TokenCount
from .results.tts import TTSResult, Voice
from .results.usage import Price, Usage

if typing.TYPE_CHECKING:
    from .catalog.models import ModelEntry
    from .credentials.store import CredentialStore
    from .providers import AsyncProvider, Provider
    from .runtime.handles import AsyncLanguageModel, LanguageModel
    from .runtime.streams import AsyncStream, Stream
    from .runtime.task_handles import (
        AsyncModerationModel,
        AsyncRerankModel,
        AsyncSpeechToTextModel,
        AsyncTextEmbeddingModel,
        AsyncTTSModel,
        ModerationModel,
        RerankModel,
        SpeechToTextModel,
        TextEmbeddingModel,
        TTSModel,
    )

# What only type annotations name: loaded when it is asked for, so that importing a runtime
# loads no engine.
_ON_DEMAND = {
    "AsyncLanguageModel": ".runtime.handles",
    "AsyncModerationModel": ".runtime.task_handles",
    "AsyncProvider": ".providers",
    "AsyncRerankModel": ".runtime.task_handles",
    "AsyncSpeechToTextModel": ".runtime.task_handles",
    "AsyncStream": ".runtime.streams",
    "AsyncTTSModel": ".runtime.task_handles",
    "AsyncTextEmbeddingModel": ".runtime.task_handles",
    "CredentialStore": ".credentials.store",
    "LanguageModel": ".runtime.handles",
    "ModelEntry": ".catalog.models",
    "ModerationModel": ".runtime.task_handles",
    "Provider": ".providers",
    "RerankModel": ".runtime.task_handles",
    "SpeechToTextModel": ".runtime.task_handles",
    "Stream": ".runtime.streams",
    "TTSModel": ".runtime.task_handles",
    "TextEmbeddingModel": ".runtime.task_handles",
}


def __getattr__(name: str) -> object:
    """Load a public name on demand."""
    if name not in _ON_DEMAND:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_ON_DEMAND[name], __name__), name)


__all__ = [
    "AsyncLanguageModel",
    "AsyncModelRuntime",
    "AsyncModerationModel",
    "AsyncProvider",
    "AsyncRerankModel",
    "AsyncSpeechToTextModel",
    "AsyncStream",
    "AsyncTTSModel",
    "AsyncTextEmbeddingModel",
    "Audio",
    "AuthorizationError",
    "BadRequestError",
    "ConnectionFailed",
    "ContentFilterError",
    "ContextLengthError",
    "CredentialStore",
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
    "ModerationModel",
    "ModerationResult",
    "NotFoundError",
    "Place",
    "Price",
    "Provider",
    "ProviderError",
    "RankedDocument",
    "RateLimitError",
    "Reasoning",
    "ReasoningDelta",
    "ReplyError",
    "RerankModel",
    "RerankResult",
    "ServerUnavailableError",
    "SpecError",
    "SpeechToTextModel",
    "SpeechToTextResult",
    "Stream",
    "StreamInterrupted",
    "TTSModel",
    "TTSResult",
    "Text",
    "TextDelta",
    "TextEmbeddingModel",
    "TextEmbeddingResult",
    "TimedOut",
    "TokenCount",
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
    "Voice",
    "__version__",
]
