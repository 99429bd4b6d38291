"""Kind `none`: requests go out as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from model_runtime import outside
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place

from .base import Clock, Scope, StaticAuth


class NoAuth(StaticAuth):
    """Adds nothing."""

    __slots__ = ()

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls()

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        return request
