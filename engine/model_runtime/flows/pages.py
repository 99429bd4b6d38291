"""The flow of a listing: page after page until the service has no more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Protocol
from urllib.parse import unquote_plus, urljoin

from model_runtime.errors import HostRefused
from model_runtime.exchange import Flow, HttpReply, HttpRequest
from model_runtime.network import add_query, origin

from .call import Exchange, call

Row = dict[str, Any]
# How the next page is asked for: ("url", URL), ("query:NAME", value), or ("count:NAME", the number
# of the first page).
Step = tuple[str, str]


class Listing(Protocol):
    """What a listing operation offers to this flow."""

    max_pages: int

    def read(self, reply: HttpReply) -> tuple[list[Row], Step | None]: ...


def pages(exchange: Exchange, listing: Listing) -> Flow[list[Row]]:
    """Return the rows of all pages, `listing.max_pages` at most."""
    rows: list[Row] = []
    request = exchange.request
    for done in range(1, listing.max_pages + 1):
        found, step = yield from call(replace(exchange, request=request), _reading(listing))
        rows += found
        if step is None:
            break
        request = _next_request(exchange.request, step, done)
    return rows


def _reading(listing: Listing) -> Callable[[HttpReply, float], tuple[list[Row], Step | None]]:
    return lambda reply, _seconds: listing.read(reply)


def _next_request(first: HttpRequest, step: Step, done: int) -> HttpRequest:
    kind, value = step
    if kind == "url":
        value = _absolute(first.url, value)
        if origin(value) != origin(first.url):
            raise HostRefused(f"The next page is at {origin(value)}, not at the service itself.")
        return replace(first, url=value)
    kind, _, name = kind.partition(":")
    if kind == "count":
        value = str(int(value) + done)
    return replace(first, url=add_query(_without(first.url, name), [(name, value)]))


def _absolute(base: str, url: str) -> str:
    try:
        return urljoin(base, url)
    except ValueError:
        raise HostRefused(f"The next page is at {url!r}, which is no URL.") from None


def _without(url: str, name: str) -> str:
    """The URL without its own value of a query name, which the cursor replaces."""
    head, mark, query = url.partition("?")
    kept = [pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) != name]
    return f"{head}?{'&'.join(kept)}" if mark and kept else head
