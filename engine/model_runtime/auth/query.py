"""Kind `query`: credentials in the URL's query."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Self

from model_runtime import outside
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place
from model_runtime.network import add_query

from .base import Clock, Scope, StaticAuth, rendered_texts


class QueryAuth(StaticAuth):
    """Appends query values by name, encoded; one that is absent or blank is not sent."""

    __slots__ = ("_query",)

    def __init__(self, query: object) -> None:
        self._query = query

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options.get("query"))

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        pairs = rendered_texts(self._query, scope, "query")
        return replace(request, url=add_query(request.url, pairs.items()))
