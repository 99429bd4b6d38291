"""What is refused before any page sees it."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_change_nothing(serve: Any, headers: dict[str, str]) -> None:
    """A form or script of another site is refused, whatever it posts."""
    served = serve()
    form = {"action": "delete"}
    reply = served.http.post("/providers/acme/credentials", data=form, headers=headers)
    assert reply.status_code == 403 and served.store.read("acme") is not None


def test_own_pages_may_post(serve: Any) -> None:
    """A browser names this server's own origin."""
    served = serve()
    headers = {"origin": served.url, "sec-fetch-site": "same-origin"}
    assert served.http.post("/settings", data={}, headers=headers).status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_strange_host_names_are_refused(serve: Any, host: str) -> None:
    """A name that was made to point here gets nothing."""
    assert serve().http.get("/", headers={"host": host}).status_code in (400, 421)


def test_bodies_have_a_limit(serve: Any) -> None:
    """Told by the length, or found while reading."""
    http = serve(max_body=1000).http
    assert http.post("/v1/chat/completions", content=b"x" * 1001).status_code == 413
    pieces = (b"x" * 600 for _ in range(2))
    assert http.post("/v1/chat/completions", content=pieces).status_code == 413


def test_pages_forbid_what_they_do_not_need(serve: Any) -> None:
    """No inline script, no foreign address, no frame; and no page says otherwise."""
    http = serve().http
    for path in ("/", "/play", "/workshop/acme", "/providers/acme"):
        page = http.get(path)
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert " style=" not in page.text and " onclick=" not in page.text
        assert "access-control-allow-origin" not in page.headers
