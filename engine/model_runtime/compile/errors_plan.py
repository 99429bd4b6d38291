"""Turns an error of the service into a typed error, by the spec's `errors:` block."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from model_runtime.branches import watched, watched_test
from model_runtime.errors import PROVIDER_ERRORS, ProviderError, ReplyError
from model_runtime.findings import Findings
from model_runtime.flows.retry import parse_retry_after
from model_runtime.json_text import decode_json
from model_runtime.location import Place
from model_runtime.spec.tree import key_place_of, own_place
from model_runtime.vocabulary import ERROR_KINDS, ErrorKind

from .values import HeaderReader, compile_header_value, compile_value, place_in

_EXCERPT = 500
_STATUS_KINDS: dict[str, ErrorKind] = {
    "401": "auth",
    "402": "quota",
    "403": "permission",
    "404": "not_found",
    "408": "server",
    "409": "server",
    "425": "server",
    "429": "rate_limit",
    "499": "server",
    "529": "overloaded",
}
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "x-goog-request-id")


class ErrorsPlan:
    """The compiled `errors:` block. Rules come before `status`, `status` before the default."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings) -> None:
        self.in_success: str | None = spec.get("in_success")
        rules = spec.get("rules") or {}
        self._rules = [
            _Rule(rule, findings, key_place_of(rules, name)) for name, rule in rules.items() if rule
        ]
        self._status = _status_table(spec, findings)
        message = compile_value(
            spec.get("message", _ANY_MESSAGE), findings, place_in(spec, "message")
        )
        self._message = watched(message, findings.branches, "errors", own_place(spec))
        sources = spec.get("retry_after", _ANY_RETRY_AFTER)
        self._retry_after = [
            (source, _compile_lenient(source, findings, place_in(spec, "retry_after")))
            for source in (sources if isinstance(sources, list) else [sources])
        ]
        self._request_id: HeaderReader | None = None
        if "request_id" in spec:
            self._request_id = _compile_lenient(
                spec["request_id"], findings, place_in(spec, "request_id")
            )

    def read(self, status: int | None, headers: Mapping[str, str], body: object) -> ProviderError:
        """Return the error that a reply (or a frame: status None) tells."""
        rule = next((rule for rule in self._rules if rule.matches(body, headers)), None)
        kind = rule.kind if rule else self._kind_of_status(status, body)
        return PROVIDER_ERRORS[kind](
            self._text(body),
            kind=kind,
            status=status,
            request_id=self._find_request_id(body, headers),
            retry_after=self._delay(body, headers),
            body=body,
            retryable=rule.retryable if rule else None,
        )

    def read_bytes(self, status: int, headers: Mapping[str, str], data: bytes) -> ProviderError:
        """Return the error of a reply whose body may be JSON or anything else."""
        if 300 <= status < 400:
            return _redirect(status, headers)
        return self.read(status, headers, read_body(data))

    def _kind_of_status(self, status: int | None, body: object) -> ErrorKind:
        code = status if status is not None else _status_in(body)
        if code is None:
            return "server"
        for matches, kind in self._status:
            if matches(str(code)):
                return kind
        return _STATUS_KINDS.get(str(code)) or ("server" if code >= 500 else "invalid_request")

    def _text(self, body: object) -> str:
        try:
            found = self._message(body)
        except ReplyError:
            # A message path that does not fit this body must not hide the error itself.
            found = body
        if found in (None, "", [], {}):
            found = body
        return _shown(found) or "(no message)"

    def _find_request_id(self, body: object, headers: Mapping[str, str]) -> str | None:
        if self._request_id is not None and (found := self._request_id(body, headers)):
            return str(found)
        return next((headers[name] for name in _REQUEST_IDS if name in headers), None)

    def _delay(self, body: object, headers: Mapping[str, str]) -> float | None:
        for source, read in self._retry_after:
            found = read(body, headers)
            if found in (None, ""):
                continue
            milliseconds = isinstance(source, str) and source.endswith("-ms")
            text = f"{found}ms" if milliseconds else str(found)
            if (delay := parse_retry_after(text)) is not None:
                return delay
        return None


class _Rule:
    """One row of `errors.rules`: when it holds, the error is of its kind."""

    __slots__ = ("_from", "_when", "kind", "retryable")

    def __init__(self, spec: Mapping[str, Any], findings: Findings, place: Place | None) -> None:
        self.kind: ErrorKind = spec.get("kind", "server")
        self.retryable: bool | None = spec.get("retryable")
        self._from = None
        if "from" in spec:
            self._from = _compile_lenient(spec["from"], findings, place_in(spec, "from"))
        when = compile_value(
            spec.get("when", "`true`"), findings, place_in(spec, "when"), is_branch=False
        )
        self._when = watched_test(when, findings.branches, "error_rule", place)

    def matches(self, body: object, headers: Mapping[str, str]) -> bool:
        subject = body if self._from is None else self._from(body, headers)
        if self._from is not None and subject is None:
            return False
        try:
            return bool(self._when(subject))
        except ReplyError:
            # A rule written for another shape of error does not hold for this one.
            return False


_ANY_MESSAGE = "not_null(error.message, error, message, detail)"
_ANY_RETRY_AFTER = ["header:retry-after-ms", "header:retry-after"]


def _compile_lenient(spec: object, findings: Findings, place: Place | None) -> HeaderReader:
    """Compile what must not hide the error itself when it does not fit the error's shape."""
    read = compile_header_value(spec, findings, place)

    def lenient(body: Any, headers: Mapping[str, str]) -> Any:
        try:
            return read(body, headers)
        except ReplyError:
            return None

    return lenient


def read_body(data: bytes) -> object:
    """The JSON of a body, or its text when it is none."""
    try:
        body = decode_json(data.strip())
    except ValueError:
        return data.decode("utf-8", "replace")
    return body[0] if isinstance(body, list) and len(body) == 1 else body


def is_error(found: object) -> bool:
    """Whether what `errors.in_success` found says that a reply of status 200 is an error."""
    return bool(found)


def _status_in(body: object) -> int | None:
    """A status that a body names for itself, as gateways do for an upstream's error."""
    inner = body.get("error", body) if isinstance(body, Mapping) else None
    if isinstance(inner, Mapping):
        for name in ("status_code", "code", "status"):
            value = inner.get(name)
            if isinstance(value, str) and value.isdigit():
                value = int(value)
            if isinstance(value, int) and 400 <= value < 600:
                return value
    return None


def _status_table(
    spec: Mapping[str, Any], findings: Findings
) -> list[tuple[Callable[[str], object], ErrorKind]]:
    rows: list[tuple[Callable[[str], object], ErrorKind]] = []
    table = spec.get("status") or {}
    for pattern, kind in table.items():
        parts = [part.strip() for part in str(pattern).split("|")]
        if not all(re.fullmatch(r"[1-5](\d\d|xx)", part) for part in parts):
            findings.add(
                "S104",
                f"{pattern!r} is no status.",
                key_place_of(table, str(pattern)),
                help='Write "429", "5xx", or several as "408|5xx".',
                length=len(str(pattern)),
            )
        elif kind in ERROR_KINDS:
            place = key_place_of(table, str(pattern))
            matches = _matches_status(parts)
            rows.append((watched_test(matches, findings.branches, "status", place), kind))
    return rows


def _matches_status(parts: list[str]) -> Callable[[str], bool]:
    exact = frozenset(part for part in parts if not part.endswith("xx"))
    classes = tuple(part[0] for part in parts if part.endswith("xx"))
    return lambda code: code in exact or code.startswith(classes) if classes else code in exact


def _shown(found: object) -> str:
    text = found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)
    text = text.strip()
    return text if len(text) <= _EXCERPT else text[:_EXCERPT] + "..."


def _redirect(status: int, headers: Mapping[str, str]) -> ProviderError:
    try:
        host = urlsplit(headers.get("location", "")).hostname
    except ValueError:
        host = None
    return PROVIDER_ERRORS["invalid_request"](
        f"The service redirects to {host or 'an unnamed host'}; redirects are not followed. "
        "Put the final address into base_url.",
        kind="invalid_request",
        status=status,
    )
