"""What ties a handle to its provider: names, compiled spec, credentials and settings of a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from model_runtime.auth import Auth
from model_runtime.compile.operation import LLMCall, LLMOperation, PreparedCall
from model_runtime.compile.provider import CompiledProvider, Variant
from model_runtime.credentials.form import FormField, scope_values
from model_runtime.durations import read_duration
from model_runtime.errors import InvalidParameter, InvokeError
from model_runtime.exchange import HttpRequest, Reach, Timeouts
from model_runtime.flows.call import Exchange
from model_runtime.flows.retry import RetryPolicy
from model_runtime.messages import (
    normalize_messages,
    normalize_response_format,
    normalize_tool_choice,
    normalize_tools,
    restrict_state,
)
from model_runtime.parameters import ParameterRule, ParameterTable
from model_runtime.secrets import Redactor, redact_error
from model_runtime.vocabulary import OnViolation

from .memory import Memory

_TIMEOUTS = ("connect", "first_byte", "between_chunks", "total")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """One model of one provider, with the credentials to call it.

    `find_credentials` is asked at each call, so that a host may rotate keys.
    """

    provider: str
    model: str
    compiled: CompiledProvider
    form: tuple[FormField, ...]
    find_credentials: Callable[[], Mapping[str, Any]]
    base_url: str | None = None
    model_properties: Mapping[str, Any]
    rules: tuple[ParameterRule, ...] = ()
    pricing: Mapping[str, Any] | None = None
    features: tuple[str, ...] = ()
    on_violation: OnViolation = "error"
    retries: int | None = None
    hooks: Sequence[object] = ()
    memory: Memory = field(default_factory=Memory)
    # What the values of a model's own form say of it, for a model that no list describes.
    properties_of: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None
    # Whether credentials come from the environment: then auth may look for others beside it.
    is_ambient: bool = False

    def described_by(self, values: Mapping[str, Any]) -> Binding:
        """The binding with the properties that the model's own credentials tell."""
        if self.properties_of is None:
            return self
        told = self.properties_of(values)
        if not told:
            return self
        return replace(self, model_properties={**self.model_properties, **told})

    def base(self, variant: Variant, credentials: Mapping[str, object]) -> str:
        """The base URL: the one that the host named, else that of the spec and credentials."""
        return self.base_url or variant.base_url(credentials, self.model, self.model_properties)

    @property
    def reach(self) -> Reach:
        """Where its requests may lead. What the host named itself, it trusts."""
        return "public" if self.compiled.is_untrusted and self.base_url is None else "any"

    @property
    def name(self) -> str:
        """`provider/model`."""
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundCall:
    """A call that is ready to run: its exchange, the operation that reads the reply."""

    binding: Binding
    exchange: Exchange
    operation: LLMOperation
    prepared: PreparedCall
    redactor: Redactor

    def fail(self, error: InvokeError) -> None:
        """Say which call failed, take secrets out of the error, and tell the hooks."""
        error.locate(self.binding.provider, self.binding.model, "llm")
        redact_error(error, self.redactor)
        redact_error(error, Redactor(self.exchange.auth.secrets(self.exchange.scope)))
        tell(self.binding.hooks, "on_error", error)


def bind_llm_call(
    binding: Binding, prompt: object, stream: bool, options: CallOptions
) -> BoundCall:
    """Check and render one call of a language model."""
    checked = binding.find_credentials()
    binding = binding.described_by(checked)
    credentials = scope_values(binding.form, checked)
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.llm()
    prepared = operation.prepare(
        _llm_call(binding, prompt, stream, options),
        ParameterTable(variant.rows, binding.rules, variant.drop),
        credentials,
        binding.base(variant, credentials),
    )
    redactor = Redactor.of(credentials)
    tell_request(binding.hooks, prepared.request, redactor)
    return BoundCall(
        binding=binding,
        exchange=bind_exchange(
            binding, variant, prepared.request, prepared.scope, timeout=options.timeout
        ),
        operation=operation,
        prepared=prepared,
        redactor=redactor,
    )


def parameter_names(binding: Binding) -> tuple[str, ...]:
    """The canonical names of the parameters that the model takes, sorted."""
    checked = binding.find_credentials()
    binding = binding.described_by(checked)
    credentials = scope_values(binding.form, checked)
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    return tuple(ParameterTable(variant.rows, binding.rules, variant.drop).names)


def bind_exchange(
    binding: Binding,
    variant: Variant,
    request: HttpRequest,
    scope: dict[str, object],
    *,
    auth: Auth | None = None,
    timeout: object = None,
    retries: int | None = None,
) -> Exchange:
    """The exchange of a request, with the timeouts, retries and reach that hold for it.

    `auth` is for requests that do not have the provider's own; `retries` as the host's setting.
    """
    times = binding.retries if retries is None else retries
    way = auth or variant.auth
    return Exchange(
        request=request,
        scope=scope,
        auth=way if binding.is_ambient else way.given_only(),
        errors=variant.errors,
        timeouts=read_timeouts(timeout, variant.timeouts),
        retry=retry_policy(variant.retry, times),
        reach=binding.reach,
    )


def auth_of(binding: Binding) -> Auth:
    """The auth of a model's calls."""
    credentials = scope_values(binding.form, binding.find_credentials())
    return binding.compiled.variant(binding.model, binding.model_properties, credentials).auth


def retry_policy(policy: RetryPolicy, times: int | None) -> RetryPolicy:
    """The spec's policy, with the host's own number of retries where it has set one."""
    return policy if times is None else replace(policy, times=times)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOptions:
    """The keyword arguments of `invoke` and `stream`, as the caller gave them."""

    parameters: Mapping[str, Any] | None = None
    tools: Sequence[object] | None = None
    tool_choice: object = None
    stop: str | Sequence[str] | None = None
    response_format: object = None
    user: str | None = None
    timeout: object = None
    extra_body: Mapping[str, Any] | None = None
    extra_headers: Mapping[str, str] | None = None


def _llm_call(binding: Binding, prompt: object, stream: bool, options: CallOptions) -> LLMCall:
    parameters = dict(options.parameters or {})
    if options.stop:
        parameters["stop"] = options.stop
    if parameters.get("stop") in ([], (), ""):
        del parameters["stop"]
    if options.user is not None:
        parameters["user"] = options.user
    return LLMCall(
        model=binding.model,
        messages=restrict_state(normalize_messages(prompt), binding.provider),
        tools=normalize_tools(options.tools),
        tool_choice=normalize_tool_choice(options.tool_choice),
        response_format=normalize_response_format(options.response_format),
        parameters=parameters,
        extra_body=options.extra_body or {},
        extra_headers=options.extra_headers or {},
        model_properties=binding.model_properties,
        features=binding.features,
        stream=stream,
        on_violation=binding.on_violation,
    )


def read_timeouts(given: object, default: Timeouts) -> Timeouts:
    """The timeouts of a call: seconds in total, or a mapping over the spec's own."""
    if given is None:
        return default
    if isinstance(given, Mapping):
        unknown = set(given) - set(_TIMEOUTS)
        if unknown:
            raise InvalidParameter(
                f"timeout has no {sorted(unknown)[0]!r}. Known: {', '.join(_TIMEOUTS)}."
            )
        return replace(default, **{name: _seconds(value) for name, value in given.items()})
    return replace(default, total=_seconds(given))


def _seconds(value: object) -> float | None:
    if value is None:
        return None
    try:
        seconds = read_duration(value)
    except ValueError as error:
        raise InvalidParameter(f"timeout: {error}.") from None
    if not seconds >= 0:
        raise InvalidParameter(f"timeout is {seconds:g}; expected seconds, or None for no limit.")
    return seconds


def tell(hooks: Sequence[object], name: str, subject: object) -> None:
    """Call one method of every hook that has it."""
    for hook in hooks:
        method = getattr(hook, name, None)
        if method is not None:
            method(subject)


def tell_request(hooks: Sequence[object], request: HttpRequest, redactor: Redactor) -> None:
    """Tell the hooks a request as it stands before auth, without the secrets that it may hold."""
    if hooks:
        headers = {name: redactor(value) for name, value in request.headers.items()}
        tell(hooks, "on_request", replace(request, url=redactor(request.url), headers=headers))
