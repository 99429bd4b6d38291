"""Kind `basic`: user name and password in the Authorization header (RFC 7617)."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Self

from model_runtime import outside
from model_runtime.errors import InvalidParameter
from model_runtime.exchange import HttpRequest
from model_runtime.location import Place

from .base import Clock, Scope, StaticAuth, rendered_text, with_headers


class BasicAuth(StaticAuth):
    """Sets `Authorization: Basic ...`, or nothing when both user name and password are absent.

    Services that take a key as one of the two leave the other empty.
    """

    __slots__ = ("_password", "_username")

    def __init__(self, username: object, password: object) -> None:
        self._username = username
        self._password = password

    @classmethod
    def from_spec(
        cls, options: Mapping[str, object], place: Place | None, *, now: Clock = outside.now
    ) -> Self:
        return cls(options.get("username"), options.get("password"))

    def change(self, request: HttpRequest, scope: Scope) -> HttpRequest:
        username = rendered_text(self._username, scope, "username")
        password = rendered_text(self._password, scope, "password")
        if username is None and password is None:
            return request
        if username is not None and ":" in username:
            raise InvalidParameter(
                "auth.username: it holds a colon, which basic auth cannot carry."
            )
        pair = f"{username or ''}:{password or ''}".encode()
        return with_headers(request, {"authorization": f"Basic {base64.b64encode(pair).decode()}"})
