"""aimock, a mock that others wrote: seven wires, tools, errors and chaos."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import httpx
import pytest

from model_runtime import (
    ConnectionFailed,
    InvokeError,
    Message,
    RateLimitError,
    ReplyError,
    ServerUnavailableError,
    StreamInterrupted,
    TimedOut,
    Tool,
    ToolResult,
)

pytestmark = pytest.mark.xdist_group("aimock")

PATHS: Final = {
    "openai": "/v1",
    "openai_responses": "/v1",
    "anthropic": "/v1",
    "gemini": "/v1beta",
    "cohere": "/v2",
    "ollama": "",
}
PROVIDERS: Final = (*PATHS, "azure_openai")
EACH_PROVIDER: Final = pytest.mark.parametrize("provider", PROVIDERS)
EACH_WAY: Final = pytest.mark.parametrize("way", ["invoke", "stream"])
# Its Cohere puts the reasoning into the text, its Ollama leaves it out.
REASONING: Final = ("openai", "openai_responses", "anthropic", "gemini", "azure_openai")
GREETING: Final = "Hello! How can I help you today?"
WEATHER: Final = Tool(
    name="get_weather",
    description="The weather of a city.",
    parameters={"type": "object", "properties": {"city": {"type": "string"}}},
)


@pytest.fixture
def make(aimock: httpx.Client, make_caller: Callable[..., Any]) -> Callable[..., Any]:
    """Make runtimes that reach the mock through the bundled specs."""
    url = str(aimock.base_url).rstrip("/")
    credentials = {name: {"api_key": "key-of-a-mock"} for name in PATHS}
    azure = {"endpoint": url, "api_key": "key-of-a-mock", "api_version": "2024-10-21"}
    base_urls = {name: url + path for name, path in PATHS.items()}
    return lambda **settings: make_caller(
        credentials={**credentials, "azure_openai": azure}, base_urls=base_urls, **settings
    )


@pytest.fixture
def caller(make: Callable[..., Any]) -> Any:
    """A runtime that makes no call twice."""
    return make(retries=0)


def ask(caller: Any, way: str, provider: str, prompt: object, **options: Any) -> Any:
    """Call in either way and return the result."""
    answer = getattr(caller, way)(f"{provider}/gpt-4o", prompt, **options)
    return answer[1] if way == "stream" else answer


@EACH_WAY
@EACH_PROVIDER
def test_text_is_read_from_each_wire(caller: Any, provider: str, way: str) -> None:
    """A plain answer comes out of every wire, whole and in pieces."""
    result = ask(caller, way, provider, "hello")
    assert (result.text, result.finish_reason) == (GREETING, "stop")


@EACH_WAY
@EACH_PROVIDER
def test_tool_is_called_and_its_result_is_answered(caller: Any, provider: str, way: str) -> None:
    """A call of a tool comes out, and its message and result go back in the next turn."""
    question = Message("user", "What is the weather in Paris?")
    first = ask(caller, way, provider, [question], tools=[WEATHER])
    (call,) = first.tool_calls
    assert (call.name, call.arguments) == ("get_weather", {"city": "Paris"})
    # Its Gemini says FUNCTION_CALL, which is no word of that service.
    assert first.finish_reason == ("other" if provider == "gemini" else "tool_calls")
    answer = Message("tool", [ToolResult(id=call.id, name=call.name, content="21 C")])
    second = ask(caller, way, provider, [question, first.message, answer], tools=[WEATHER])
    assert second.text == "It is 21 C in Paris."


@EACH_WAY
@EACH_PROVIDER
def test_text_and_two_tool_calls_come_together(caller: Any, provider: str, way: str) -> None:
    """Two calls beside a text stay apart, in their order."""
    result = ask(caller, way, provider, "both", tools=[WEATHER])
    assert result.text == "Let me check."
    assert [(call.name, call.arguments) for call in result.tool_calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_time", {"tz": "CET"}),
    ]


@EACH_WAY
@pytest.mark.parametrize("provider", REASONING)
def test_reasoning_is_kept_apart_from_text(caller: Any, provider: str, way: str) -> None:
    """What a model thinks is not in its answer."""
    result = ask(caller, way, provider, "think")
    assert (result.text, result.reasoning) == ("4", "Let me think. 2+2 is 4.")


@EACH_WAY
@pytest.mark.parametrize("provider", ["openai", "azure_openai"])
def test_schema_is_sent_as_the_wire_spells_it(caller: Any, provider: str, way: str) -> None:
    """The mock answers in JSON only to a request whose response_format it understands."""
    schema = {"type": "object", "properties": {"answer": {"type": "integer"}}}
    result = ask(caller, way, provider, "a number", response_format=schema)
    assert json.loads(result.text) == {"answer": 42}


@EACH_WAY
@EACH_PROVIDER
@pytest.mark.parametrize(
    ("prompt", "error", "status", "retry_after"),
    [
        ("rate limit me", RateLimitError, 429, 1),
        ("overloaded", ServerUnavailableError, 529, None),
    ],
    ids=["rate_limit", "overloaded"],
)
def test_error_status_is_a_typed_error(
    caller: Any,
    provider: str,
    way: str,
    prompt: str,
    error: type[InvokeError],
    status: int,
    retry_after: float | None,
) -> None:
    """Every wire's error body becomes the class that a caller can act on."""
    with pytest.raises(error) as caught:
        ask(caller, way, provider, prompt)
    fault: Any = caught.value
    assert (fault.status, fault.retry_after) == (status, retry_after)
    assert fault.is_retryable
    assert fault.provider == provider


@EACH_PROVIDER
def test_stream_that_is_cut_keeps_what_had_come(caller: Any, provider: str) -> None:
    """A connection that breaks inside a stream raises, with the text so far."""
    with pytest.raises(StreamInterrupted) as caught:
        ask(caller, "stream", provider, "cut me")
    partial: Any = caught.value.partial
    whole = "This answer will be cut short before the end of it is reached, sorry about that."
    assert whole.startswith(partial.text)
    assert len(partial.text) < len(whole)


@EACH_WAY
@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("Drop", ServerUnavailableError),
        ("Malformed", ReplyError),
        ("Disconnect", ConnectionFailed),
        ("Ratelimit", RateLimitError),
    ],
    ids=["drop", "malformed", "disconnect", "ratelimit"],
)
def test_chaos_is_a_typed_error(
    caller: Any, provider: str, way: str, fault: str, error: type[InvokeError]
) -> None:
    """What breaks on the way breaks as the class that names it, never as an empty answer."""
    with pytest.raises(error):
        ask(caller, way, provider, "hello", extra_headers={f"X-AIMock-Chaos-{fault}": "1"})


@EACH_WAY
def test_slow_first_byte_is_counted_and_waited_for(caller: Any, way: str) -> None:
    """The seconds before a late reply are in its usage, when no timeout forbids them."""
    late = {"X-AIMock-Chaos-Latency": "300"}
    result = ask(caller, way, "openai", "hello", extra_headers=late)
    assert result.text == GREETING
    assert result.usage.latency >= 0.3


@EACH_WAY
def test_first_byte_timeout_ends_a_slow_call(caller: Any, way: str) -> None:
    """A reply that does not begin in time is a timeout of that phase."""
    late, timeout = {"X-AIMock-Chaos-Latency": "3000"}, {"first_byte": 0.2}
    with pytest.raises(TimedOut) as caught:
        ask(caller, way, "openai", "hello", extra_headers=late, timeout=timeout)
    assert caught.value.phase == "first_byte"


def test_flaky_answer_is_either_whole_or_an_error(caller: Any) -> None:
    """Of a service that drops every second request, each call succeeds or says what it was."""
    outcomes: set[str] = set()
    for _ in range(40):
        try:
            outcomes.add(ask(caller, "invoke", "openai", "flaky").text)
        except ServerUnavailableError as error:
            outcomes.add(str(error.status))
        if len(outcomes) == 2:
            break
    assert outcomes == {"Sometimes works!", "500"}


@EACH_WAY
@pytest.mark.parametrize("provider", ["openai", "anthropic"])
def test_retry_waits_as_long_as_the_service_asks(
    make: Callable[..., Any], aimock: httpx.Client, provider: str, way: str
) -> None:
    """One refusal that asks for a second is retried after that second, not sooner."""
    aimock.post("/__aimock/error", json={"status": 429}).raise_for_status()
    assert ask(make(retries=1), way, provider, "hello").text == GREETING
    refused, answered = aimock.get("/__aimock/journal").json()
    assert refused["response"]["status"] == 429
    assert answered["timestamp"] - refused["timestamp"] >= 1000


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_models_are_listed(caller: Any, provider: str) -> None:
    """The lists that the mock offers are read."""
    assert "gpt-4o" in caller.models(provider)
