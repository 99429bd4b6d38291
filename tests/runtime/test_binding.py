"""What ties a call to its host: timeouts, retries, redaction, hooks."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.errors import InvalidParameter, ProviderError, RateLimitError, TimedOut
from model_runtime.exchange import Timeouts
from model_runtime.flows.retry import RetryPolicy
from model_runtime.runtime.binding import read_timeouts, redact_error, retry_policy, tell
from model_runtime.secrets import Redactor, Secret

DEFAULT = Timeouts(connect=1.0, first_byte=2.0, between_chunks=3.0, total=4.0)
KEY = "sk-very-secret-0123456789"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, DEFAULT),
        (9, Timeouts(connect=1.0, first_byte=2.0, between_chunks=3.0, total=9.0)),
        ("1m", Timeouts(connect=1.0, first_byte=2.0, between_chunks=3.0, total=60.0)),
        (
            {"connect": 5, "total": None},
            Timeouts(connect=5.0, first_byte=2.0, between_chunks=3.0, total=None),
        ),
        ({}, DEFAULT),
    ],
    ids=str,
)
def test_timeout_is_a_total_or_laid_over_the_spec(given: object, expected: Timeouts) -> None:
    """None inside a mapping means no limit."""
    assert read_timeouts(given, DEFAULT) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"read": 5}, "timeout has no 'read'. Known: connect, first_byte"),
        ("soon", "timeout: 'soon' is not a duration"),
        ({"total": []}, "is not a duration"),
        (True, "is not a duration"),
        (-1, "timeout: -1 is not a duration"),
        (float("nan"), "timeout: nan is not a duration"),
    ],
    ids=str,
)
def test_timeout_that_means_nothing_is_refused(given: object, said: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidParameter) as caught:
        read_timeouts(given, DEFAULT)
    assert said in str(caught.value)


def test_host_may_set_the_number_of_retries() -> None:
    """Everything else of the spec's policy stays; 0 is a number."""
    policy = RetryPolicy(times=5, backoff_start=9.0)
    assert retry_policy(policy, None) is policy
    assert retry_policy(policy, 0) == RetryPolicy(times=0, backoff_start=9.0)


def test_error_is_redacted_with_its_body_and_causes() -> None:
    """Neither the text, nor the arguments, nor a traceback shows a secret."""
    cause = RateLimitError(f"bad key {KEY}", kind="rate_limit", body={"key": KEY})
    error = TimedOut(f"late for {KEY}")
    error.__cause__ = cause
    redact_error(error, Redactor([Secret(KEY)]))
    shown = f"{error} {error!r} {error.args} {cause} {cause!r} {cause.body} {cause.args}"
    assert KEY not in shown
    assert error.message == "late for ***"
    assert cause.body == {"key": "***"}


def test_hooks_are_told_what_they_have_a_method_for() -> None:
    """In their order."""
    told: list[Any] = []

    class First:
        def on_result(self, subject: object) -> None:
            told.append(("first", subject))

    class Second(First):
        def on_error(self, subject: ProviderError) -> None:
            told.append(("second", subject))

    tell([First(), object(), Second()], "on_result", 1)
    tell([First(), Second()], "on_error", 2)
    assert told == [("first", 1), ("first", 1), ("second", 2)]
