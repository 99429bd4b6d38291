"""The flow of one call: auth on each attempt, refresh, errors, retries, opening a stream."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from model_runtime.errors import InvokeError, ProviderError, RateLimitError, ServerUnavailableError
from model_runtime.exchange import (
    Drain,
    Flow,
    HttpReply,
    HttpRequest,
    Open,
    OpenReply,
    Send,
    Timeouts,
    Wait,
)
from model_runtime.flows.call import Exchange, call, open_stream
from model_runtime.flows.retry import RetryPolicy
from model_runtime.secrets import Secret

REQUEST = HttpRequest(method="POST", url="https://a.example/x", body=b"{}")


class CountingAuth:
    """Auth that numbers its requests, as a signature with a clock would differ."""

    def __init__(self, stale: int | None = None) -> None:
        self.applied = 0
        self.forgotten = 0
        self._stale = stale

    def apply(self, request: HttpRequest, scope: dict[str, object]) -> Flow[HttpRequest]:
        self.applied += 1
        return replace(request, headers={"n": str(self.applied)})
        yield

    def should_refresh(self, reply_status: int, body: object) -> bool:
        return reply_status == self._stale

    def forget(self, scope: dict[str, object]) -> None:
        self.forgotten += 1

    def given_only(self) -> Any:
        return self

    def secrets(self, scope: dict[str, object] | None = None) -> tuple[Secret, ...]:
        return ()


class StatusErrors:
    """Errors by status alone."""

    def read_bytes(self, status: int, headers: dict[str, str], data: bytes) -> ProviderError:
        made = RateLimitError if status == 429 else ServerUnavailableError
        kind: Any = "rate_limit" if status == 429 else "server"
        return made(data.decode(), kind=kind, status=status)


def exchange(auth: CountingAuth, **options: Any) -> Exchange:
    times = iter(range(100))
    return Exchange(
        request=REQUEST,
        scope={},
        auth=auth,
        errors=StatusErrors(),
        timeouts=Timeouts(total=7.0),
        retry=RetryPolicy(times=options.pop("times", 0)),
        clock=lambda: float(next(times)),
    )


def run(flow: Flow[Any], *statuses: int) -> tuple[Any, list[Any]]:
    """Run a flow against replies of these statuses; tell its end and what it asked for."""
    asked: list[Any] = []
    left = list(statuses)
    answer: Any = None
    try:
        while True:
            ask = flow.send(answer)
            asked.append(ask)
            if isinstance(ask, Send):
                answer = HttpReply(left.pop(0), {}, b"body")
            elif isinstance(ask, Open):
                answer = OpenReply(left.pop(0), {})
            elif isinstance(ask, Drain):
                answer = HttpReply(ask.reply.status, {}, b"drained")
            else:
                answer = None
    except StopIteration as stop:
        return stop.value, asked
    except InvokeError as error:
        return error, asked


def body_of(reply: HttpReply, seconds: float) -> tuple[bytes, float]:
    return reply.body, seconds


def test_call_sends_the_request_with_auth_and_reads_the_reply() -> None:
    """The reader also gets the seconds that it took."""
    result, (ask,) = run(call(exchange(CountingAuth()), body_of), 200)
    assert result == (b"body", 1.0)
    assert (ask.request.headers, ask.timeouts.total) == ({"n": "1"}, 7.0)


def test_each_attempt_is_made_with_auth_anew() -> None:
    """Signatures hold the time."""
    auth = CountingAuth()
    result, asked = run(call(exchange(auth, times=2), body_of), 503, 429, 201)
    assert result[0] == b"body"
    assert [ask.request.headers["n"] for ask in asked if isinstance(ask, Send)] == ["1", "2", "3"]
    assert sum(isinstance(ask, Wait) for ask in asked) == 2


def test_stale_credentials_are_renewed_once_without_a_wait() -> None:
    """This is no retry: it happens also where retries are off."""
    auth = CountingAuth(stale=401)
    result, asked = run(call(exchange(auth), body_of), 401, 200)
    assert (result[0], len(asked), auth.forgotten) == (b"body", 2, 1)
    auth = CountingAuth(stale=401)
    error, asked = run(call(exchange(auth), body_of), 401, 401)
    assert (error.status, len(asked), auth.forgotten) == (401, 2, 1)


def test_stale_credentials_may_be_told_in_a_reply_of_status_200() -> None:
    """If the second reply says so again, it is read as it is."""
    auth = CountingAuth(stale=200)
    result, _ = run(call(exchange(auth), body_of), 200, 200)
    assert (result[0], auth.applied) == (b"body", 2)


@pytest.mark.parametrize("status", [199, 302, 404, 500])
def test_status_that_is_no_success_is_an_error(status: int) -> None:
    """Also a redirect."""
    error, _ = run(call(exchange(CountingAuth()), body_of), status)
    assert (error.status, error.message) == (status, "body")


def test_error_of_the_reader_is_retried_like_one_of_the_status() -> None:
    """A reply of status 200 may hold a rate limit."""
    tries = iter([RateLimitError("slow", kind="rate_limit"), None])

    def read(reply: HttpReply, seconds: float) -> str:
        if (fault := next(tries)) is not None:
            raise fault
        return "fine"

    assert run(call(exchange(CountingAuth(), times=1), read), 200, 200)[0] == "fine"


def test_stream_is_handed_over_open() -> None:
    """With a reader that knows when the call began."""
    made = open_stream(exchange(CountingAuth()), lambda reply, started: ("reader", started))
    (reply, reader), asked = run(made, 200)
    assert (reply.status, reader, len(asked)) == (200, ("reader", 0.0), 1)


def test_stream_that_is_refused_is_drained_and_retried() -> None:
    """The error needs the body; a stream that has begun is never retried."""
    made = open_stream(exchange(CountingAuth(), times=1), lambda reply, started: "reader")
    (_, reader), asked = run(made, 503, 200)
    assert reader == "reader"
    assert [type(ask) for ask in asked] == [Open, Drain, Wait, Open]
    error, _ = run(open_stream(exchange(CountingAuth()), lambda *_: None), 429)
    assert (type(error), error.message) == (RateLimitError, "drained")


def test_stream_renews_stale_credentials_too() -> None:
    """Before anything of it was seen."""
    auth = CountingAuth(stale=401)
    (reply, _), asked = run(open_stream(exchange(auth), lambda *_: None), 401, 200)
    assert (reply.status, auth.forgotten) == (200, 1)
    assert [type(ask) for ask in asked] == [Open, Drain, Open]
