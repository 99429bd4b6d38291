"""The flow of a listing: page after page until the service has no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol

from model_runtime.errors import HostRefused
from model_runtime.exchange import Flow, HttpReply, HttpRequest
from model_runtime.network import add_query, origin

from .call import Exchange, call

Row = dict[str, Any]


class Listing(Protocol):
    """What a listing operation offers to this flow."""

    max_pages: int

    def read(self, reply: HttpReply) -> tuple[list[Row], Any]: ...

    def following(self, page: Any) -> tuple[str, str] | None: ...


def pages(exchange: Exchange, listing: Listing) -> Flow[list[Row]]:
    """Return the rows of all pages, `listing.max_pages` at most."""
    rows: list[Row] = []
    request = exchange.request
    for _ in range(listing.max_pages):
        found, page = yield from call(replace(exchange, request=request), _reading(listing))
        rows += found
        step = listing.following(page)
        if step is None:
            break
        request = _next_request(exchange.request, step)
    return rows


def _reading(listing: Listing) -> Callable[[HttpReply, float], tuple[list[Row], Any]]:
    return lambda reply, _seconds: listing.read(reply)


def _next_request(first: HttpRequest, step: tuple[str, str]) -> HttpRequest:
    kind, value = step
    if kind == "url":
        if origin(value) != origin(first.url):
            raise HostRefused(f"The next page is at {origin(value)}, not at the service itself.")
        return replace(first, url=value)
    return replace(first, url=add_query(first.url, [(kind.removeprefix("query:"), value)]))
