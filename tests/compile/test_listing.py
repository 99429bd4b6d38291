"""Listings: rows of a page, and where the next page is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.context import CompileContext
from model_runtime.compile.errors_plan import ErrorsPlan
from model_runtime.compile.listing import ListOperation
from model_runtime.compile.templates import Fragments
from model_runtime.errors import ProviderError, ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings


def listing(*, pages: dict[str, Any] | None = None, **response: Any) -> ListOperation:
    findings = Findings()
    context = CompileContext(
        provider="acme",
        tree={},
        findings=findings,
        credentials={},
        parameters=None,
        fragments=Fragments({}),
    )
    spec = {
        "request": {"method": "GET", "path": "/models", "query": {"limit": 2}},
        "response": {"each": "data", "id": "id", **response},
        "pages": pages or {},
    }
    made = ListOperation(
        spec, context, ErrorsPlan({"in_success": "error"}, findings), "list_models"
    )
    assert findings.errors == []
    return made


def read(made: ListOperation, page: Any, **headers: str) -> Any:
    return made.read(HttpReply(200, headers, json.dumps(page).encode()))


def test_first_request_is_the_spec_s() -> None:
    """With its own query."""
    request = listing().first({}, "https://a.example/v1")
    assert (request.method, request.url) == ("GET", "https://a.example/v1/models?limit=2")


def test_rows_are_read_field_by_field() -> None:
    """Missing fields are null; without `pages` there is no next page."""
    rows, step = read(listing(label="name"), {"data": [{"id": "a", "name": "A"}, {"id": "b"}]})
    assert rows == [{"id": "a", "label": "A"}, {"id": "b", "label": None}]
    assert step is None


CURSOR = {"next": {"query": "after", "from": "last", "while": "more"}}


@pytest.mark.parametrize(
    ("pages", "page", "step"),
    [
        (CURSOR, {"more": True, "last": "x"}, ("query:after", "x")),
        (CURSOR, {"more": True, "last": 0}, ("query:after", "0")),
        (CURSOR, {"more": False, "last": "x"}, None),
        (CURSOR, {"last": "x"}, None),
        (CURSOR, {"more": True, "last": None}, None),
        (CURSOR, {"more": True, "last": ""}, None),
        ({"next": {"query": "after", "from": "last"}}, {"last": "x"}, ("query:after", "x")),
        (
            {"next": {"url": "next"}},
            {"next": "https://a.example/2"},
            ("url", "https://a.example/2"),
        ),
        ({"next": {"url": "next"}}, {"next": None}, None),
    ],
)
def test_next_page_is_where_the_spec_says(
    pages: dict[str, Any], page: dict[str, Any], step: object
) -> None:
    """A cursor goes into the query, a URL is followed, and `while` may say stop."""
    assert read(listing(pages=pages), {"data": [], **page})[1] == step


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ('<https://a.example/2>; rel="next"', "https://a.example/2"),
        ('<https://a.example/1>; rel="prev", </2?p=a,b>; title="x"; rel=next', "/2?p=a,b"),
        ('</2>; rel="last next"', "/2"),
        ('</2>; REL="NEXT"', "/2"),
        ('</2>; rel="nextish"', None),
        ('</2>; title="next"', None),
        ("", None),
        ("<" * 50_000, None),
    ],
    ids=["one", "several", "two words", "upper case", "other word", "title", "none", "hostile"],
)
def test_link_header_names_the_next_page(link: str, url: str | None) -> None:
    """As RFC 8288 writes it."""
    made = listing(pages={"next": {"header": "link"}})
    assert read(made, {"data": []}, link=link)[1] == (("url", url) if url else None)


def test_pages_are_bounded() -> None:
    """By the spec, else by the engine."""
    assert listing(pages={"max": 3}).max_pages == 3
    assert listing().max_pages == 50


def test_page_that_is_no_list_is_told_by_its_shape() -> None:
    """Values are not shown."""
    with pytest.raises(ReplyError, match=r"no list; it has the shape \{items: \[number\]\}"):
        read(listing(), {"items": [1]})
    with pytest.raises(ReplyError, match="not JSON"):
        listing().read(HttpReply(200, {}, b"<html>"))


def test_error_of_status_200_is_an_error() -> None:
    """As in every operation."""
    with pytest.raises(ProviderError, match="no key"):
        read(listing(), {"error": "no key"})
