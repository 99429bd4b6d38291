"""Requests: method, URL, headers and every kind of body."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.absent import Absent
from model_runtime.compile.context import CompileContext
from model_runtime.compile.request_plan import RequestPlan
from model_runtime.compile.templates import Fragments
from model_runtime.errors import HostRefused, InvalidParameter
from model_runtime.exchange import HttpRequest
from model_runtime.findings import Findings
from model_runtime.secrets import Secret

BASE = "https://api.example.com/v1"


def plan(
    request: dict[str, Any],
    *,
    stream: dict[str, Any] | None = None,
    operation: str = "llm",
    **tree: Any,
) -> RequestPlan:
    findings = Findings()
    context = CompileContext(
        provider="acme",
        tree=tree,
        findings=findings,
        credentials={"key": True, "region": False},
        parameters=None,
        fragments=Fragments(tree),
    )
    made = RequestPlan(request, stream or {}, context, operation)
    assert findings.errors == []
    return made


def build(
    request: dict[str, Any],
    scope: dict[str, Any] | None = None,
    *,
    extra_headers: dict[str, str] | None = None,
    **options: Any,
) -> HttpRequest:
    credentials = {"key": Secret("k-\u00e9"), "region": "eu"}
    whole = {"model": "m", "stream": False, "credentials": credentials, **(scope or {})}
    return plan(request, **options).build(whole, BASE, extra_headers=extra_headers or {})


# ---- the URL


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("m", "/v1/models/m:run"),
        ("a:b", "/v1/models/a:b:run"),
        ("a/b", "/v1/models/a%2Fb:run"),
        ("a b?c#d%", "/v1/models/a%20b%3Fc%23d%25:run"),
        ("h\u00e9", "/v1/models/h%C3%A9:run"),
    ],
)
def test_value_in_a_path_is_one_segment(model: str, path: str) -> None:
    """No model name reaches another path, query or host."""
    request = build({"path": "/models/{{ model }}:run"}, {"model": model})
    assert request.url == f"https://api.example.com{path}"


@pytest.mark.parametrize("model", ["..", "a/../b", ".", "", "a\nb"])
def test_value_that_would_climb_or_break_a_path_is_refused(model: str) -> None:
    """Some servers decode before they resolve."""
    with pytest.raises(InvalidParameter):
        build({"path": "/models/{{ model }}/run"}, {"model": model})


def test_slashes_may_be_kept_where_the_spec_says_so() -> None:
    """`path_segments` is for names that are paths themselves."""
    request = build({"path": "/{{ model | path_segments(3) }}/run"}, {"model": "a/b c/d"})
    assert request.url == f"{BASE}/a/b%20c/d/run"


def test_queries_of_provider_request_and_stream_are_joined() -> None:
    """Values are encoded, lists repeated, booleans as JSON has them; null and absent left out."""
    query = {
        "a": "{{ model }}",
        "list": "{{ parameters.tags }}",
        "yes": True,
        "n": 0,
        "none": None,
        "gone": "{{ parameters.gone }}",
    }
    request = {"path": "/x", "query": query}
    scope = {"model": "x&y=1 \u00e9", "parameters": {"tags": ["1", "2"]}}
    options: dict[str, Any] = {"query": {"api-version": "7"}, "stream": {"query": {"alt": "sse"}}}
    plain = f"{BASE}/x?api-version=7&a=x%26y%3D1%20%C3%A9&list=1&list=2&yes=true&n=0"
    assert build(request, scope, **options).url == plain
    assert build(request, {**scope, "stream": True}, **options).url == f"{plain}&alt=sse"


def test_map_as_a_query_value_is_refused_by_name() -> None:
    """It has no form in a URL."""
    with pytest.raises(InvalidParameter, match="query value 'a' is a dict"):
        build({"query": {"a": "{{ model_properties }}"}}, {"model_properties": {"x": 1}})


def test_method_is_post_unless_said() -> None:
    """Most calls are."""
    assert build({}).method == "POST"
    assert build({"method": "GET"}).method == "GET"


def test_path_of_a_spec_cannot_climb_out_of_its_base() -> None:
    """Also where the spec itself would."""
    with pytest.raises(HostRefused):
        build({"path": "/../admin"})


# ---- headers


def test_headers_are_laid_over_each_other_in_lower_case() -> None:
    """Provider, request, stream, and last the caller; absent ones are left out."""
    request = {
        "path": "/x",
        "headers": {
            "X-B": "request",
            "X-Gone": "{{ parameters.gone }}",
            "x-secret": "{{ credentials.key }}",
        },
        "body": {},
    }
    options: dict[str, Any] = {
        "headers": {"x-a": "provider", "x-b": "provider", "x-c": "provider"},
        "stream": {"headers": {"accept": "text/event-stream"}},
    }
    scope = {"parameters": {}, "stream": True}
    found = build(request, scope, extra_headers={"X-C": "caller"}, **options).headers
    assert found == {
        "x-a": "provider",
        "x-b": "request",
        "x-c": "caller",
        "x-secret": "k-\u00e9",
        "accept": "text/event-stream",
        "content-type": "application/json",
    }
    assert "accept" not in build(request, {"parameters": {}}, **options).headers


@pytest.mark.parametrize("value", ["a\r\nx: 1", "a\n", "a\0b", "\u4f60"])
def test_header_value_that_http_cannot_carry_is_refused(value: str) -> None:
    """The message names the header and never shows the value."""
    with pytest.raises(InvalidParameter, match="'x-m'") as caught:
        build({"headers": {"X-M": "{{ model }}"}}, {"model": value})
    assert value not in str(caught.value)
    with pytest.raises(InvalidParameter, match="'x-m'"):
        build({}, extra_headers={"x-m": value})


@pytest.mark.parametrize("name", ["a\r\nx", "a b", "", "a:"])
def test_header_name_of_a_caller_is_checked(name: str) -> None:
    """A name can smuggle a header as well as a value can."""
    with pytest.raises(InvalidParameter, match="not a header name"):
        build({}, extra_headers={name: "1"})


def test_caller_may_set_the_content_type() -> None:
    """It is only a default."""
    request = build({"body": {}}, extra_headers={"Content-Type": "application/x"})
    assert request.headers == {"content-type": "application/x"}


# ---- bodies


def body(request: dict[str, Any], scope: dict[str, Any], **options: Any) -> Any:
    return json.loads(build({"body": request}, scope, **options).body)


def test_stream_body_comes_over_the_body_and_extra_body_last() -> None:
    """Maps are joined deeply; the caller's own fields win."""
    request = {"a": 1, "o": {"x": 1}, "$merge": ["wire_parameters", "extra_body"]}
    stream = {"body": {"stream": True, "o": {"y": 1}, "a": 2}}
    scope = {"wire_parameters": {"a": 5, "p": 1}, "extra_body": {"o": {"x": 9}, "stream": "no"}}
    assert body(request, scope, stream=stream) == {
        "a": 5,
        "p": 1,
        "o": {"x": 9},
        "stream": "no",
    }
    assert body(request, {**scope, "stream": True}, stream=stream) == {
        "a": 2,
        "p": 1,
        "o": {"x": 9, "y": 1},
        "stream": "no",
    }


def test_absent_leaves_no_trace_and_null_stays() -> None:
    """Absent in, absent out."""
    request = {"t": "{{ tools }}", "l": ["{{ tools }}", 1], "n": None}
    assert body(request, {"tools": Absent}) == {"l": [1], "n": None}


def test_request_without_a_body_has_neither_bytes_nor_type() -> None:
    """A GET, for example."""
    request = build({"method": "GET", "path": "/models"})
    assert (request.body, request.headers) == (b"", {})


def test_form_is_urlencoded() -> None:
    """Secrets may stand in it, and text that is no valid Unicode breaks nothing."""
    request = build({"form": {"a": "{{ model }}", "n": 1}}, {"model": "x y\ud800"})
    assert request.body == b"a=x+y%3F&n=1"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_raw_body_is_bytes_or_text_with_its_type() -> None:
    """Anything else is refused before it is sent."""
    file = {"file": {"content": b"\x00\xff"}}
    raw = build({"raw": "{{ file.content }}"}, file, operation="speech2text")
    assert (raw.body, raw.headers["content-type"]) == (b"\x00\xff", "application/octet-stream")
    typed = {"raw": "{{ file.content }}", "content_type": "audio/wav"}
    assert build(typed, file, operation="speech2text").headers["content-type"] == "audio/wav"
    assert build({"raw": "{{ model }}"}, {"model": "x\ud800"}).body == b"x?"
    with pytest.raises(InvalidParameter, match="raw body is a list"):
        build({"raw": "{{ messages }}"}, {"messages": []})


def test_text_body_is_utf8() -> None:
    """Its type may be another kind of text."""
    request = build({"text": "<x>{{ model }}</x>", "content_type": "application/ssml+xml"})
    assert request.body == b"<x>m</x>"
    assert request.headers["content-type"] == "application/ssml+xml"


def test_multipart_takes_files_values_lists_and_maps() -> None:
    """A map with `content` is a file, any other map JSON text; a list repeats its name."""
    form = {
        "file": {"content": "{{ file.content }}", "filename": "{{ file.filename }}"},
        "model": "{{ model }}",
        "tag": ["a", "b"],
        "flag": True,
        "json": {"x": 1},
        "gone": "{{ language }}",
    }
    scope = {"file": {"content": b"\x00"}, "language": Absent}
    request = build({"multipart": form}, scope, operation="speech2text")
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="file"; filename="file"\r\nContent-Type: application/octet-stream' in request.body
    for text in (b'"model"\r\n\r\nm\r\n', b'"tag"\r\n\r\nb\r\n', b"\r\n\r\ntrue\r\n", b'{"x":1}'):
        assert text in request.body
    assert b"gone" not in request.body


def test_multipart_file_that_is_no_bytes_is_refused() -> None:
    """The message names the part."""
    with pytest.raises(InvalidParameter, match="file 'f' holds no bytes"):
        build({"multipart": {"f": {"content": "{{ model }}"}}})


def test_names_that_a_request_reads_are_known() -> None:
    """An argument that no part of the request reads is refused by the operation."""
    request = {
        "path": "/{{ model }}",
        "headers": {"x": "{{ credentials.key }}"},
        "body": {"t": "{{ tools }}"},
    }
    found = plan(request, stream={"body": {"f": "{{ response_format.type }}"}}).names_read
    assert found >= {"model", "credentials", "tools", "response_format"}
    assert "tool_choice" not in found
