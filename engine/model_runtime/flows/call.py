"""The flows of one call: a plain exchange, and the opening of a stream."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from model_runtime.auth import Auth
from model_runtime.errors import InvokeError, ProviderError
from model_runtime.exchange import (
    Drain,
    Flow,
    HttpReply,
    HttpRequest,
    Open,
    OpenReply,
    Reach,
    Send,
    Timeouts,
)
from model_runtime.secrets import Redactor, redact_error

from .retry import RetryPolicy, retrying

T = TypeVar("T")
Clock = Callable[[], float]


class ErrorReader(Protocol):
    """Makes the typed error of a reply whose status is not a success."""

    def read_bytes(self, status: int, headers: dict[str, str], data: bytes) -> ProviderError: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Everything that a flow needs to know about one request.

    `reach` is that of the base URL; a request may be held to less.
    """

    request: HttpRequest
    scope: dict[str, object]
    auth: Auth
    errors: ErrorReader
    timeouts: Timeouts
    retry: RetryPolicy
    reach: Reach = "any"
    clock: Clock = time.monotonic

    def outgoing(self) -> HttpRequest:
        """The request, held to public addresses where its base URL is."""
        if self.reach == "any":
            return self.request
        return replace(self.request, reach=self.reach)


def call(exchange: Exchange, read: Callable[[HttpReply, float], T]) -> Flow[T]:
    """Send the request and read its whole reply; `read` also gets the seconds that it took."""

    def attempt() -> Flow[T]:
        started = exchange.clock()
        try:
            reply = yield from _send(exchange)
            return read(reply, exchange.clock() - started)
        except InvokeError as error:
            _settle(error, exchange)
            raise

    return (yield from retrying(attempt, exchange.retry))


def open_stream(
    exchange: Exchange, make_reader: Callable[[OpenReply, float], T]
) -> Flow[tuple[OpenReply, T]]:
    """Send the request and hand over the open reply with its reader.

    Only the opening is retried: once a stream runs, the caller has seen its beginning.
    """

    def attempt() -> Flow[tuple[OpenReply, T]]:
        started = exchange.clock()
        try:
            reply = yield from _open(exchange)
            reply.request = exchange.request
            return reply, make_reader(reply, started)
        except InvokeError as error:
            _settle(error, exchange)
            raise

    return (yield from retrying(attempt, exchange.retry))


def _settle(error: InvokeError, exchange: Exchange) -> None:
    """Let an error say which request it is of, and show none of the secrets that auth made."""
    error.name_request(exchange.request.shown)
    redact_error(error, Redactor(exchange.auth.secrets(exchange.scope)))


def _send(exchange: Exchange) -> Flow[HttpReply]:
    for is_last in (False, True):
        request = yield from exchange.auth.apply(exchange.outgoing(), exchange.scope)
        reply: HttpReply = yield Send(request, exchange.timeouts)
        if is_last or not exchange.auth.should_refresh(reply.status, reply.body):
            break
        exchange.auth.forget(exchange.scope)
    if not 200 <= reply.status < 300:
        raise exchange.errors.read_bytes(reply.status, reply.headers, reply.body)
    return reply


def _open(exchange: Exchange) -> Flow[OpenReply]:
    for is_last in (False, True):
        request = yield from exchange.auth.apply(exchange.outgoing(), exchange.scope)
        opened: OpenReply = yield Open(request, exchange.timeouts)
        if 200 <= opened.status < 300:
            return opened
        reply: HttpReply = yield Drain(opened)
        if is_last or not exchange.auth.should_refresh(reply.status, reply.body):
            break
        exchange.auth.forget(exchange.scope)
    raise exchange.errors.read_bytes(reply.status, reply.headers, reply.body)
