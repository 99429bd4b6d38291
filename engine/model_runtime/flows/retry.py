"""When a failed attempt is made again, and how long to wait before."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from model_runtime import outside
from model_runtime.errors import InvokeError, TimedOut
from model_runtime.exchange import Flow, Wait
from model_runtime.vocabulary import ErrorKind

T = TypeVar("T")

_MAX_TEXT: Final = 64
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[dhms])", re.IGNORECASE)
_ISO: Final = re.compile(r"P(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?")
_SECONDS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# A number this large counts seconds since 1970, not seconds to wait: thirty years of them.
_EPOCH_FROM: Final = 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often, after which kinds of error, and how long to wait, in seconds.

    `max_delay` is the longest wait that a service may ask for: a longer one is not waited for
    and the error goes to the caller. `backoff_max` bounds our own waits.
    """

    times: int = 2
    kinds: frozenset[ErrorKind] = frozenset({"rate_limit", "overloaded", "server", "connection"})
    backoff_start: float = 0.5
    backoff_factor: float = 2.0
    backoff_max: float = 8.0
    max_delay: float = 60.0

    def allows(self, error: InvokeError) -> bool:
        """Whether an error is worth another attempt: as its rule says, else by its kind.

        An empty quota is not, unless a rule says so.
        """
        told: bool | None = getattr(error, "retryable", None)
        if told is not None:
            return told
        kind: ErrorKind | None = getattr(error, "kind", None)
        return error.is_retryable and kind in self.kinds and kind != "quota"

    def delay(self, error: InvokeError, attempt: int, jitter: float) -> float | None:
        """Return the seconds before attempt `attempt` + 1, or None when that is too long.

        `jitter` is between 0 and 1. What the service asked for is waited in full; our own waits
        are spread over their second half, so that many callers do not come back together.
        """
        asked: float | None = getattr(error, "retry_after", None)
        if asked is not None:
            return max(asked, 0.0) if asked <= self.max_delay else None
        # The exponent is bounded, as a float overflows long after the maximum is reached.
        grown = self.backoff_start * self.backoff_factor ** min(attempt - 1, 64)
        return min(grown, self.backoff_max) * (0.5 + 0.5 * jitter)


def retrying(
    attempt: Callable[[], Flow[T]],
    policy: RetryPolicy,
    *,
    jitter: Callable[[], float] = random.random,
) -> Flow[T]:
    """Run an attempt, and again after errors that the policy allows.

    Each attempt is a new flow, so that signatures and tokens are made anew. A wait that would
    pass the call's deadline ends it with TimedOut, whose cause is the error of the last attempt.
    """
    for number in range(1, policy.times + 1):
        try:
            return (yield from attempt())
        except InvokeError as error:
            delay = policy.delay(error, number, jitter()) if policy.allows(error) else None
            if delay is None:
                raise
            failed = error
        try:
            yield Wait(delay)
        except TimedOut as late:
            raise late from failed
    return (yield from attempt())


def parse_retry_after(text: str, now: float | None = None) -> float | None:
    """Return the seconds to wait that a text tells, never negative; None when it tells nothing.

    Read are: seconds (`12`, `0.5`), durations (`34s`, `1m30s`, `200ms`, `PT1M30S`), HTTP dates,
    ISO dates and times, and seconds since 1970. `now` is the time in seconds since 1970, by
    default the clock's.
    """
    text = text.strip()
    now = outside.now() if now is None else now
    if not text or len(text) > _MAX_TEXT or not text.isascii():
        return None
    if _NUMBER.fullmatch(text):
        seconds = float(text)
        return max(seconds - now, 0.0) if seconds >= _EPOCH_FROM else seconds
    duration = _read_duration(text)
    if duration is not None:
        return duration
    moment = _read_moment(text)
    return max(moment - now, 0.0) if moment is not None else None


def _read_duration(text: str) -> float | None:
    iso = _ISO.fullmatch(text)
    if iso is not None and any(iso.groups()):
        numbers = (float(part or 0) for part in iso.groups())
        return sum(n * unit for n, unit in zip(numbers, (86400, 3600, 60, 1), strict=True))
    parts = _PART.findall(text)
    if parts and not _PART.sub("", text).strip():
        return sum(float(number) * _SECONDS[unit.lower()] for number, unit in parts)
    return None


def _read_moment(text: str) -> float | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text)
            # Both forms mean UTC when they name no zone.
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, IndexError, TypeError, OverflowError):
            continue
    return None
