"""The factory layer: `ModelRuntime` and its async twin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .settings import Settings, StatusLookup

if TYPE_CHECKING:
    import os

    from .catalog.icons import IconKind
    from .catalog.models import ModelEntry
    from .core import RuntimeCore
    from .credentials.source import Given
    from .credentials.store import CredentialStore
    from .findings import Finding
    from .providers import AsyncProvider, Provider
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
    from .runtime.transport import AsyncClient, SyncClient
    from .vocabulary import ModelType, OnViolation


def open_core(settings: Settings) -> RuntimeCore:
    """Load the rooms that a runtime needs, now that there is one: not when this is imported."""
    from .core import RuntimeCore

    return RuntimeCore(settings)


class _Shared:
    """What both runtimes do without sending anything."""

    _core: RuntimeCore

    def observed(self, *hooks: object) -> Self:
        """The same runtime, whose calls tell these hooks too; it shares all connections."""
        twin = copy(self)
        twin._core = self._core.observed(hooks)
        return twin

    def reload(self) -> tuple[Finding, ...]:
        """Read all specs anew, and return the errors of those that cannot be used.

        A changed spec serves the next call; a broken one leaves the old one serving. Calls under
        way, and handles that exist, keep what they began with.
        """
        return self._core.registry.reload()

    def models(
        self,
        model_type: ModelType | None = None,
        provider: str | None = None,
        include_deprecated: bool = False,
    ) -> tuple[ModelEntry, ...]:
        """The models that specs list, in display order."""
        return self._core.models(model_type, provider, include_deprecated)

    def model(self, name: str, model_type: ModelType) -> ModelEntry:
        """One listed model, by `provider/model`. UnknownModel otherwise."""
        return self._core.model(name, model_type)

    def icon(
        self, provider: str, icon_type: IconKind = "icon_small", lang: str | None = None
    ) -> tuple[bytes, str]:
        """A provider's icon and its media type: its own file, else one drawn from its label.

        `icon_type` is icon_small or icon_large, either also with `_dark` at its end.
        """
        return self._core.icon(provider, icon_type, lang)


class ModelRuntime(_Shared):
    """Every provider's models behind one interface, sync.

    Args:
        specs: spec files, provider folders, or folders of these; laid over the bundled ones.
        bundled: whether the specs that ship with the library are there.
        credentials: a mapping of provider to values, or of provider/model where a model has its
            own, a callable (provider, model_type, model), or None to read the environment under
            the names that the specs give.
        client: your own httpx.Client; it is used and never closed here.
        base_urls: a mapping of provider to a URL that replaces its spec's base_url.
        hooks: objects with any of on_request, on_event, on_result, on_error.
        include: the only providers to list, if given.
        exclude: providers not to list.
        pin: providers to list first.
        on_violation: what happens to a parameter out of range: "error", "warn" or "clamp".
        retries: how often to try again, instead of what the specs say.
        status: a callable that tells what the host knows of a model (disabled ...), or None.
        credential_store: where credentials are kept, asked when `credentials` is None.
        untrusted: whether `specs` and credentials come from people whom you do not trust. Requests
            then go over https to public addresses only, the environment is not read, and a spec
            cannot take the name of another; SECURITY.md tells all. `base_urls` and `base_url`
            are your own words and stay trusted.

    Nothing is read before it is needed, and nothing is sent before a call. Close the runtime,
    or use it in a `with` block, to close its connections.
    """

    def __init__(
        self,
        specs: Sequence[str | os.PathLike[str]] = (),
        *,
        bundled: bool = True,
        credentials: Given = None,
        client: SyncClient | None = None,
        base_urls: Mapping[str, str] | None = None,
        hooks: Sequence[object] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        pin: Sequence[str] = (),
        on_violation: OnViolation = "error",
        retries: int | None = None,
        status: StatusLookup | None = None,
        credential_store: CredentialStore | None = None,
        untrusted: bool = False,
    ) -> None:
        self._core = open_core(
            Settings(
                specs=specs,
                bundled=bundled,
                credentials=credentials,
                base_urls=base_urls or {},
                hooks=tuple(hooks),
                include=include,
                exclude=exclude,
                pin=pin,
                on_violation=on_violation,
                retries=retries,
                status=status,
                credential_store=credential_store,
                untrusted=untrusted,
            )
        )
        self._driver = self._core.sync_driver(client)

    def providers(self) -> tuple[Provider, ...]:
        """Every provider in display order. Nothing is compiled; a broken spec is listed too."""
        return tuple(self.provider(name) for name in self._core.names())

    def provider(self, name: str) -> Provider:
        """One provider. UnknownProvider with a close match otherwise."""
        return self._core.provider(self, name)

    def remote_models(
        self,
        provider: str,
        *,
        max_age: float = 300.0,
        credentials: Mapping[str, Any] | None = None,
    ) -> tuple[ModelEntry, ...]:
        """Ask the service for its models, where the spec says how.

        A list that the same credentials were given at most `max_age` seconds ago is used again.
        """
        return self._driver.run(self._core.remote_models(provider, max_age, credentials))

    def describe_model(
        self,
        name: str,
        model_type: ModelType,
        *,
        max_age: float | None = None,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> ModelEntry:
        """One model with what its service tells of it now, whether it is listed or not.

        Beside the spec's own list the service is asked, where the spec says how; a model of the
        user's own is also described by its credentials. `max_age`: how many seconds old an answer
        may be, None for the spec's own word. UnknownModel when nobody describes the model.
        """
        return self._driver.run(
            self._core.describe_model(name, model_type, max_age, credentials, base_url)
        )

    def validate_provider_credentials(
        self, provider: str, credentials: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Check credentials: by the form, then by the cheapest request that proves them.

        Returns what is valid of them: hidden and unknown variables are dropped. Raises
        CredentialsInvalid with the address, the status and the service's own message.
        """
        checked, flow = self._core.provider_check(provider, credentials)
        self._driver.run(flow)
        return checked

    def validate_model_credentials(
        self,
        provider: str,
        model_type: ModelType,
        model: str,
        credentials: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Check credentials for one model, by its form and by a short call of the model."""
        checked, flow = self._core.model_check(provider, model_type, model, credentials)
        self._driver.run(flow)
        return checked

    def llm(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> LanguageModel:
        """A language model to call, by `provider/model`."""
        handle: LanguageModel = self._core.handle(self._driver, name, "llm", credentials, base_url)
        return handle

    def text_embedding(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> TextEmbeddingModel:
        """A text embedding model to call, by `provider/model`."""
        handle: TextEmbeddingModel = self._core.handle(
            self._driver, name, "text-embedding", credentials, base_url
        )
        return handle

    def rerank(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> RerankModel:
        """A rerank model to call, by `provider/model`."""
        handle: RerankModel = self._core.handle(self._driver, name, "rerank", credentials, base_url)
        return handle

    def speech2text(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> SpeechToTextModel:
        """A speech-to-text model to call, by `provider/model`."""
        handle: SpeechToTextModel = self._core.handle(
            self._driver, name, "speech2text", credentials, base_url
        )
        return handle

    def tts(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> TTSModel:
        """A text-to-speech model to call, by `provider/model`."""
        handle: TTSModel = self._core.handle(self._driver, name, "tts", credentials, base_url)
        return handle

    def moderation(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> ModerationModel:
        """A moderation model to call, by `provider/model`."""
        handle: ModerationModel = self._core.handle(
            self._driver, name, "moderation", credentials, base_url
        )
        return handle

    def close(self) -> None:
        """Close the runtime's own connections."""
        self._driver.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class AsyncModelRuntime(_Shared):
    """The async twin of `ModelRuntime`: same arguments, same names; what sends is awaited."""

    def __init__(
        self,
        specs: Sequence[str | os.PathLike[str]] = (),
        *,
        bundled: bool = True,
        credentials: Given = None,
        client: AsyncClient | None = None,
        base_urls: Mapping[str, str] | None = None,
        hooks: Sequence[object] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        pin: Sequence[str] = (),
        on_violation: OnViolation = "error",
        retries: int | None = None,
        status: StatusLookup | None = None,
        credential_store: CredentialStore | None = None,
        untrusted: bool = False,
    ) -> None:
        self._core = open_core(
            Settings(
                specs=specs,
                bundled=bundled,
                credentials=credentials,
                base_urls=base_urls or {},
                hooks=tuple(hooks),
                include=include,
                exclude=exclude,
                pin=pin,
                on_violation=on_violation,
                retries=retries,
                status=status,
                credential_store=credential_store,
                untrusted=untrusted,
            )
        )
        self._driver = self._core.async_driver(client)

    def providers(self) -> tuple[AsyncProvider, ...]:
        """Every provider in display order. Nothing is compiled; a broken spec is listed too."""
        return tuple(self.provider(name) for name in self._core.names())

    def provider(self, name: str) -> AsyncProvider:
        """One provider. UnknownProvider with a close match otherwise."""
        return self._core.async_provider(self, name)

    async def remote_models(
        self,
        provider: str,
        *,
        max_age: float = 300.0,
        credentials: Mapping[str, Any] | None = None,
    ) -> tuple[ModelEntry, ...]:
        """Ask the service for its models, where the spec says how.

        A list that the same credentials were given at most `max_age` seconds ago is used again.
        """
        return await self._driver.run(self._core.remote_models(provider, max_age, credentials))

    async def describe_model(
        self,
        name: str,
        model_type: ModelType,
        *,
        max_age: float | None = None,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> ModelEntry:
        """One model with what its service tells of it now, whether it is listed or not.

        Beside the spec's own list the service is asked, where the spec says how; a model of the
        user's own is also described by its credentials. `max_age`: how many seconds old an answer
        may be, None for the spec's own word. UnknownModel when nobody describes the model.
        """
        return await self._driver.run(
            self._core.describe_model(name, model_type, max_age, credentials, base_url)
        )

    async def validate_provider_credentials(
        self, provider: str, credentials: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Check credentials: by the form, then by the cheapest request that proves them.

        Returns what is valid of them: hidden and unknown variables are dropped. Raises
        CredentialsInvalid with the address, the status and the service's own message.
        """
        checked, flow = self._core.provider_check(provider, credentials)
        await self._driver.run(flow)
        return checked

    async def validate_model_credentials(
        self,
        provider: str,
        model_type: ModelType,
        model: str,
        credentials: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Check credentials for one model, by its form and by a short call of the model."""
        checked, flow = self._core.model_check(provider, model_type, model, credentials)
        await self._driver.run(flow)
        return checked

    def llm(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncLanguageModel:
        """A language model to call, by `provider/model`."""
        handle: AsyncLanguageModel = self._core.handle(
            self._driver, name, "llm", credentials, base_url
        )
        return handle

    def text_embedding(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncTextEmbeddingModel:
        """A text embedding model to call, by `provider/model`."""
        handle: AsyncTextEmbeddingModel = self._core.handle(
            self._driver, name, "text-embedding", credentials, base_url
        )
        return handle

    def rerank(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncRerankModel:
        """A rerank model to call, by `provider/model`."""
        handle: AsyncRerankModel = self._core.handle(
            self._driver, name, "rerank", credentials, base_url
        )
        return handle

    def speech2text(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncSpeechToTextModel:
        """A speech-to-text model to call, by `provider/model`."""
        handle: AsyncSpeechToTextModel = self._core.handle(
            self._driver, name, "speech2text", credentials, base_url
        )
        return handle

    def tts(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncTTSModel:
        """A text-to-speech model to call, by `provider/model`."""
        handle: AsyncTTSModel = self._core.handle(self._driver, name, "tts", credentials, base_url)
        return handle

    def moderation(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncModerationModel:
        """A moderation model to call, by `provider/model`."""
        handle: AsyncModerationModel = self._core.handle(
            self._driver, name, "moderation", credentials, base_url
        )
        return handle

    async def close(self) -> None:
        """Close the runtime's own connections."""
        await self._driver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
