"""Retries: which errors are tried again, and how long is waited before."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import (
    BadRequestError,
    ConnectionFailed,
    InvokeError,
    ProviderError,
    RateLimitError,
    ServerUnavailableError,
    StreamInterrupted,
    TimedOut,
)
from model_runtime.exchange import Flow, Wait
from model_runtime.flows.retry import RetryPolicy, parse_retry_after, retrying

NOW = 1_700_000_000.0


def rate_limit(retry_after: float | None = None) -> ProviderError:
    return RateLimitError("slow down", kind="rate_limit", status=429, retry_after=retry_after)


def play(
    outcomes: list[Any], policy: RetryPolicy, late_after: int | None = None
) -> tuple[Any, list[float], int]:
    """Run a retrying flow over scripted outcomes; tell its end, its waits and its attempts."""
    tries = iter(outcomes)
    begun = 0

    def attempt() -> Flow[Any]:
        nonlocal begun
        begun += 1
        outcome = next(tries)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome
        yield

    flow = retrying(attempt, policy, jitter=lambda: 1.0)
    waits: list[float] = []
    try:
        ask = next(flow)
        while True:
            assert isinstance(ask, Wait)
            waits.append(ask.seconds)
            is_late = len(waits) == late_after
            ask = flow.throw(TimedOut("late", phase="total")) if is_late else flow.send(None)
    except StopIteration as stop:
        return stop.value, waits, begun
    except InvokeError as error:
        return error, waits, begun


def test_success_is_returned_without_a_wait() -> None:
    """A first attempt that succeeds is the answer."""
    assert play(["fine"], RetryPolicy()) == ("fine", [], 1)


def test_backoff_grows_up_to_its_maximum() -> None:
    """Each wait is longer than the last one until the maximum is reached."""
    policy = RetryPolicy(times=4, backoff_start=1, backoff_factor=3, backoff_max=5)
    assert play([rate_limit()] * 4 + ["fine"], policy) == ("fine", [1, 3, 5, 5], 5)


def test_jitter_keeps_at_least_half_of_a_wait() -> None:
    """Callers that failed together come back apart, but none comes back at once."""
    policy = RetryPolicy(backoff_start=2.0)
    assert policy.delay(rate_limit(), 1, 0.0) == 1.0
    assert policy.delay(rate_limit(), 1, 1.0) == 2.0


def test_huge_attempt_number_does_not_overflow() -> None:
    """A policy of very many attempts waits the maximum each time."""
    assert RetryPolicy().delay(rate_limit(), 100_000, 1.0) == 8.0


def test_last_error_is_raised_when_attempts_run_out() -> None:
    """After the last attempt its own error reaches the caller."""
    last = rate_limit()
    error, waits, begun = play([rate_limit(), rate_limit(), last], RetryPolicy(times=2))
    assert (error, len(waits), begun) == (last, 2, 3)


def test_no_retries_means_one_attempt() -> None:
    """A policy of zero times raises the first error."""
    error = rate_limit()
    assert play([error], RetryPolicy(times=0)) == (error, [], 1)


def test_wait_that_the_service_asks_for_is_kept_exactly() -> None:
    """What the service says replaces our own backoff, without jitter."""
    assert play([rate_limit(12.5), "fine"], RetryPolicy()) == ("fine", [12.5], 2)


def test_wait_longer_than_allowed_is_not_waited_for() -> None:
    """A service that asks for an hour gives the caller its error at once."""
    error = rate_limit(3600)
    assert play([error, "fine"], RetryPolicy(max_delay=60)) == (error, [], 1)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(RateLimitError("empty", kind="quota", status=429), id="quota"),
        pytest.param(BadRequestError("no", kind="invalid_request", status=400), id="bad-request"),
        pytest.param(StreamInterrupted("cut"), id="no-kind"),
        pytest.param(TimedOut("late", phase="total"), id="total-timeout"),
    ],
)
def test_error_that_cannot_pass_is_raised_at_once(error: InvokeError) -> None:
    """What would fail again is not tried again, even when the policy names its kind."""
    policy = RetryPolicy(kinds=frozenset({"quota", "invalid_request", "timeout"}))
    assert play([error, "fine"], policy) == (error, [], 1)


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(ConnectionFailed("gone"), id="connection"),
        pytest.param(ServerUnavailableError("busy", kind="overloaded", status=529), id="overload"),
        pytest.param(ServerUnavailableError("broken", kind="server", status=500), id="server"),
    ],
)
def test_error_that_may_pass_is_tried_again(error: InvokeError) -> None:
    """The kinds of the default policy are tried again."""
    assert play([error, "fine"], RetryPolicy())[0] == "fine"


def test_kind_that_the_policy_leaves_out_is_not_tried_again() -> None:
    """A timeout is retryable, yet only a policy that names it does so."""
    error = TimedOut("late", phase="first_byte")
    assert play([error, "fine"], RetryPolicy()) == (error, [], 1)
    named = RetryPolicy(kinds=frozenset({"timeout"}))
    assert play([TimedOut("late", phase="first_byte"), "fine"], named)[0] == "fine"


def test_wait_past_the_deadline_tells_what_had_failed() -> None:
    """The timeout that a wait would break carries the error of the attempt before it."""
    first = rate_limit()
    error, _, begun = play([first, "fine"], RetryPolicy(), late_after=1)
    assert isinstance(error, TimedOut)
    assert error.__cause__ is first
    assert begun == 1


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("12", 12.0, id="seconds"),
        pytest.param(" 0.5 ", 0.5, id="fraction"),
        pytest.param("0", 0.0, id="zero"),
        pytest.param("34s", 34.0, id="unit"),
        pytest.param("7.66s", 7.66, id="fraction-with-unit"),
        pytest.param("1500ms", 1.5, id="milliseconds"),
        pytest.param("1m30s", 90.0, id="two-units"),
        pytest.param("1h 2m", 3720.0, id="blank-between"),
        pytest.param("6m0s", 360.0, id="zero-unit"),
        pytest.param("PT1M30S", 90.0, id="iso-duration"),
        pytest.param("P1DT1H", 90000.0, id="iso-days"),
        pytest.param("Tue, 14 Nov 2023 22:14:20 GMT", 60.0, id="http-date"),
        pytest.param("Tue, 14 Nov 2023 22:00:00 GMT", 0.0, id="http-date-in-the-past"),
        pytest.param("2023-11-14T22:14:20Z", 60.0, id="iso-moment"),
        pytest.param("2023-11-14T22:14:20", 60.0, id="iso-moment-without-zone"),
        pytest.param("1700000060", 60.0, id="since-1970"),
    ],
)
def test_time_to_wait_is_read(text: str, seconds: float) -> None:
    """Every form in which services tell a wait gives its seconds."""
    assert parse_retry_after(text, NOW) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "-5", "nan", "inf", "1e3", "PT", "P", "12 apples", "1" * 400, "٣", "s", "1m x"],
)
def test_text_that_tells_no_time_gives_none(text: str) -> None:
    """A wait is never guessed."""
    assert parse_retry_after(text, NOW) is None
