"""What services tell of their models: their lists and descriptions, remembered for a while."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from .catalog.customizable import spec_told
from .catalog.models import ModelEntry, read_model
from .compile.model_facts import spec_of
from .credentials.form import scope_values
from .errors import InvokeError, UnknownModel
from .exchange import Flow
from .flows.pages import Row, pages
from .registry import ProviderRecord
from .runtime.binding import Binding, bind_exchange
from .runtime.discovery import described
from .secrets import Redactor, redact_error
from .vocabulary import MODEL_TYPES, ModelType

# How long a list is used before the service is asked anew, in seconds.
LIST_LIFETIME: Final = 300.0
_IDENTITY: Final = ("model", "model_type", "fetch_from")


def listed_models(
    record: ProviderRecord, binding: Binding, max_age: float
) -> Flow[tuple[ModelEntry, ...]]:
    """The flow that gives a service's own list, at most `max_age` seconds old."""
    rows = yield from _rows(binding, max_age)
    entries: dict[tuple[str, str], ModelEntry] = {}
    for row in rows:
        if not row.get("id"):
            continue
        model = str(row["id"])
        for kind in _types(record, model, row.get("model_type")):
            spec = {
                "model": model,
                "model_type": kind,
                "fetch_from": "fetch-from-remote",
                **spec_of(row),
            }
            entries.setdefault((model, kind), read_model(record.name, spec, "active"))
    return tuple(entries.values())


def described_model(
    record: ProviderRecord, binding: Binding, kind: ModelType, max_age: float | None
) -> Flow[ModelEntry]:
    """The flow that gives one model with all that is known of it.

    What the service tells stands over what the spec lists, and that over what the model's own
    credentials tell. UnknownModel when none of the three knows the model.
    """
    listed = record.find_model(binding.model, kind)
    values = binding.find_credentials()
    spec: dict[str, Any] = {"model": binding.model, "model_type": kind}
    if listed is not None:
        spec = dict(listed.spec)
    elif record.description.model_form:
        spec |= {"fetch_from": "customizable-model", **spec_told(values)}
    told = yield from _told(record, binding, kind, max_age)
    if told is None and listed is None and not record.description.model_form:
        raise UnknownModel(
            f"Neither the spec of {record.name!r} nor its service describes the {kind} model "
            f"{binding.model!r}. It can still be called."
        )
    if told is not None and listed is None:
        spec["fetch_from"] = "fetch-from-remote"
    return read_model(record.name, _laid_over(spec, told or {}), "active", kind)


def _told(
    record: ProviderRecord, binding: Binding, kind: ModelType, max_age: float | None
) -> Flow[dict[str, Any] | None]:
    """What the service tells of a model: by its description, else by its row of the list."""
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.describe()
    if operation is not None:
        facts = yield from described(binding, variant, operation, max_age)
        return spec_of(facts)
    if "list_models" not in variant.operation_names:
        return None
    age = LIST_LIFETIME if max_age is None else max_age
    entries = yield from listed_models(record, binding, age)
    for entry in entries:
        if (entry.model, entry.model_type) == (binding.model, kind):
            return {key: value for key, value in entry.spec.items() if key not in _IDENTITY}
    return None


def _laid_over(spec: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    properties = {**(spec.get("model_properties") or {}), **(told.get("model_properties") or {})}
    laid = {**spec, **told}
    return {**laid, "model_properties": properties} if properties else laid


def _types(record: ProviderRecord, model: str, told: Any) -> list[ModelType]:
    """The types of a row: those told, else those that the spec lists, else the provider's first."""
    if told is not None:
        return list(told)
    listed = {spec.get("model_type", "llm") for spec in _specs_of(record, model)}
    known: list[ModelType] = [kind for kind in MODEL_TYPES if kind in listed]
    types = record.description.supported_model_types
    return known or [types[0] if types else MODEL_TYPES[0]]


def _specs_of(record: ProviderRecord, model: str) -> list[Mapping[str, Any]]:
    return [spec for spec in record.description.model_specs if spec.get("model") == model]


def _rows(binding: Binding, max_age: float) -> Flow[list[Row]]:
    variant = binding.compiled.base_variant()
    listing = variant.listing("list_models")
    values = binding.find_credentials()
    credentials = scope_values(binding.form, values)
    base_url = binding.base(variant, credentials)
    key = binding.memory.key("list", binding.provider, base_url, credentials=values)
    if (known := binding.memory.recall(key, max_age)) is not None:
        remembered: list[Row] = known
        return remembered
    request = listing.first(credentials, base_url)
    scope: dict[str, object] = {"credentials": credentials}
    exchange = bind_exchange(binding, variant, request, scope, auth=listing.auth)
    try:
        rows = yield from pages(exchange, listing)
    except InvokeError as error:
        error.locate(binding.provider, "*", "list_models")
        redact_error(error, Redactor.of(credentials))
        raise
    binding.memory.keep(key, rows)
    return rows
