"""The provider layer: one provider as `runtime.provider(...)` gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from .catalog.models import ModelEntry
from .catalog.text import in_language
from .findings import Finding
from .registry import ProviderRecord
from .runtime.handles import AsyncLanguageModel, LanguageModel
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
from .vocabulary import ModelStatus, ModelType


class SyncRuntime(Protocol):
    """What a provider asks of the runtime that made it."""

    def models(self, model_type: ModelType | None, provider: str) -> tuple[ModelEntry, ...]: ...

    def remote_models(self, provider: str, *, max_age: float) -> tuple[ModelEntry, ...]: ...

    def describe_model(self, name: str, model_type: ModelType) -> ModelEntry: ...

    def validate_provider_credentials(
        self, provider: str, credentials: Mapping[str, Any]
    ) -> dict[str, Any]: ...

    def llm(self, name: str, *, credentials: Mapping[str, Any] | None) -> LanguageModel: ...

    def text_embedding(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> TextEmbeddingModel: ...

    def rerank(self, name: str, *, credentials: Mapping[str, Any] | None) -> RerankModel: ...

    def speech2text(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> SpeechToTextModel: ...

    def tts(self, name: str, *, credentials: Mapping[str, Any] | None) -> TTSModel: ...

    def moderation(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> ModerationModel: ...


class AsyncRuntime(Protocol):
    """What a provider asks of the async runtime that made it."""

    def models(self, model_type: ModelType | None, provider: str) -> tuple[ModelEntry, ...]: ...

    async def remote_models(self, provider: str, *, max_age: float) -> tuple[ModelEntry, ...]: ...

    async def describe_model(self, name: str, model_type: ModelType) -> ModelEntry: ...

    async def validate_provider_credentials(
        self, provider: str, credentials: Mapping[str, Any]
    ) -> dict[str, Any]: ...

    def llm(self, name: str, *, credentials: Mapping[str, Any] | None) -> AsyncLanguageModel: ...

    def text_embedding(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> AsyncTextEmbeddingModel: ...

    def rerank(self, name: str, *, credentials: Mapping[str, Any] | None) -> AsyncRerankModel: ...

    def speech2text(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> AsyncSpeechToTextModel: ...

    def tts(self, name: str, *, credentials: Mapping[str, Any] | None) -> AsyncTTSModel: ...

    def moderation(
        self, name: str, *, credentials: Mapping[str, Any] | None
    ) -> AsyncModerationModel: ...


class ProviderCore:
    """What both kinds of provider tell without any call."""

    def __init__(self, record: ProviderRecord, status: Callable[[], ModelStatus]) -> None:
        self._record = record
        self._status = status

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"

    @property
    def name(self) -> str:
        """The provider's name, as in `provider/model`."""
        return self._record.name

    @property
    def supported_model_types(self) -> tuple[ModelType, ...]:
        """The types of its models."""
        return self._record.description.supported_model_types

    @property
    def status(self) -> ModelStatus:
        """`active` when all that its credential form requires is there, else `no-configure`."""
        return self._status()

    @property
    def is_callable(self) -> bool:
        """False for a provider that is only described and for one whose spec is broken."""
        return self._record.description.is_callable and not self._record.findings.errors

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the loader found in its spec files."""
        return tuple(self._record.findings)

    def label(self, lang: str | None = None) -> str:
        """The provider's name for people, in a language."""
        return in_language(self._record.description.label_texts, lang)

    def credential_form(self, model_type: ModelType | None = None) -> tuple[dict[str, Any], ...]:
        """The fields of its credential form, or with a model type those of its models."""
        description = self._record.description
        form = description.form if model_type is None else description.model_form
        return tuple(dict(row.spec) for row in form)

    def to_dict(self, lang: str | None = None) -> dict[str, Any]:
        """Return JSON-ready data in the schema's field names."""
        return self._record.description.to_dict(lang)


class Provider(ProviderCore):
    """One provider of a `ModelRuntime`."""

    def __init__(
        self, runtime: SyncRuntime, record: ProviderRecord, status: Callable[[], ModelStatus]
    ) -> None:
        super().__init__(record, status)
        self._runtime = runtime

    def models(self, model_type: ModelType | None = None) -> tuple[ModelEntry, ...]:
        """The models that its spec lists."""
        return self._runtime.models(model_type, self.name)

    def remote_models(self, *, max_age: float = 300.0) -> tuple[ModelEntry, ...]:
        """The models that the service lists, or listed at most `max_age` seconds ago."""
        return self._runtime.remote_models(self.name, max_age=max_age)

    def describe_model(self, model: str, model_type: ModelType) -> ModelEntry:
        """One model with what the service tells of it, whether it is listed or not."""
        return self._runtime.describe_model(f"{self.name}/{model}", model_type)

    def validate_credentials(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Check credentials by the form, then by the cheapest request that proves them."""
        return self._runtime.validate_provider_credentials(self.name, credentials)

    def llm(self, model: str, *, credentials: Mapping[str, Any] | None = None) -> LanguageModel:
        """A language model of this provider."""
        return self._runtime.llm(f"{self.name}/{model}", credentials=credentials)

    def text_embedding(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> TextEmbeddingModel:
        """A text embedding model of this provider."""
        return self._runtime.text_embedding(f"{self.name}/{model}", credentials=credentials)

    def rerank(self, model: str, *, credentials: Mapping[str, Any] | None = None) -> RerankModel:
        """A rerank model of this provider."""
        return self._runtime.rerank(f"{self.name}/{model}", credentials=credentials)

    def speech2text(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> SpeechToTextModel:
        """A speech-to-text model of this provider."""
        return self._runtime.speech2text(f"{self.name}/{model}", credentials=credentials)

    def tts(self, model: str, *, credentials: Mapping[str, Any] | None = None) -> TTSModel:
        """A text-to-speech model of this provider."""
        return self._runtime.tts(f"{self.name}/{model}", credentials=credentials)

    def moderation(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> ModerationModel:
        """A moderation model of this provider."""
        return self._runtime.moderation(f"{self.name}/{model}", credentials=credentials)


class AsyncProvider(ProviderCore):
    """One provider of an `AsyncModelRuntime`."""

    def __init__(
        self, runtime: AsyncRuntime, record: ProviderRecord, status: Callable[[], ModelStatus]
    ) -> None:
        super().__init__(record, status)
        self._runtime = runtime

    def models(self, model_type: ModelType | None = None) -> tuple[ModelEntry, ...]:
        """The models that its spec lists."""
        return self._runtime.models(model_type, self.name)

    async def remote_models(self, *, max_age: float = 300.0) -> tuple[ModelEntry, ...]:
        """The models that the service lists, or listed at most `max_age` seconds ago."""
        return await self._runtime.remote_models(self.name, max_age=max_age)

    async def describe_model(self, model: str, model_type: ModelType) -> ModelEntry:
        """One model with what the service tells of it, whether it is listed or not."""
        return await self._runtime.describe_model(f"{self.name}/{model}", model_type)

    async def validate_credentials(self, credentials: Mapping[str, Any]) -> dict[str, Any]:
        """Check credentials by the form, then by the cheapest request that proves them."""
        return await self._runtime.validate_provider_credentials(self.name, credentials)

    def llm(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> AsyncLanguageModel:
        """A language model of this provider."""
        return self._runtime.llm(f"{self.name}/{model}", credentials=credentials)

    def text_embedding(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> AsyncTextEmbeddingModel:
        """A text embedding model of this provider."""
        return self._runtime.text_embedding(f"{self.name}/{model}", credentials=credentials)

    def rerank(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> AsyncRerankModel:
        """A rerank model of this provider."""
        return self._runtime.rerank(f"{self.name}/{model}", credentials=credentials)

    def speech2text(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> AsyncSpeechToTextModel:
        """A speech-to-text model of this provider."""
        return self._runtime.speech2text(f"{self.name}/{model}", credentials=credentials)

    def tts(self, model: str, *, credentials: Mapping[str, Any] | None = None) -> AsyncTTSModel:
        """A text-to-speech model of this provider."""
        return self._runtime.tts(f"{self.name}/{model}", credentials=credentials)

    def moderation(
        self, model: str, *, credentials: Mapping[str, Any] | None = None
    ) -> AsyncModerationModel:
        """A moderation model of this provider."""
        return self._runtime.moderation(f"{self.name}/{model}", credentials=credentials)
