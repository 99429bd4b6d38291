"""The network check of credentials: the cheapest request that proves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model_runtime.audio import wrap_wav
from model_runtime.credentials.form import scope_values
from model_runtime.errors import CredentialsInvalid, InvokeError
from model_runtime.exchange import Flow
from model_runtime.flows.call import call
from model_runtime.parameters import ParameterTable
from model_runtime.secrets import Redactor, redact_error
from model_runtime.vocabulary import ModelType

from .binding import Binding, CallOptions, bind_exchange, bind_llm_call
from .handles import invoke_flow
from .task_arguments import TASK_ARGUMENTS
from .task_binding import bind_task, task_flow

# What is sent to a model when a spec declares no check of its own for its type.
_GIVEN: dict[ModelType, dict[str, Any]] = {
    "llm": {"messages": "ping", "parameters": {"max_tokens": 16}},
    "text-embedding": {"texts": ["ping"]},
    "rerank": {"query": "ping", "documents": ["ping", "pong"]},
    "moderation": {"text": "ping"},
    "tts": {"text": "ping"},
    "speech2text": {"file": wrap_wav(bytes(8_000), sample_rate=16_000)},
}

_CHAT_OPTIONS = (
    "parameters", "tools", "tool_choice", "response_format", "stop", "user", "extra_body",
    "extra_headers",
)  # fmt: skip


def provider_check(binding: Binding, kind: ModelType | None = None) -> Flow[None]:
    """The flow that proves a provider's credentials: by the check that its spec declares.

    Without one a short call of the bound model, which is of type `kind`, or else the list of
    models; nothing is sent where there is neither.
    """
    check = binding.compiled.base_variant().check("provider")
    if check is None:
        check = {"call": kind or "list_models"}
    yield from _checked(binding, _run(binding, check, "provider"))


def model_check(binding: Binding, kind: ModelType) -> Flow[None]:
    """The flow that proves credentials for one model, by its spec's check or a short call."""
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    check = variant.check(kind) or {"call": kind}
    yield from _checked(binding, _run(binding, check, kind))


def _checked(binding: Binding, flow: Flow[None]) -> Flow[None]:
    try:
        yield from flow
    except InvokeError as error:
        credentials = scope_values(binding.form, binding.find_credentials())
        redact_error(error, Redactor.of(credentials))
        raise CredentialsInvalid(
            f"The credentials of {binding.provider!r} were not accepted: {error.describe()}"
        ) from None


def _run(binding: Binding, check: Mapping[str, Any], kind: str) -> Flow[None]:
    called = check.get("call")
    own = check.get("given") or {}
    given = {**_GIVEN.get(called or "llm", {}), **own}
    if "model" in given:
        binding = replace(binding, model=str(given["model"]))
    if "request" in check:
        yield from _ask(binding, kind)
    elif called == "list_models":
        yield from _list(binding)
    elif called == "llm":
        yield from _chat(binding, given if "parameters" in own else _fitting(binding, given))
    elif called:
        yield from _task(binding, called, given)


def _fitting(binding: Binding, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a chat sends of its own accord, without the settings that this model does not have."""
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    names = ParameterTable(variant.rows, binding.rules, variant.drop).names
    kept = {name: value for name, value in given["parameters"].items() if name in names}
    return {**given, "parameters": kept}


def _ask(binding: Binding, kind: str) -> Flow[None]:
    """Send the request that the check declares for itself."""
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.check_request(kind)
    request = operation.request(credentials, binding.base(variant, credentials))
    exchange = bind_exchange(binding, variant, request, {"credentials": credentials})
    yield from call(exchange, lambda reply, _seconds: operation.read(reply))


def _list(binding: Binding) -> Flow[None]:
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.base_variant()
    if "list_models" not in variant.operation_names:
        return
    listing = variant.listing("list_models")
    request = listing.first(credentials, binding.base(variant, credentials))
    exchange = bind_exchange(binding, variant, request, {"credentials": credentials})
    yield from call(exchange, lambda reply, _seconds: listing.read(reply))


def _chat(binding: Binding, given: Mapping[str, Any]) -> Flow[None]:
    options = CallOptions(**{name: given[name] for name in _CHAT_OPTIONS if name in given})
    is_stream = given.get("stream") is True
    yield from invoke_flow(bind_llm_call(binding, given["messages"], is_stream, options))


def _task(binding: Binding, kind: ModelType, given: Mapping[str, Any]) -> Flow[None]:
    own = {name: value for name, value in given.items() if name not in ("parameters", "model")}
    options = CallOptions(parameters=given.get("parameters"))
    bound = replace(binding, model=given.get("model") or binding.model)
    yield from task_flow(bind_task(bound, kind, TASK_ARGUMENTS[kind](**own), options))
