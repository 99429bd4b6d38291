"""Errors of a service: from status, headers and body to a typed error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.errors_plan import ErrorsPlan
from model_runtime.errors import (
    AuthorizationError,
    BadRequestError,
    ContextLengthError,
    ProviderError,
    RateLimitError,
    ServerUnavailableError,
)
from model_runtime.findings import Findings
from model_runtime.flows.retry import RetryPolicy
from model_runtime.vocabulary import ErrorKind


def plan(**spec: Any) -> ErrorsPlan:
    findings = Findings()
    made = ErrorsPlan(spec, findings)
    assert findings.errors == []
    return made


def error(
    status: int, body: object = "", headers: dict[str, str] | None = None, **spec: Any
) -> ProviderError:
    """The error that a reply of some status tells."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return plan(**spec).read_bytes(status, headers or {}, data)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request"),
        (401, "auth"),
        (402, "quota"),
        (403, "permission"),
        (404, "not_found"),
        (408, "server"),
        (409, "server"),
        (413, "invalid_request"),
        (422, "invalid_request"),
        (425, "server"),
        (429, "rate_limit"),
        (499, "server"),
        (500, "server"),
        (503, "server"),
        (529, "overloaded"),
    ],
)
def test_status_alone_has_a_kind(status: int, kind: ErrorKind) -> None:
    """What HTTP says holds where the spec says nothing."""
    assert error(status).kind == kind


def test_rules_come_before_status_and_status_before_the_default() -> None:
    """The first rule that holds decides, in the order written."""
    rules = {
        "long": {"when": "error.code == 'long'", "kind": "context_length"},
        "any": {"when": "error.code", "kind": "quota"},
    }
    spec: dict[str, Any] = {"rules": rules, "status": {"400": "auth", "4xx": "permission"}}
    read = plan(**spec).read
    assert read(400, {}, {"error": {"code": "long"}}).kind == "context_length"
    assert read(400, {}, {"error": {"code": "x"}}).kind == "quota"
    assert read(400, {}, {}).kind == "auth"
    assert read(404, {}, {}).kind == "permission"
    assert read(500, {}, {}).kind == "server"


def test_kind_decides_the_class() -> None:
    """Hosts catch classes."""
    rules = {"r": {"when": "k", "kind": "context_length"}}
    assert type(error(400, {"k": 1}, rules=rules)) is ContextLengthError
    assert type(error(401)) is AuthorizationError
    assert type(error(402)) is type(error(429)) is RateLimitError
    assert type(error(400)) is BadRequestError
    assert type(error(529)) is ServerUnavailableError


def test_quota_is_not_retryable_and_rate_limit_is() -> None:
    """Both are 429 at many services; waiting helps only one of them."""
    assert error(429).is_retryable
    assert not error(402).is_retryable


def test_rule_may_read_a_header() -> None:
    """With `from` the rule is about the header's text, and holds only where it is there."""
    rules = {"busy": {"from": "header:X-Why", "when": "contains(@, 'busy')", "kind": "overloaded"}}
    assert error(400, {}, {"x-why": "too busy"}, rules=rules).kind == "overloaded"
    assert error(400, {}, {"x-why": "other"}, rules=rules).kind == "invalid_request"
    assert error(400, {}, rules=rules).kind == "invalid_request"


def test_rule_for_another_shape_does_not_hold() -> None:
    """A function that meets the wrong type must not hide the error itself."""
    rules = {"r": {"when": "contains(error.message, 'long')", "kind": "context_length"}}
    assert error(400, {"error": "text"}, rules=rules).kind == "invalid_request"
    found = error(400, {"error": 1}, message="join(',', error)", request_id="join(',', error)")
    assert (found.message, found.request_id) == ('{"error": 1}', None)
    assert error(429, {}, retry_after="join(',', error)").retry_after is None


def test_removed_rule_is_skipped() -> None:
    """A child may set a rule to null."""
    assert error(400, {}, rules={"r": None}).kind == "invalid_request"


@pytest.mark.parametrize(
    ("status", "kind"),
    [(408, "server"), (502, "server"), (429, "quota"), (418, "permission")],
)
def test_status_table_takes_lists_and_classes(status: int, kind: ErrorKind) -> None:
    """`408|5xx` names several; rows are tried in order."""
    table = {"408|5xx": "server", "429": "quota", "4xx": "permission"}
    assert plan(status=table).read(status, {}, {}).kind == kind


@pytest.mark.parametrize("pattern", ["abc", "42", "6xx", "4x1", "429,500"])
def test_what_is_no_status_is_a_finding(pattern: str) -> None:
    """It names the text and shows how statuses are written."""
    findings = Findings()
    ErrorsPlan({"status": {pattern: "server"}}, findings)
    (finding,) = findings
    assert finding.code == "S104"
    assert repr(pattern) in finding.message


MESSAGES: dict[str, tuple[object, str]] = {
    "nested": ({"error": {"message": "m"}}, "m"),
    "error as a text": ({"error": "m"}, "m"),
    "message": ({"message": "m"}, "m"),
    "detail": ({"detail": [{"loc": ["x"]}]}, '[{"loc": ["x"]}]'),
    "nothing known": ({"code": 5}, '{"code": 5}'),
    "list of one": ([{"error": {"message": "m"}}], "m"),
    "no json": (b"<html>Bad gateway</html>", "<html>Bad gateway</html>"),
    "no utf-8": (b"\xff!", "\ufffd!"),
    "empty": (b"", "(no message)"),
    "blank around": (b"  oops \n", "oops"),
    "long": (b"x" * 9000, "x" * 500 + "..."),
}


@pytest.mark.parametrize(("body", "message"), MESSAGES.values(), ids=MESSAGES)
def test_message_is_what_the_service_says(body: object, message: str) -> None:
    """Whatever the shape of the body, something readable comes out of it, cut short."""
    assert error(500, body).message == message


def test_message_path_of_the_spec_wins() -> None:
    """And where it finds nothing, the whole body is shown."""
    assert error(400, {"why": "m", "message": "n"}, message="why").message == "m"
    assert error(400, {"message": "n"}, message="why").message == '{"message": "n"}'


@pytest.mark.parametrize(
    ("headers", "body", "spec", "seconds"),
    [
        ({"retry-after": "12"}, {}, {}, 12.0),
        ({"retry-after-ms": "1500", "retry-after": "9"}, {}, {}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, {}, {}, 9.0),
        ({"retry-after": ""}, {}, {}, None),
        ({}, {"wait": 3}, {"retry_after": "wait"}, 3.0),
        ({"x-reset": "1m30s"}, {}, {"retry_after": ["wait", "header:X-Reset"]}, 90.0),
        ({"retry-after": "5"}, {}, {"retry_after": "wait"}, None),
    ],
)
def test_retry_after_is_read_from_its_sources_in_order(
    headers: dict[str, str], body: object, spec: dict[str, Any], seconds: float | None
) -> None:
    """Headers and paths; a name that ends in -ms counts milliseconds; nonsense is skipped."""
    assert error(429, body, headers, **spec).retry_after == seconds


def test_request_id_is_found_in_usual_headers_or_as_the_spec_says() -> None:
    """It goes into support requests."""
    assert error(500, {}, {"x-request-id": "r1"}).request_id == "r1"
    assert error(500, {}, {"x-amzn-requestid": "r2"}).request_id == "r2"
    assert error(500, {"id": 7}, {"x-request-id": "r1"}, request_id="id").request_id == "7"
    assert error(500, {}, {"request-id": "r3"}, request_id="id").request_id == "r3"
    assert error(500).request_id is None


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("https://elsewhere.example/v2?key=secret", "redirects to elsewhere.example;"),
        ("/login", "redirects to an unnamed host;"),
        ("http://[broken", "redirects to an unnamed host;"),
        (None, "redirects to an unnamed host;"),
    ],
)
def test_redirect_names_the_host_and_is_not_followed(location: str | None, said: str) -> None:
    """Nothing of the target but its host is shown."""
    headers = {} if location is None else {"location": location}
    found = error(307, b"moved", headers)
    assert said in found.message
    assert "secret" not in found.message
    assert (found.kind, found.status) == ("invalid_request", 307)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"error": {"code": 429}}, "rate_limit"),
        ({"error": {"code": "401"}}, "auth"),
        ({"status_code": 503}, "server"),
        ({"error": {"code": 7}}, "server"),
        ({"error": "x"}, "server"),
        ("x", "server"),
    ],
    ids=str,
)
def test_error_inside_a_stream_takes_the_status_that_it_names(body: object, kind: str) -> None:
    """A frame has no status of its own."""
    found = plan().read(None, {}, body)
    assert (found.kind, found.status, found.body) == (kind, None, body)


@pytest.mark.parametrize(
    ("kind", "retryable"), [("overloaded", False), ("invalid_request", True), ("quota", True)]
)
def test_rule_decides_whether_a_retry_may_help(kind: ErrorKind, retryable: bool) -> None:
    """The word of a rule wins over that of the kind, for callers and for the retry policy."""
    rule = {"when": "code == `7`", "kind": kind, "retryable": retryable}
    found = error(400, {"code": 7}, rules={"seven": rule})
    assert found.is_retryable is RetryPolicy().allows(found) is retryable
