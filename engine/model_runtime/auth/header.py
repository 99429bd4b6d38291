"""Kind `header`: credentials in headers of the service's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from model_runtime import outside
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place

from .base import Clock, Scope, StaticAuth, rendered_texts, with_headers


class HeaderAuth(StaticAuth):
    """Sets headers by name; one whose value is absent or blank is not sent."""

    __slots__ = ("_headers",)

    def __init__(self, headers: object) -> None:
        self._headers = headers

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options.get("headers"))

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        return with_headers(request, rendered_texts(self._headers, scope, "headers"))
