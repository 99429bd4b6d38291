"""Kind `aws_sigv4`: a signature over the final bytes and URL, made by botocore."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

from model_runtime import outside
from model_runtime.errors import MissingCredential, MissingExtra
from model_runtime.exchange import Flow, HttpRequest, Work
from model_runtime.location import Place
from model_runtime.secrets import Secret

from .aws_chain import AwsChain, AwsKeys
from .base import Clock, Scope, StaticAuth, rendered_text, with_headers

_NEEDED: Final = ("service", "region", "access_key", "secret_key")
_UNRESERVED: Final = "-._~"
_FOUND: Final = "_aws_keys"


class AwsSigV4Auth(StaticAuth):
    """Signs each request anew, with the time of the attempt.

    Only `host`, `content-type` and the `x-amz-*` headers are signed, so that what is added or
    changed on the way does no harm. With `chain` keys that are both empty are looked for where
    the service's own tools do.
    """

    __slots__ = ("_chain", "_now", "_options", "_profile")

    def __init__(self, options: Mapping[str, object], *, now: Clock = outside.now) -> None:
        self._options = {name: options.get(name) for name in (*_NEEDED, "session_token")}
        self._profile = options.get("profile")
        self._chain = AwsChain() if options.get("chain") is True else None
        self._now = now

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options, now=now)

    def apply(self, request: HttpRequest, scope: Scope) -> Flow[HttpRequest]:
        """Return the request signed, with the keys of the chain where none are given."""
        texts = self._texts(scope)
        if self._chain is not None and not (texts["access_key"] or texts["secret_key"]):
            profile = rendered_text(self._profile, scope, "profile")
            keys: AwsKeys = yield Work(partial(self._chain.find, profile))
            scope[_FOUND] = keys
            texts |= keys.texts()
        return self._signed(request, texts)

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        """Return the request signed with the keys that are given."""
        return self._signed(request, self._texts(scope))

    def given_only(self) -> AwsSigV4Auth:
        if self._chain is None:
            return self
        return AwsSigV4Auth(self._options, now=self._now)

    def secrets(self, scope: Scope | None = None) -> Sequence[Secret]:
        keys = (scope or {}).get(_FOUND)
        return keys.secrets() if isinstance(keys, AwsKeys) else ()

    def _texts(self, scope: Scope) -> dict[str, str | None]:
        return {name: rendered_text(leaf, scope, name) for name, leaf in self._options.items()}

    def _signed(self, request: HttpRequest, texts: Mapping[str, str | None]) -> HttpRequest:
        """Sign, with the path spelled as the service reads it.

        Raises MissingCredential, naming the option that is empty.
        """
        for name in _NEEDED:
            if texts[name] is None:
                raise MissingCredential(
                    f"auth.{name}: signing needs it and it is empty. "
                    "Pass the credential that it is made from."
                )
        request = replace(request, url=strict_path(request.url))
        known = {name: text for name, text in texts.items() if text is not None}
        return with_headers(request, _signature(request, known, self._now()))


def strict_path(url: str) -> str:
    """Encode all but unreserved characters of the path, as the service's own clients do.

    The signature covers the path as it is sent, encoded once more; a `:` sent bare is read by
    some gateways as `%3A`, and then the signatures differ.
    """
    parts = urlsplit(url)
    segments = (quote(unquote_to_bytes(s), safe=_UNRESERVED) for s in parts.path.split("/"))
    return urlunsplit(parts._replace(path="/".join(segments)))


def _signature(request: HttpRequest, texts: Mapping[str, str], now: float) -> dict[str, str]:
    """Return the headers that carry the signature."""
    try:
        from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import ReadOnlyCredentials
    except ImportError:
        raise MissingExtra("aws", "The auth kind 'aws_sigv4'") from None
    token = texts.get("session_token")
    keys = ReadOnlyCredentials(texts["access_key"], texts["secret_key"], token)
    signer = SigV4Auth(keys, texts["service"], texts["region"])
    moment = datetime.fromtimestamp(now, UTC).strftime(SIGV4_TIMESTAMP)
    added = {"x-amz-date": moment} | ({"x-amz-security-token": token} if token else {})
    signed = _signed_headers(request) | added
    draft = AWSRequest(request.method, request.url, signed, request.body)
    # The signer's own entry point reads the clock; its steps take the time from here.
    draft.context["timestamp"] = moment
    text = signer.string_to_sign(draft, signer.canonical_request(draft))
    names = ";".join(sorted({*signed, "host"}))
    credential, signature = signer.scope(draft), signer.signature(text, draft)
    head = f"AWS4-HMAC-SHA256 Credential={credential}"
    return added | {"authorization": f"{head}, SignedHeaders={names}, Signature={signature}"}


def _signed_headers(request: HttpRequest) -> dict[str, str]:
    """The request's own headers that belong under the signature."""
    stale = ("x-amz-date", "x-amz-security-token")
    return {
        name: value
        for name, value in request.headers.items()
        if name == "content-type" or (name.startswith("x-amz-") and name not in stale)
    }
