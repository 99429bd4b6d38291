"""Several ways of auth, of which the credentials choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from model_runtime.errors import MissingCredential
from model_runtime.exchange import Flow, HttpRequest
from model_runtime.secrets import Secret

from .base import Auth, Scope

Way = tuple[Callable[[Scope], object] | None, Auth]


class AnyAuth:
    """The first of several ways whose condition is true; a way without one always is."""

    __slots__ = ("_given_only", "_ways")

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = tuple(ways)
        self._given_only: AnyAuth | None = None

    def apply(self, request: HttpRequest, scope: Scope) -> Flow[HttpRequest]:
        """Apply the chosen way. Raises MissingCredential when the credentials fit none."""
        return (yield from self._chosen(scope).apply(request, scope))

    def should_refresh(self, reply_status: int, body: object) -> bool:
        return any(auth.should_refresh(reply_status, body) for _, auth in self._ways)

    def forget(self, scope: Scope) -> None:
        self._chosen(scope).forget(scope)

    def given_only(self) -> Auth:
        if self._given_only is None:
            self._given_only = AnyAuth([(when, auth.given_only()) for when, auth in self._ways])
        return self._given_only

    def secrets(self, scope: Scope | None = None) -> Sequence[Secret]:
        return [secret for _, auth in self._ways for secret in auth.secrets(scope)]

    def _chosen(self, scope: Scope) -> Auth:
        for when, auth in self._ways:
            if when is None or when(scope):
                return auth
        raise MissingCredential(
            "auth.any: the credentials fit none of the ways to sign in. "
            "Pass those that one of them needs."
        )
