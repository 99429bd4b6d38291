"""llmock, a mock that others wrote: ten services, scripted faults, and a verdict on the client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import httpx
import pytest

from model_runtime import (
    AuthorizationError,
    BadRequestError,
    InvokeError,
    NotFoundError,
    ReplyError,
    StreamInterrupted,
    TimedOut,
)

pytestmark = pytest.mark.xdist_group("llmock")

PATHS: Final = {
    "openai": "/v1",
    "openai_responses": "/v1",
    "anthropic": "/anthropic/v1",
    "gemini": "/gemini/v1beta",
    "cohere": "/cohere/v2",
    "groq": "/groq/openai/v1",
    "mistralai": "/mistral/v1",
    "perplexity": "/perplexity/v1",
    "togetherai": "/together/v1",
    "x": "/xai/v1",
    "local": "/ai21/v1",
}
EACH_PROVIDER: Final = pytest.mark.parametrize("provider", PATHS)
EACH_WAY: Final = pytest.mark.parametrize("way", ["invoke", "stream"])
ECHO: Final = "Hello! mock-1 received: Say hello"


@pytest.fixture
def make(llmock: httpx.Client, make_caller: Callable[..., Any]) -> Callable[..., Any]:
    """Make runtimes that reach the mock through the bundled specs."""
    url = str(llmock.base_url).rstrip("/")
    return lambda **settings: make_caller(
        credentials={name: {"api_key": "key-of-a-mock"} for name in PATHS},
        base_urls={name: url + path for name, path in PATHS.items()},
        **settings,
    )


@pytest.fixture(autouse=True)
def verdict(llmock: httpx.Client) -> Iterator[None]:
    """After each test the mock's own verdict on this client holds nothing against it.

    One warning is left out: the mock believes that a malformed chunk was accepted when all of the
    stream had left it before the client hung up. That the client raised, the test itself asserts.
    """
    yield
    findings = llmock.get("/_llmock/verdict").json()["findings"]
    assert [found for found in findings if found["code"] != "malformed_chunk_ignored"] == []


def script(llmock: httpx.Client, **behaviour: Any) -> None:
    """Say what the mock does to the next request."""
    llmock.post("/_llmock/scenario", json={"behaviors": [behaviour]}).raise_for_status()


def ask(caller: Any, way: str, provider: str, **options: Any) -> Any:
    """Call in either way and return the result."""
    answer = getattr(caller, way)(f"{provider}/mock-1", "Say hello", **options)
    return answer[1] if way == "stream" else answer


def attempts(llmock: httpx.Client) -> int:
    """How many requests the mock has seen."""
    count: int = llmock.get("/_llmock/requests").json()["count"]
    return count


@EACH_WAY
@EACH_PROVIDER
def test_each_service_is_understood(
    make: Callable[..., Any], llmock: httpx.Client, provider: str, way: str
) -> None:
    """An undisturbed call of each service gives its text, and takes one request."""
    result = ask(make(), way, provider)
    assert (result.text, result.finish_reason) == (ECHO, "stop")
    assert attempts(llmock) == 1


@EACH_PROVIDER
@pytest.mark.parametrize(
    "failure",
    [{"status": 429, "retry_after": 1}, {"status": 500}, {"status": 503}],
    ids=["429", "500", "503"],
)
def test_passing_failure_is_overcome(
    make: Callable[..., Any], llmock: httpx.Client, provider: str, failure: dict[str, int]
) -> None:
    """A call that fails once is made again, no sooner than the service asks."""
    script(llmock, type="fail", **failure)
    assert ask(make(), "invoke", provider).text == ECHO
    assert attempts(llmock) == 2


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
def test_lasting_failure_is_given_up_after_few_attempts(
    make: Callable[..., Any], llmock: httpx.Client, provider: str
) -> None:
    """A failure that lasts reaches the caller after two more attempts, each later than the last."""
    script(llmock, type="fail", status=503, times=None)
    with pytest.raises(InvokeError):
        ask(make(), "invoke", provider)
    assert attempts(llmock) == 3


@EACH_PROVIDER
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadRequestError),
        (401, AuthorizationError),
        (403, AuthorizationError),
        (404, NotFoundError),
    ],
    ids=["400", "401", "403", "404"],
)
def test_refusal_is_not_sent_again(
    make: Callable[..., Any],
    llmock: httpx.Client,
    provider: str,
    status: int,
    error: type[InvokeError],
) -> None:
    """What no retry can mend is raised at once, as the class that tells what is wrong."""
    script(llmock, type="fail", status=status)
    with pytest.raises(error):
        ask(make(), "invoke", provider)
    assert attempts(llmock) == 1


@EACH_PROVIDER
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("truncate", StreamInterrupted),
        ("disconnect", StreamInterrupted),
        ("malformed", ReplyError),
        ("stall", TimedOut),
    ],
    ids=["truncate", "disconnect", "malformed", "stall"],
)
def test_broken_stream_is_never_taken_for_an_answer(
    make: Callable[..., Any],
    llmock: httpx.Client,
    provider: str,
    kind: str,
    error: type[InvokeError],
) -> None:
    """Each way to break a stream raises its error; a caller that then asks again has its answer."""
    script(llmock, type="stream_fault", kind=kind, after_chunks=2, stall_seconds=2)
    caller = make()
    with pytest.raises(error) as caught:
        ask(caller, "stream", provider, timeout={"between_chunks": 0.3})
    assert getattr(caught.value, "phase", "between_chunks") == "between_chunks"
    assert ask(caller, "stream", provider).text == ECHO


@EACH_WAY
def test_broken_arguments_of_a_tool_are_kept_as_text(
    make: Callable[..., Any], llmock: httpx.Client, way: str
) -> None:
    """Arguments that are no JSON do not fail the call: the caller sees the text as it came."""
    script(llmock, type="tool_fault", kind="malformed_arguments")
    tool = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    (call,) = ask(make(), way, "openai", tools=[tool]).tool_calls
    assert call.arguments is None
    assert call.raw_arguments
