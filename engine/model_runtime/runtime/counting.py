"""Counts tokens before a call: by the service, by a local tokenizer, or by an estimate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from model_runtime.absent import Absent
from model_runtime.compile.count_plan import CountOperation
from model_runtime.compile.operation import LLMCall
from model_runtime.compile.provider import Variant
from model_runtime.credentials.form import scope_values
from model_runtime.errors import InvalidParameter, InvokeError, MissingExtra
from model_runtime.exchange import Flow, HttpReply
from model_runtime.flows.call import call
from model_runtime.messages import normalize_messages, normalize_tools, restrict_state
from model_runtime.parameters import ParameterTable
from model_runtime.results.llm import LLMResult
from model_runtime.results.tokens import TokenCount
from model_runtime.results.usage import Usage
from model_runtime.secrets import Redactor, redact_error
from model_runtime.tokens import count_answer, count_messages, estimate_tokens, find_tokenizer
from model_runtime.vocabulary import ModelType

from .binding import Binding, bind_exchange
from .task_arguments import embedding_arguments

CountMethod = Literal["auto", "remote", "local", "estimate"]
Scope = dict[str, object]
ScopeMaker = Callable[[Variant, dict[str, Any]], Scope]
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
        counted = yield from _remote(binding, "llm", _chat_scope(arguments), method)
        if counted is not None:
            return counted
    return _here(binding, method, lambda count: count_messages(messages, functions, count))


def count_texts(
    binding: Binding, texts: Sequence[Any], method: CountMethod
) -> Flow[list[TokenCount]]:
    """The flow that counts texts for an embedding model, one count per text."""
    _check_method(method)
    counts: list[TokenCount] = []
    for text in texts:
        counted = None
        if method in ("auto", "remote"):
            counted = yield from _remote(binding, "text-embedding", _text_scope(text), method)
        if counted is None:
            plain = text if isinstance(text, str) else " ".join(p.get("text", "") for p in text)
            counted = _here(binding, method, _count_of(plain))
        counts.append(counted)
    return counts


def _count_of(text: str) -> Counter:
    return lambda count: count(text)


def _chat_scope(arguments: LLMCall) -> ScopeMaker:
    def make(variant: Variant, credentials: dict[str, Any]) -> Scope:
        table = ParameterTable(variant.rows, (), variant.drop)
        return variant.llm().scope(arguments, table, credentials)[0]

    return make


def _text_scope(text: Any) -> ScopeMaker:
    """One text is counted at a time, so that each has its own count."""
    arguments = embedding_arguments([text])
    return lambda variant, credentials: {**arguments, "credentials": credentials}


def _remote(
    binding: Binding, kind: ModelType, make_scope: ScopeMaker, method: CountMethod
) -> Flow[TokenCount | None]:
    if binding.compiled.base_variant().count(kind) is None:
        if method == "remote":
            raise InvalidParameter(f"{binding.name}: the spec declares no count_tokens.{kind}.")
        return None
    credentials = scope_values(binding.form, binding.find_credentials())
    variant = binding.compiled.variant(binding.model, binding.model_properties, credentials)
    operation = variant.count(kind)
    assert operation is not None
    base_url = binding.base(variant, credentials)
    scope = {
        "model": binding.model,
        "model_properties": binding.model_properties,
        "parameters": {},
        "wire_parameters": {},
        "stream": False,
        "extra_body": Absent,
        **make_scope(variant, credentials),
    }
    exchange = bind_exchange(binding, variant, operation.request(scope, base_url), scope)
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
    name = _variant(binding).tokenizer
    tokenizer = find_tokenizer(name) if name and method != "estimate" else None
    if tokenizer is not None:
        return TokenCount(tokens=counted(tokenizer), method="local")
    if method == "local":
        if name:
            raise MissingExtra("tokens", f"counting with the tokenizer {name!r}")
        raise InvalidParameter(f"{binding.name}: no local tokenizer is known for this model.")
    return TokenCount(tokens=counted(estimate_tokens), method="estimate")


def estimated_usage(binding: Binding, scope: Scope, result: LLMResult) -> Usage:
    """The usage of a call whose service tells none, counted from its texts.

    What the service did tell stays: one of the two counts, and the times.
    """
    name = _variant(binding).tokenizer
    count = (find_tokenizer(name) if name else None) or estimate_tokens
    messages: Any = scope["messages"]
    tools: Any = scope["tools"] or []
    told = result.usage
    asked = told.input_tokens
    answered = told.output_tokens
    asked = count_messages(messages, tools, count) if asked is None else asked
    answered = count_answer(result.message.to_dict(), count) if answered is None else answered
    return replace(
        told,
        input_tokens=asked,
        output_tokens=answered,
        total_tokens=asked + answered,
        is_estimate=True,
    )


def _variant(binding: Binding) -> Variant:
    """The variant for counting on this machine, where no credentials are needed."""
    return binding.compiled.variant(binding.model, binding.model_properties, {})


def _check_method(method: str) -> None:
    if method not in METHODS:
        raise InvalidParameter(f"method is {method!r}; expected one of {', '.join(METHODS)}.")
