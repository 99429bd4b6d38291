"""The factory layer: `ModelRuntime` and its async twin."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from .catalog.models import ModelEntry, read_model
from .credentials.form import FormField, check_form, scope_values
from .credentials.source import Given, find_values, is_configured
from .errors import InvokeError, UnknownModel
from .exchange import Flow
from .flows.call import Exchange
from .flows.pages import pages
from .network import check_base_url, encode_path
from .parameters import OnViolation
from .providers import AsyncProvider, Provider
from .registry import ProviderRecord, Registry
from .runtime.async_driver import AsyncDriver
from .runtime.binding import Binding, redact_error, retry_policy
from .runtime.checks import model_check, provider_check
from .runtime.handles import AsyncLanguageModel, LanguageModel
from .runtime.sync_driver import SyncDriver
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
from .secrets import Redactor
from .vocabulary import MODEL_TYPES, ModelStatus, ModelType

if TYPE_CHECKING:
    import os

    from .runtime.transport import AsyncClient, SyncClient

StatusLookup = Callable[[ModelEntry], ModelStatus | None]


class RuntimeCore:
    """What both runtimes share: the providers, and what the host has set."""

    def __init__(
        self,
        specs: Sequence[str | os.PathLike[str]],
        bundled: bool,
        credentials: Given,
        base_urls: Mapping[str, str] | None,
        hooks: Sequence[object],
        on_violation: OnViolation,
        retries: int | None,
        status: StatusLookup | None,
        include: Sequence[str],
        exclude: Sequence[str],
        pin: Sequence[str],
    ) -> None:
        self.registry = Registry(specs, bundled=bundled)
        self.credentials = credentials
        self.base_urls = {name: typed_url(url) for name, url in (base_urls or {}).items()}
        self.hooks = tuple(hooks)
        self.on_violation: OnViolation = on_violation
        self.retries = retries
        self.status = status
        self._include, self._exclude, self._pin = tuple(include), frozenset(exclude), tuple(pin)

    def names(self) -> list[str]:
        """Provider names in display order; exclude comes before include, include before pin."""
        names = [name for name in self.registry.names() if name not in self._exclude]
        if self._include:
            names = [name for name in names if name in self._include]
        pinned = [name for name in self._pin if name in names]
        return pinned + [name for name in names if name not in pinned]

    def provider_status(self, record: ProviderRecord) -> ModelStatus:
        """`active` when what the credential form requires is there."""
        configured = is_configured(self.credentials, record.description.form, record.name)
        return "active" if configured else "no-configure"

    def entry_status(self, entry: ModelEntry) -> ModelEntry:
        """The entry with the status that the host knows better, if it does."""
        known = self.status(entry) if self.status is not None else None
        if known is None:
            return entry
        return read_model(entry.provider, entry.spec, known)

    def models(
        self,
        model_type: ModelType | None,
        provider: str | None,
        include_deprecated: bool,
    ) -> tuple[ModelEntry, ...]:
        """The models that specs list, of one provider and type or of all."""
        found: list[ModelEntry] = []
        for name in [provider] if provider else self.names():
            record = self.registry.record(name)
            for entry in record.models(self.provider_status(record)):
                if (include_deprecated or not entry.deprecated) and (
                    model_type is None or entry.model_type == model_type
                ):
                    found.append(self.entry_status(entry))
        return tuple(found)

    def model(self, name: str, model_type: ModelType) -> ModelEntry:
        """One listed model. UnknownModel otherwise."""
        provider, model = split_name(name)
        record = self.registry.record(provider)
        for entry in record.models(self.provider_status(record)):
            if entry.model == model and entry.model_type == model_type:
                return self.entry_status(entry)
        raise UnknownModel(
            f"Provider {provider!r} lists no {model_type} model {model!r}. "
            "It can still be called; a listing only adds its rules and prices."
        )

    def bind(
        self,
        name: str,
        model_type: ModelType,
        credentials: Mapping[str, Any] | None,
        base_url: str | None,
    ) -> Binding:
        """Tie a model to its provider's compiled spec and to its credentials."""
        provider, model = split_name(name)
        record = self.registry.record(provider)
        compiled = record.usable()
        entry = record.find_model(model, model_type)
        url = typed_url(base_url) if base_url else self.base_urls.get(provider)
        given = {provider: credentials} if credentials is not None else self.credentials
        form = record.description.form
        return Binding(
            provider=provider,
            model=model,
            compiled=compiled,
            form=form,
            find_credentials=lambda: find_values(given, form, provider, model_type, model),
            base_url=url,
            model_properties=entry.model_properties if entry else {},
            rules=entry.rules if entry else (),
            pricing=entry.pricing if entry else None,
            on_violation=self.on_violation,
            retries=self.retries,
            hooks=self.hooks,
        )

    def listing(self, provider: str) -> tuple[Flow[tuple[ModelEntry, ...]], Redactor]:
        """The flow that fetches a service's own list of models."""
        record = self.registry.record(provider)
        variant = record.usable().base_variant()
        listing = variant.listing("list_models")
        form = record.description.form
        credentials = scope_values(form, find_values(self.credentials, form, provider))
        base_url = self.base_urls.get(provider) or variant.base_url(credentials)
        exchange = Exchange(
            request=listing.first(credentials, base_url),
            scope={"credentials": credentials},
            auth=variant.auth,
            errors=variant.errors,
            timeouts=variant.timeouts,
            retry=retry_policy(variant.retry, self.retries),
        )
        return _remote_entries(record, pages(exchange, listing)), Redactor.of(credentials)

    def provider_check(
        self, provider: str, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Flow[None]]:
        """Check values against the provider's form; also the flow that proves them."""
        record = self.registry.record(provider)
        checked = check_form(record.description.form, values)
        first = next((m["model"] for m in record.description.model_specs), "*")
        return checked, provider_check(self._bound_with(record, str(first), checked))

    def model_check(
        self, provider: str, model_type: ModelType, model: str, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Flow[None]]:
        """Check values against the form of the provider's models; also the flow of the proof."""
        record = self.registry.record(provider)
        form = record.description.model_form or record.description.form
        checked = check_form(form, values, model_type=model_type)
        bound = self._bound_with(record, model, checked, form)
        return checked, model_check(bound, model_type)

    def _bound_with(
        self,
        record: ProviderRecord,
        model: str,
        checked: Mapping[str, Any],
        form: tuple[FormField, ...] | None = None,
    ) -> Binding:
        """A binding with the values that are to be proven, and no retries."""
        entry = record.find_model(model, "llm")
        return Binding(
            provider=record.name,
            model=model,
            compiled=record.usable(),
            form=form or record.description.form,
            find_credentials=lambda: checked,
            base_url=self.base_urls.get(record.name),
            model_properties=entry.model_properties if entry else {},
            rules=entry.rules if entry else (),
            on_violation="clamp",
            retries=0,
        )


def _remote_entries(
    record: ProviderRecord, flow: Flow[list[dict[str, Any]]]
) -> Flow[tuple[ModelEntry, ...]]:
    rows = yield from flow
    entries: list[ModelEntry] = []
    for row in rows:
        if not row.get("id"):
            continue
        spec: dict[str, Any] = {
            "model": str(row["id"]),
            "model_type": row.get("model_type") or _first_type(record),
            "fetch_from": "fetch-from-remote",
        }
        if row.get("label"):
            spec["label"] = str(row["label"])
        if row.get("context_size"):
            spec["model_properties"] = {"context_size": row["context_size"]}
        entries.append(read_model(record.name, spec, "active"))
    return tuple(entries)


def _first_type(record: ProviderRecord) -> ModelType:
    return next(iter(record.description.supported_model_types), MODEL_TYPES[0])


def typed_url(url: str) -> str:
    """A base URL that the host gives, checked and without a slash at its end. HostRefused."""
    url = encode_path(url.rstrip("/"))
    check_base_url(url, typed_by_user=True)
    return url


def split_name(name: str) -> tuple[str, str]:
    """Split `provider/model`; the model's own name may hold slashes. UnknownModel otherwise."""
    provider, slash, model = name.partition("/")
    if not slash or not provider or not model:
        raise UnknownModel(
            f"{name!r} is not a model's name. "
            "Write provider/model, as `model-runtime models` lists them."
        )
    return provider, model


class ModelRuntime:
    """Every provider's models behind one interface, sync.

    Args:
        specs: spec files, provider folders, or folders of these; laid over the bundled ones.
        bundled: whether the specs that ship with the library are there.
        credentials: a mapping of provider to values, a callable (provider, model_type, model),
            or None to read the environment under the names that the specs give.
        client: your own httpx.Client; it is used and never closed here.
        base_urls: a mapping of provider to a URL that replaces its spec's base_url.
        hooks: objects with any of on_request, on_event, on_result, on_error.
        include: the only providers to list, if given.
        exclude: providers not to list.
        pin: providers to list first.
        on_violation: what happens to a parameter out of range: "error", "warn" or "clamp".
        retries: how often to try again, instead of what the specs say.
        status: a callable that tells what the host knows of a model (disabled ...), or None.

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
    ) -> None:
        self._core = RuntimeCore(
            specs,
            bundled,
            credentials,
            base_urls,
            hooks,
            on_violation,
            retries,
            status,
            include,
            exclude,
            pin,
        )
        self._driver = SyncDriver(client)

    def providers(self) -> tuple[Provider, ...]:
        """Every provider in display order. Nothing is compiled; a broken spec is listed too."""
        return tuple(self.provider(name) for name in self._core.names())

    def provider(self, name: str) -> Provider:
        """One provider. UnknownProvider with a close match otherwise."""
        return Provider(self, self._core.registry.record(name))

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

    def remote_models(self, provider: str) -> tuple[ModelEntry, ...]:
        """Ask the service for its models, where the spec says how."""
        flow, redactor = self._core.listing(provider)
        try:
            return self._driver.run(flow)
        except InvokeError as error:
            raise located(error, provider, redactor) from None

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
        return LanguageModel(self._core.bind(name, "llm", credentials, base_url), self._driver)

    def text_embedding(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> TextEmbeddingModel:
        """A text embedding model to call, by `provider/model`."""
        binding = self._core.bind(name, "text-embedding", credentials, base_url)
        return TextEmbeddingModel(binding, self._driver)

    def rerank(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> RerankModel:
        """A rerank model to call, by `provider/model`."""
        binding = self._core.bind(name, "rerank", credentials, base_url)
        return RerankModel(binding, self._driver)

    def speech2text(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> SpeechToTextModel:
        """A speech-to-text model to call, by `provider/model`."""
        binding = self._core.bind(name, "speech2text", credentials, base_url)
        return SpeechToTextModel(binding, self._driver)

    def tts(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> TTSModel:
        """A text-to-speech model to call, by `provider/model`."""
        binding = self._core.bind(name, "tts", credentials, base_url)
        return TTSModel(binding, self._driver)

    def moderation(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> ModerationModel:
        """A moderation model to call, by `provider/model`."""
        binding = self._core.bind(name, "moderation", credentials, base_url)
        return ModerationModel(binding, self._driver)

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


class AsyncModelRuntime:
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
    ) -> None:
        self._core = RuntimeCore(
            specs,
            bundled,
            credentials,
            base_urls,
            hooks,
            on_violation,
            retries,
            status,
            include,
            exclude,
            pin,
        )
        self._driver = AsyncDriver(client)

    def providers(self) -> tuple[AsyncProvider, ...]:
        """Every provider in display order. Nothing is compiled; a broken spec is listed too."""
        return tuple(self.provider(name) for name in self._core.names())

    def provider(self, name: str) -> AsyncProvider:
        """One provider. UnknownProvider with a close match otherwise."""
        return AsyncProvider(self, self._core.registry.record(name))

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

    async def remote_models(self, provider: str) -> tuple[ModelEntry, ...]:
        """Ask the service for its models, where the spec says how."""
        flow, redactor = self._core.listing(provider)
        try:
            return await self._driver.run(flow)
        except InvokeError as error:
            raise located(error, provider, redactor) from None

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
        binding = self._core.bind(name, "llm", credentials, base_url)
        return AsyncLanguageModel(binding, self._driver)

    def text_embedding(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncTextEmbeddingModel:
        """A text embedding model to call, by `provider/model`."""
        binding = self._core.bind(name, "text-embedding", credentials, base_url)
        return AsyncTextEmbeddingModel(binding, self._driver)

    def rerank(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncRerankModel:
        """A rerank model to call, by `provider/model`."""
        binding = self._core.bind(name, "rerank", credentials, base_url)
        return AsyncRerankModel(binding, self._driver)

    def speech2text(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncSpeechToTextModel:
        """A speech-to-text model to call, by `provider/model`."""
        binding = self._core.bind(name, "speech2text", credentials, base_url)
        return AsyncSpeechToTextModel(binding, self._driver)

    def tts(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncTTSModel:
        """A text-to-speech model to call, by `provider/model`."""
        binding = self._core.bind(name, "tts", credentials, base_url)
        return AsyncTTSModel(binding, self._driver)

    def moderation(
        self,
        name: str,
        *,
        credentials: Mapping[str, Any] | None = None,
        base_url: str | None = None,
    ) -> AsyncModerationModel:
        """A moderation model to call, by `provider/model`."""
        binding = self._core.bind(name, "moderation", credentials, base_url)
        return AsyncModerationModel(binding, self._driver)

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


def located(error: InvokeError, provider: str, redactor: Redactor) -> InvokeError:
    """The error of a listing, with its call named and its secrets taken out."""
    error.locate(provider, "*", "list_models")
    redact_error(error, redactor)
    return error
