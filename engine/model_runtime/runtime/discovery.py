"""Asks a service for the limits and abilities of one model, and remembers what it tells."""

from __future__ import annotations

from collections.abc import Mapping

from model_runtime.compile.describe_plan import DescribeOperation
from model_runtime.compile.model_facts import Facts, spec_of
from model_runtime.compile.provider import Variant
from model_runtime.credentials.form import scope_values
from model_runtime.errors import InvokeError, ProviderError
from model_runtime.exchange import Flow
from model_runtime.flows.call import call
from model_runtime.secrets import Redactor, redact_error
from model_runtime.vocabulary import ModelType

from .binding import Binding, bind_exchange
from .memory import Key


def described(
    binding: Binding,
    variant: Variant,
    operation: DescribeOperation,
    max_age: float | None = None,
    retries: int | None = None,
) -> Flow[Facts]:
    """The flow that gives what the service tells of the model, at most `max_age` seconds old.

    None stands for the lifetime that the spec declares.
    """
    credentials, base_url, key = _place(binding, variant)
    age = operation.lifetime if max_age is None else max_age
    if (known := binding.memory.recall(key, age)) is not None:
        facts: Facts = known
        return facts
    request = operation.request(binding.model, credentials, base_url)
    scope: dict[str, object] = {"credentials": credentials, "model": binding.model}
    exchange = bind_exchange(binding, variant, request, scope, retries=retries)
    try:
        facts = yield from call(exchange, lambda reply, _seconds: operation.read(reply))
    except InvokeError as error:
        error.locate(binding.provider, binding.model, "describe_model")
        redact_error(error, Redactor.of(credentials))
        raise
    binding.memory.keep(key, facts)
    return facts


def asks_before(variant: Variant, kind: ModelType) -> DescribeOperation | None:
    """The operation that calls of a model type ask first, where the spec says so."""
    operation = variant.describe()
    return operation if operation is not None and kind in operation.before else None


def told_limits(
    binding: Binding, variant: Variant, operation: DescribeOperation, warnings: list[str]
) -> Flow[Facts]:
    """The flow that gives the model's properties with what the service tells of them.

    A service that does not tell is called all the same, with the limits of the spec.
    """
    properties = dict(binding.model_properties)
    try:
        facts = yield from described(binding, variant, operation, retries=0)
    except InvokeError as error:
        if isinstance(error, ProviderError) and error.kind == "not_found":
            # An old server without the address is not asked again before each call.
            binding.memory.keep(_place(binding, variant)[2], {})
        warnings.append(f"The model's limits are not known: {error.describe()}")
        return properties
    told: Facts = spec_of(facts).get("model_properties", {})
    return properties | told


def _place(binding: Binding, variant: Variant) -> tuple[Mapping[str, object], str, Key]:
    """The credentials, the base URL, and the key under which the answer is remembered."""
    values = binding.find_credentials()
    credentials = scope_values(binding.form, values)
    base_url = binding.base(variant, credentials)
    key = binding.memory.key("describe", binding.name, base_url, credentials=values)
    return credentials, base_url, key
