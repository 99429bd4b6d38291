"""What both runtimes share: the providers of a host, its settings, and the ties between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from difflib import get_close_matches
from typing import Any

from .catalog.customizable import properties_told
from .catalog.icons import ICON_KINDS, IconKind, icon
from .catalog.models import ModelEntry, read_model
from .credentials.form import FormField, check_form
from .credentials.source import Given, find_values, is_configured
from .errors import InvalidParameter, UnknownModel
from .exchange import Flow
from .network import check_base_url, encode_path
from .providers import AsyncProvider, AsyncRuntime, Provider, SyncRuntime
from .registry import ProviderRecord, Registry
from .remote import described_model, listed_models
from .runtime.async_driver import AsyncDriver
from .runtime.binding import Binding
from .runtime.checks import model_check, provider_check
from .runtime.handles import AsyncLanguageModel, LanguageModel
from .runtime.memory import Memory
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
from .runtime.transport import AsyncClient, SyncClient
from .settings import Settings
from .vocabulary import MODEL_STATUSES, ModelStatus, ModelType

SYNC_HANDLES: dict[ModelType, type[Any]] = {
    "llm": LanguageModel,
    "text-embedding": TextEmbeddingModel,
    "rerank": RerankModel,
    "speech2text": SpeechToTextModel,
    "tts": TTSModel,
    "moderation": ModerationModel,
}
ASYNC_HANDLES: dict[ModelType, type[Any]] = {
    "llm": AsyncLanguageModel,
    "text-embedding": AsyncTextEmbeddingModel,
    "rerank": AsyncRerankModel,
    "speech2text": AsyncSpeechToTextModel,
    "tts": AsyncTTSModel,
    "moderation": AsyncModerationModel,
}


class RuntimeCore:
    """What both runtimes share: the providers, and what the host has set."""

    def __init__(self, settings: Settings) -> None:
        self.registry = Registry(
            settings.specs, bundled=settings.bundled, untrusted=settings.untrusted
        )
        self.settings = settings
        self.credentials = _credentials(settings)
        self.memory = Memory()
        self.base_urls = {name: typed_url(url) for name, url in settings.base_urls.items()}

    def observed(self, hooks: Sequence[object]) -> RuntimeCore:
        """The same core, whose calls tell some hooks more."""
        twin = copy(self)
        twin.settings = replace(self.settings, hooks=(*self.settings.hooks, *hooks))
        return twin

    @staticmethod
    def sync_driver(client: SyncClient | None) -> SyncDriver:
        """The driver of a sync runtime."""
        return SyncDriver(client)

    @staticmethod
    def async_driver(client: AsyncClient | None) -> AsyncDriver:
        """The driver of an async runtime."""
        return AsyncDriver(client)

    def provider(self, runtime: SyncRuntime, name: str) -> Provider:
        """One provider of a sync runtime."""
        record = self.registry.record(name)
        return Provider(runtime, record, lambda: self.provider_status(record))

    def async_provider(self, runtime: AsyncRuntime, name: str) -> AsyncProvider:
        """One provider of an async runtime."""
        record = self.registry.record(name)
        return AsyncProvider(runtime, record, lambda: self.provider_status(record))

    def icon(self, provider: str, kind: IconKind, lang: str | None) -> tuple[bytes, str]:
        """A provider's icon and its media type. InvalidParameter for another kind of icon."""
        if kind not in ICON_KINDS:
            raise InvalidParameter(f"There is no {kind!r}. Known: {', '.join(ICON_KINDS)}.")
        record = self.registry.record(provider)
        texts = record.description.label_texts
        folders = record.loaded.icon_folders
        return icon(kind, record.loaded.tree, folders, label_texts=texts, lang=lang)

    def names(self) -> list[str]:
        """Provider names in display order; exclude comes before include, include before pin."""
        found = self.registry.names(among=self.settings.include)
        names = [name for name in found if name not in self.settings.exclude]
        pinned = [name for name in self.settings.pin if name in names]
        return pinned + [name for name in names if name not in pinned]

    def provider_status(self, record: ProviderRecord) -> ModelStatus:
        """`active` when what the credential form requires is there."""
        configured = is_configured(self.credentials, record.description.form, record.name)
        return "active" if configured else "no-configure"

    def entry_status(self, entry: ModelEntry) -> ModelEntry:
        """The entry with the status that the host knows better, if it does."""
        known = self.settings.status(entry) if self.settings.status is not None else None
        if known is None:
            return entry
        if known not in MODEL_STATUSES:
            raise InvalidParameter(
                f"status gave {known!r} for {entry.provider}/{entry.model}; "
                f"expected None or one of {', '.join(MODEL_STATUSES)}."
            )
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
        known = [m["model"] for m in record.description.model_specs if _is_of(m, model_type)]
        close = get_close_matches(model, [str(name) for name in known], 1)
        hint = f" Did you mean {close[0]!r}?" if close else ""
        raise UnknownModel(
            f"Provider {provider!r} lists no {model_type} model {model!r}.{hint} "
            "It can still be called; a listing only adds its rules and prices."
        )

    def handle(
        self,
        driver: SyncDriver | AsyncDriver,
        name: str,
        model_type: ModelType,
        credentials: Mapping[str, Any] | None,
        base_url: str | None,
    ) -> Any:
        """The handle of a model for a driver: sync or async, by the driver's kind."""
        handles = SYNC_HANDLES if isinstance(driver, SyncDriver) else ASYNC_HANDLES
        return handles[model_type](self.bind(name, model_type, credentials, base_url), driver)

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
        form = _form_for(record, entry)
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
            features=entry.features if entry else (),
            on_violation=self.settings.on_violation,
            retries=self.settings.retries,
            hooks=self.settings.hooks,
            memory=self.memory,
            properties_of=None if entry else properties_told,
            is_ambient=given is None,
        )

    def remote_models(
        self, provider: str, max_age: float, credentials: Mapping[str, Any] | None
    ) -> Flow[tuple[ModelEntry, ...]]:
        """The flow that gives a service's own list of models."""
        record = self.registry.record(provider)
        given = {provider: credentials} if credentials is not None else self.credentials
        form = record.description.form
        binding = Binding(
            provider=provider,
            model="*",
            compiled=record.usable(),
            form=form,
            find_credentials=lambda: find_values(given, form, provider),
            base_url=self.base_urls.get(provider),
            model_properties={},
            retries=self.settings.retries,
            memory=self.memory,
            is_ambient=given is None,
        )
        return listed_models(record, binding, max_age)

    def describe_model(
        self,
        name: str,
        model_type: ModelType,
        max_age: float | None,
        credentials: Mapping[str, Any] | None,
        base_url: str | None,
    ) -> Flow[ModelEntry]:
        """The flow that gives a model, listed or not, with what its service tells of it."""
        binding = self.bind(name, model_type, credentials, base_url)
        record = self.registry.record(binding.provider)
        entry = yield from described_model(record, binding, model_type, max_age)
        return self.entry_status(entry)

    def provider_check(
        self, provider: str, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Flow[None]]:
        """Check values against the provider's form; also the flow that proves them."""
        record = self.registry.record(provider)
        checked = check_form(record.description.form, values)
        first = next(iter(record.models("active")), None)
        if first is None:
            return checked, provider_check(self._bound_with(record, "*", checked))
        kind = first.model_type
        bound = self._bound_with(record, first.model, checked, model_type=kind)
        return checked, provider_check(bound, kind)

    def model_check(
        self, provider: str, model_type: ModelType, model: str, values: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Flow[None]]:
        """Check values against the form of the provider's models; also the flow of the proof."""
        record = self.registry.record(provider)
        form = _form_for(record, None)
        checked = check_form(form, values, model_type=model_type)
        bound = self._bound_with(record, model, checked, form, model_type)
        return checked, model_check(bound, model_type)

    def _bound_with(
        self,
        record: ProviderRecord,
        model: str,
        checked: Mapping[str, Any],
        form: tuple[FormField, ...] | None = None,
        model_type: ModelType = "llm",
    ) -> Binding:
        """A binding with the values that are to be proven, and no retries."""
        entry = record.find_model(model, model_type)
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


def _is_of(spec: Mapping[str, Any], model_type: ModelType) -> bool:
    return bool(spec.get("model_type", "llm") == model_type)


def _form_for(record: ProviderRecord, entry: ModelEntry | None) -> tuple[FormField, ...]:
    """The form of a model's credentials: one that no list names has the form of its own."""
    description = record.description
    if entry is not None or not description.model_form:
        return description.form
    own = {row.variable for row in description.model_form}
    others = (row for row in description.form if row.variable not in own)
    return (*description.model_form, *(replace(row, required=False) for row in others))


def _credentials(settings: Settings) -> Given:
    """What the host gives, else what its store holds, else None for the environment.

    An untrusted spec names the variables of the environment that it wants: it gets none of them.
    """
    if settings.credentials is not None:
        return settings.credentials
    if settings.credential_store is not None:
        return settings.credential_store.read
    return {} if settings.untrusted else None


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
