"""Counts tokens before a call: by the service, by a local tokenizer, or by an estimate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from model_runtime.compile.count_plan import CountOperation
from model_runtime.compile.operation import LLMCall
from model_runtime.compile.provider import Variant
from model_runtime.credentials.form import scope_values
from model_runtime.errors import InvalidParameter, InvokeError, MissingExtra
from model_runtime.exchange import Flow, HttpReply
from model_runtime.flows.call import Exchange, call
from model_runtime.messages import normalize_messages, normalize_tools, restrict_state
from model_runtime.parameters import ParameterTable
from model_runtime.results.tokens import TokenCount
from model_runtime.secrets import Redactor
from model_runtime.tokens import count_messages, estimate_tokens, find_tokenizer

from .binding import Binding, redact_error, retry_policy

CountMethod = Literal["auto", "remote", "local", "estimate"]
Counter = Callable[[Callable[[str], int]], int]
METHODS = ("auto", "remote", "local", "estimate")


def count_conversation(
    binding: Binding, prompt: object, tools: Sequence[object] | None, method: CountMethod
) -> Flow[TokenCount]:
    """The flow that counts a conversation. `local` and `estimate` send nothing."""
    _check_method(method)
    messages = restrict_state(normalize_messages(prompt), binding.provider)
    functions = normalize_tools(tools)
    if method in ("auto", "remote"):
        arguments = LLMCall(
            model=binding.model,
            messages=messages,
            tools=functions,
            model_properties=binding.model_properties,
        )
        counted = yield from _remote(binding, arguments, method)
        if counted is not None:
            return counted
    return _here(binding, method, lambda count: count_messages(messages, functions, count))


def count_texts(
    binding: Binding, texts: Sequence[Any], method: CountMethod
) -> Flow[list[TokenCount]]:
    """The flow that counts texts for an embedding model, one count per text."""
    _check_method(method)
    if method == "remote":
        raise InvalidParameter(f"{binding.name}: the service counts no texts; use method='auto'.")
    counts = []
    for text in texts:
        plain = text if isinstance(text, str) else " ".join(p.get("text", "") for p in text)
        counts.append(_here(binding, method, _count_of(plain)))
    return counts
    yield  # a flow is a generator, also when it asks for nothing


def _count_of(text: str) -> Counter:
    return lambda count: count(text)


def _remote(binding: Binding, arguments: LLMCall, method: CountMethod) -> Flow[TokenCount | None]:
    if binding.compiled.base_variant().count("llm") is None:
        if method == "remote":
            raise InvalidParameter(f"{binding.name}: the spec declares no count_tokens.llm.")
        return None
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.count("llm")
    assert operation is not None
    base_url = binding.base_url or variant.base_url(credentials, binding.model)
    table = ParameterTable(variant.rows, (), variant.drop)
    scope, _ = variant.llm().scope(arguments, table, credentials)
    exchange = Exchange(
        request=operation.request(scope, base_url),
        scope=scope,
        auth=variant.auth,
        errors=variant.errors,
        timeouts=variant.timeouts,
        retry=retry_policy(variant.retry, binding.retries),
    )
    try:
        tokens: int = yield from call(exchange, _reading(operation))
    except InvokeError as error:
        error.locate(binding.provider, binding.model, "count_tokens")
        redact_error(error, Redactor.of(credentials))
        raise
    return TokenCount(tokens=tokens, method="remote")


def _reading(operation: CountOperation) -> Callable[[HttpReply, float], int]:
    return lambda reply, _seconds: operation.read(reply)


def _here(binding: Binding, method: CountMethod, counted: Counter) -> TokenCount:
    name = binding.model_properties.get("tokenizer") or _variant(binding).tokenizer
    tokenizer = find_tokenizer(str(name)) if name and method != "estimate" else None
    if tokenizer is not None:
        return TokenCount(tokens=counted(tokenizer), method="local")
    if method == "local":
        if name:
            raise MissingExtra("tokens", f"counting with the tokenizer {name!r}")
        raise InvalidParameter(f"{binding.name}: no local tokenizer is known for this model.")
    return TokenCount(tokens=counted(estimate_tokens), method="estimate")


def _variant(binding: Binding) -> Variant:
    """The variant for counting on this machine, where no credentials are needed."""
    return binding.compiled.variant(binding.model, binding.model_properties, {})


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise InvalidParameter(f"method is {method!r}; expected one of {', '.join(METHODS)}.")
