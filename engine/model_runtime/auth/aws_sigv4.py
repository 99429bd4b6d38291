"""Kind `aws_sigv4`: a signature over the final bytes and URL, made by botocore."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final, Self
from urllib.parse import quote, unquote_to_bytes, urlsplit, urlunsplit

from model_runtime import outside
from model_runtime.errors import MissingCredential, MissingExtra
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place

from .base import Clock, Scope, StaticAuth, rendered_text, with_headers

_NEEDED: Final = ("service", "region", "access_key", "secret_key")
_UNRESERVED: Final = "-._~"


class AwsSigV4Auth(StaticAuth):
    """Signs each request anew, with the time of the attempt.

    Only `host`, `content-type` and the `x-amz-*` headers are signed, so that what is added or
    changed on the way does no harm.
    """

    __slots__ = ("_now", "_options")

    def __init__(self, options: Mapping[str, object], *, now: Clock = outside.now) -> None:
        self._options = {name: options.get(name) for name in (*_NEEDED, "session_token")}
        self._now = now

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options, now=now)

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        """Return the request signed, its path spelled as the service reads it.

        Raises MissingCredential, naming the option that is empty.
        """
        texts = {name: rendered_text(leaf, scope, name) for name, leaf in self._options.items()}
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
