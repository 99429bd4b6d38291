"""Kind `bearer`: a token in the Authorization header (RFC 6750)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from model_runtime import outside
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place

from .base import Clock, Scope, StaticAuth, rendered_text, with_headers


class BearerAuth(StaticAuth):
    """Sets `Authorization: Bearer <token>`, or nothing when the token is absent or blank.

    `scheme` replaces the word; an empty one sends the token alone.
    """

    __slots__ = ("_scheme", "_token")

    def __init__(self, token: object, scheme: object = "Bearer") -> None:
        self._token = token
        self._scheme = scheme

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options.get("token"), options.get("scheme", "Bearer"))

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        token = rendered_text(self._token, scope, "token")
        if token is None:
            return request
        scheme = rendered_text(self._scheme, scope, "scheme") or ""
        return with_headers(request, {"authorization": f"{scheme} {token}".lstrip()})
