"""Kind `token_exchange`: a request that buys a short-lived token for the credentials."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlencode

from model_runtime import outside
from model_runtime.absent import Absent
from model_runtime.durations import read_duration
from model_runtime.errors import PROVIDER_ERRORS, InvalidParameter, InvokeError, ProviderError
from model_runtime.exchange import (
    Exclusive,
    Flow,
    HttpReply,
    HttpRequest,
    Reach,
    Send,
    Timeouts,
)
from model_runtime.json_text import decode_json
from model_runtime.location import Place
from model_runtime.network import check_base_url
from model_runtime.secrets import Redactor, Secret
from model_runtime.vocabulary import ErrorKind

from .assertion import JwtAssertion
from .base import (
    Clock,
    Path,
    Scope,
    StaticAuth,
    options_under,
    rendered,
    rendered_text,
    rendered_texts,
)
from .bearer import BearerAuth
from .header import HeaderAuth
from .query import QueryAuth

TIMEOUTS: Final = Timeouts(connect=10.0, first_byte=30.0, between_chunks=30.0, total=60.0)
MAX_REPLY_BYTES: Final = 1024 * 1024
# A host that serves many users passes many credentials; the oldest tokens go first.
MAX_TOKENS: Final = 1000
_USED: Final = "_auth_token"
_SECRET: Final = "_auth_secrets"


@dataclass(frozen=True, slots=True, eq=False)
class Token:
    """A token and the time from which it is fetched anew. Equal to itself alone."""

    value: Secret
    refresh_at: float
    bought_with: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """How long a token lasts, in seconds, and how much earlier it is renewed."""

    path: Path | None = None
    default: float = 3600.0
    early: float = 60.0

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(
            path=_path(options.get("path")),
            default=read_duration(options.get("default", 3600)),
            early=read_duration(options.get("early", 60)),
        )

    def refresh_at(self, body: object, issued: float) -> float:
        """Return when to renew. A token shorter than `early` is used for half its life."""
        told = _try_path(self.path, body)
        try:
            seconds = float(str(told)) if not isinstance(told, bool) else self.default
        except ValueError:
            seconds = self.default
        return issued + max(seconds - self.early, seconds / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRequest:
    """The request that fetches a token, as templates; `reach` says where its URL may lead."""

    method: str
    url: object
    query: object = None
    headers: object = None
    form: object = None
    body: object = None
    reach: Reach = "any"

    @classmethod
    def from_spec(cls, options: Mapping[str, object], reach: object) -> Self:
        return cls(
            method=str(options.get("method", "POST")).upper(),
            url=options.get("url"),
            query=options.get("query"),
            headers=options.get("headers"),
            form=options.get("form"),
            body=options.get("body"),
            reach="public" if reach == "public" else "any",
        )

    def build(self, scope: Scope) -> HttpRequest:
        """Render the request. Raises HostRefused for a URL that must never be reached."""
        url = rendered_text(self.url, scope, "request.url")
        if url is None:
            raise InvalidParameter("auth.request.url: it is empty; a URL was expected.")
        check_base_url(url, typed_by_user=True)
        body, media_type = self._body(scope)
        headers = {"accept": "application/json"}
        if media_type:
            headers["content-type"] = media_type
        request = HttpRequest(
            method=self.method, url=url, headers=headers, body=body, reach=self.reach
        )
        request = QueryAuth(self.query).change(request, scope)
        return HeaderAuth(self.headers).change(request, scope)

    def _body(self, scope: Scope) -> tuple[bytes, str]:
        if self.form is not None:
            fields = rendered_texts(self.form, scope, "request.form")
            return urlencode(fields).encode(), "application/x-www-form-urlencoded"
        body = rendered(self.body, scope)
        if body is Absent or body is None:
            return b"", ""
        return json.dumps(body).encode(), "application/json"


class TokenExchangeAuth:
    """Keeps one token for each set of credentials, renews it early, and fetches it once.

    Concurrent calls share one fetch: it runs as an `Exclusive` flow that looks into the cache
    first. Tokens stay in memory and are dropped by `forget`.
    """

    __slots__ = (
        "_apply",
        "_assertion",
        "_cache_key",
        "_error",
        "_expiry",
        "_now",
        "_refresh_on",
        "_request",
        "_token",
        "_tokens",
    )

    def __init__(
        self,
        *,
        request: TokenRequest,
        token: Path,
        apply: StaticAuth,
        assertion: JwtAssertion | None = None,
        expiry: Expiry | None = None,
        error: Path | None = None,
        cache_key: Sequence[object] = (),
        refresh_on: Sequence[int | Path] = (401,),
        now: Clock = outside.now,
    ) -> None:
        self._request = request
        self._token = token
        self._apply = apply
        self._assertion = assertion
        self._expiry = expiry or Expiry()
        self._error = error
        self._cache_key = list(cache_key)
        self._refresh_on = tuple(refresh_on)
        self._now = now
        self._tokens: dict[str, Token] = {}

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        jwt = options_under(options_under(options, "assertion"), "jwt")
        keys = options.get("cache_key")
        return cls(
            request=TokenRequest.from_spec(options_under(options, "request"), options.get("reach")),
            token=_path(options.get("token")) or (lambda body: body),
            apply=_applied(options_under(options, "apply")),
            assertion=JwtAssertion.from_spec(jwt) if jwt else None,
            expiry=Expiry.from_spec(options_under(options, "expires_in")),
            error=_path(options.get("error")),
            cache_key=keys if isinstance(keys, list | tuple) else (),
            refresh_on=_refresh_rules(options.get("refresh_on")),
            now=now,
        )

    def apply(self, request: HttpRequest, scope: Scope) -> Flow[HttpRequest]:
        """Return the request with the token, which is fetched first when none is fresh.

        Raises AuthorizationError when the service refuses, and the class of the status for
        what may pass (429, 5xx).
        """
        key = self._key(scope)
        token = self._fresh(key)
        if token is None:
            token = yield Exclusive((id(self), key), lambda: self._fetch(key, scope))
        scope[_USED] = token
        scope[_SECRET] = [*_noted(scope), token]
        return self._apply.change(request, {**scope, "token": token.value})

    def should_refresh(self, reply_status: int, body: object) -> bool:
        """Whether one of the rules matches; `body` is parsed JSON, or the bytes of it."""
        if isinstance(body, bytes) and any(callable(rule) for rule in self._refresh_on):
            body = _parse(body)
        return any(
            reply_status == rule if isinstance(rule, int) else bool(_try_path(rule, body))
            for rule in self._refresh_on
        )

    def forget(self, scope: Scope) -> None:
        """Drop the token that this scope's request carried, unless it is replaced already.

        So of many calls refused at once, the first renews the token for all.
        """
        key = self._key(scope)
        used = scope.pop(_USED, None)
        if used is None or self._tokens.get(key) is used:
            self._tokens.pop(key, None)

    def given_only(self) -> Self:
        return self

    def secrets(self, scope: Scope | None = None) -> Sequence[Secret]:
        tokens = list(self._tokens.values()) if scope is None else _noted(scope)
        return [secret for token in tokens for secret in (token.value, token.bought_with) if secret]

    def _key(self, scope: Scope) -> str:
        """A digest of the cache key and of all credentials, so that users never share a token."""
        told = rendered([self._cache_key, scope.get("credentials", {})], scope)
        text = json.dumps(told, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def _fresh(self, key: str) -> Token | None:
        token = self._tokens.get(key)
        return token if token is not None and self._now() < token.refresh_at else None

    def _fetch(self, key: str, scope: Scope) -> Flow[Token]:
        token = self._fresh(key)
        if token is not None:
            return token
        issued = self._now()
        scope = dict(scope)
        if self._assertion is not None:
            scope["assertion"] = self._assertion.sign(scope, issued)
        request = self._request.build(scope)
        reply: HttpReply = yield Send(request, TIMEOUTS, MAX_REPLY_BYTES)
        try:
            token = self._read(reply, scope, issued)
        except InvokeError as error:
            error.name_request(request.shown)
            raise
        while len(self._tokens) >= MAX_TOKENS:
            self._tokens.pop(next(iter(self._tokens)), None)
        self._tokens[key] = token
        return token

    def _read(self, reply: HttpReply, scope: Scope, issued: float) -> Token:
        """Read the token. Raises a ProviderError with the service's own message otherwise."""
        body = _parse(reply.body)
        is_fine = 200 <= reply.status < 300
        value = _try_path(self._token, body) if is_fine else None
        if not isinstance(value, str) or not value:
            raise self._refused(reply.status, body, scope)
        assertion = scope.get("assertion")
        return Token(
            Secret(value),
            self._expiry.refresh_at(body, issued),
            assertion if isinstance(assertion, Secret) else None,
        )

    def _refused(self, status: int, body: object, scope: Scope) -> ProviderError:
        """Build the error of an exchange that gave no token. No secret is in it."""
        clean = Redactor(_secrets(scope))
        told = _try_path(self._error, body) or _oauth_message(body)
        text = told if isinstance(told, str) else json.dumps(told) if told else ""
        kind: ErrorKind = "auth"
        if status == 429 or status >= 500:
            kind = "rate_limit" if status == 429 else "server"
        is_fine = 200 <= status < 300
        # A reply of status 200 may hold the token where the spec does not look for it.
        return PROVIDER_ERRORS[kind](
            clean(text)[:500] or "The token exchange gave no token and no reason",
            kind=kind,
            status=status,
            body=None if is_fine else clean.clean(body),
        )


def _applied(options: Mapping[str, object]) -> StaticAuth:
    """How the token goes into a request: as a bearer token, in headers, or in the query."""
    if "headers" in options:
        return HeaderAuth(options["headers"])
    if "query" in options:
        return QueryAuth(options["query"])
    return BearerAuth(options.get("bearer", lambda scope: scope["token"]))


def _refresh_rules(rules: object) -> list[int | Path]:
    if not isinstance(rules, list | tuple):
        return [401]
    found: list[int | Path] = []
    for rule in rules:
        path = _path(rule.get("json")) if isinstance(rule, Mapping) else None
        if path is not None:
            found.append(path)
        elif isinstance(rule, int):
            found.append(rule)
    return found


def _path(value: object) -> Path | None:
    """A compiled path, given alone or as `{path: ...}`."""
    if isinstance(value, Mapping):
        value = value.get("path")
    return value if callable(value) else None


def _try_path(path: Path | None, body: object) -> object:
    """Read a path; None where the reply has not the shape that the path expects."""
    try:
        return path(body) if path is not None else None
    except (ValueError, InvokeError):
        return None


def _parse(raw: bytes) -> object:
    """The reply's JSON, or its text: some services answer with the bare token."""
    try:
        return decode_json(raw)
    except ValueError:
        return raw.decode("utf-8", "replace").strip()


def _oauth_message(body: object) -> object:
    """What RFC 6749, section 5.2, calls the reason."""
    if not isinstance(body, Mapping):
        return None
    return body.get("error_description") or body.get("error")


def _noted(scope: Scope) -> list[Token]:
    """The tokens that the requests of a scope have carried."""
    noted = scope.get(_SECRET)
    return noted if isinstance(noted, list) else []


def _secrets(scope: Scope) -> list[object]:
    """Every secret that the exchange was made with."""
    credentials = scope.get("credentials")
    values = list(credentials.values()) if isinstance(credentials, Mapping) else []
    return [value for value in (*values, scope.get("assertion")) if isinstance(value, Secret)]
