"""Where requests go: paths below the base URL, and URLs that are checked first."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.compile.address_plan import AddressPlan
from model_runtime.compile.context import CompileContext
from model_runtime.compile.templates import Fragments
from model_runtime.errors import HostRefused, InvalidParameter
from model_runtime.findings import Findings

BASE = "https://api.example.com/v2"


def address(spec: dict[str, Any], tree: dict[str, Any] | None = None, **scope: object) -> str:
    """The URL of a request of such a spec."""
    findings = Findings()
    context = CompileContext(
        provider="acme",
        tree=tree or {},
        findings=findings,
        credentials={},
        parameters=None,
        fragments=Fragments(),
    )
    plan = AddressPlan(spec, context, "rerank", "job")
    findings.raise_errors("acme")
    return plan.build({"model": "a/b", **scope}, BASE, [("q", "1")])


@pytest.mark.parametrize(
    ("url", "found"),
    [
        pytest.param("/v1/tokenize", "https://api.example.com/v1/tokenize?q=1", id="at-origin"),
        pytest.param("https://api.example.com/x", "https://api.example.com/x?q=1", id="own-host"),
        pytest.param("/r/{{ model }}", "https://api.example.com/r/a%2Fb?q=1", id="segment"),
        pytest.param(
            "/r/{{ model | path_segments(2) }}", "https://api.example.com/r/a/b?q=1", id="segments"
        ),
    ],
)
def test_url_is_built_like_a_path(url: str, found: str) -> None:
    """Expressions are encoded, and a URL that begins with a slash stands at the base's origin."""
    assert address({"url": url}) == found


@pytest.mark.parametrize("where", ["request", "provider"])
def test_url_at_another_host_needs_an_allow_list(where: str) -> None:
    """The request or the provider may name the host; else nothing is sent."""
    spec: dict[str, Any] = {"url": "https://rank.example.org/r"}
    allowed = {"allow_hosts": ["*.example.org"]}
    with pytest.raises(HostRefused, match=r"rank\.example\.org.*allow_hosts"):
        address(spec)
    on_request = {**spec, **allowed} if where == "request" else spec
    tree = allowed if where == "provider" else {}
    assert address(on_request, tree) == "https://rank.example.org/r?q=1"


def test_url_of_the_server_is_taken_whole_and_pinned() -> None:
    """A lone expression is a URL as it came, and must stay where the spec says."""
    spec = {"url": "{{ job.next }}", "same_origin_as": "base_url"}
    kept = address(spec, job={"next": "https://api.example.com/j/1?s=2"})
    assert kept == "https://api.example.com/j/1?s=2&q=1"
    with pytest.raises(HostRefused, match=r"evil\.example"):
        address({**spec, "allow_hosts": ["evil.example"]}, job={"next": "https://evil.example/j/1"})


def test_value_cannot_choose_the_host_of_a_url() -> None:
    """A value inside a URL is one segment, whatever it holds."""
    spec = {"url": "https://{{ model }}.example.com/x", "allow_hosts": ["*.example.com"]}
    with pytest.raises(HostRefused):
        address(spec, model="evil.org/?")


def test_absent_url_is_refused() -> None:
    """A URL that nothing was saved for is an error before anything is sent."""
    with pytest.raises(InvalidParameter, match="absent"):
        address({"url": "{{ job.next }}"}, job={})
