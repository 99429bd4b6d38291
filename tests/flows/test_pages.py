"""Listings: page after page, never away from the service."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.auth import AUTH_KINDS
from model_runtime.compile.errors_plan import ErrorsPlan
from model_runtime.errors import HostRefused
from model_runtime.exchange import HttpReply, HttpRequest, Send, Timeouts
from model_runtime.findings import Findings
from model_runtime.flows.call import Exchange
from model_runtime.flows.pages import pages
from model_runtime.flows.retry import RetryPolicy

FIRST = "https://a.example/v1/models?limit=2"


class Steps:
    """A listing whose pages lead where a test says."""

    def __init__(self, steps: list[tuple[str, str] | None], max_pages: int = 50) -> None:
        self.max_pages = max_pages
        self._steps = iter(steps)

    def read(self, reply: HttpReply) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        return [{"id": reply.body.decode()}], next(self._steps)


def asked(listing: Steps, first: str = FIRST) -> tuple[list[str], list[str]]:
    """The URLs that are asked for, and the rows."""
    exchange = Exchange(
        request=HttpRequest(method="GET", url=first),
        scope={},
        auth=AUTH_KINDS["none"].from_spec({}, None),
        errors=ErrorsPlan({}, Findings()),
        timeouts=Timeouts(),
        retry=RetryPolicy(times=0),
    )
    flow, urls, answer = pages(exchange, listing), [], None
    try:
        while True:
            ask = flow.send(answer)
            assert isinstance(ask, Send)
            urls.append(ask.request.url)
            answer = HttpReply(200, {}, str(len(urls)).encode())
    except StopIteration as stop:
        return urls, [row["id"] for row in stop.value]


def test_one_page_is_the_whole_list() -> None:
    """Where nothing leads on."""
    assert asked(Steps([None])) == ([FIRST], ["1"])


def test_cursor_goes_into_the_first_query() -> None:
    """Each page repeats the first request with its own cursor, encoded."""
    steps = Steps([("query:after", "a b"), ("query:after", "c"), None])
    assert asked(steps) == (
        [FIRST, f"{FIRST}&after=a%20b", f"{FIRST}&after=c"],
        ["1", "2", "3"],
    )


def test_cursor_replaces_a_value_of_the_same_name() -> None:
    """`page=1` becomes `page=2`."""
    urls, _ = asked(Steps([("query:page", "2"), None]), "https://a.example/m?page=1&n=5")
    assert urls[1] == "https://a.example/m?n=5&page=2"


@pytest.mark.parametrize(
    ("next_url", "followed"),
    [
        ("https://a.example/v1/other?x=1", "https://a.example/v1/other?x=1"),
        ("https://A.example:443/v1", "https://A.example:443/v1"),
        ("/v1/models?page=2", "https://a.example/v1/models?page=2"),
        ("?page=2", "https://a.example/v1/models?page=2"),
    ],
    ids=["whole", "same origin", "path", "query"],
)
def test_url_of_the_service_itself_is_followed(next_url: str, followed: str) -> None:
    """It may be relative to the first one."""
    assert asked(Steps([("url", next_url), None]))[0][1] == followed


@pytest.mark.parametrize(
    "next_url",
    [
        "https://b.example/v1",
        "http://a.example/v1",
        "https://a.example:8443/v1",
        "//b.example/v1",
        "https://a.example@b.example/",
        "file:///etc/passwd",
        "http://[broken",
    ],
)
def test_url_that_leads_away_is_refused(next_url: str) -> None:
    """Requests with credentials stay at the service."""
    with pytest.raises(HostRefused):
        asked(Steps([("url", next_url), None]))


def test_listing_that_never_ends_is_ended() -> None:
    """A service may repeat its cursor for ever."""
    steps: list[tuple[str, str] | None] = [("query:after", "x")] * 9
    assert len(asked(Steps(steps, max_pages=3))[0]) == 3
