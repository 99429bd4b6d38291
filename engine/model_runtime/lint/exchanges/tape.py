"""A driver that answers from a tape: no socket, and a clock that only waits move."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from model_runtime.errors import MissingCredential
from model_runtime.exchange import Ask, HttpRequest, Work
from model_runtime.runtime.connection import Call
from model_runtime.runtime.replies import SyncIncoming
from model_runtime.runtime.sync_driver import SyncDriver
from model_runtime.runtime.transport import TimeoutMap

from .bodies import body_of
from .cases import Case

# When every call of an exchange is made: 2026-01-01T00:00:00Z.
MOMENT: Final = 1_767_225_600.0


class TapeEnded(Exception):
    """One request more was sent than the exchange has replies."""


class TapeDriver(SyncDriver):
    """Plays the replies of a case in order and keeps the requests.

    With `is_cut` each byte of a reply comes alone. `passed` are the seconds that were waited.
    """

    def __init__(self, case: Case, *, is_cut: bool = False) -> None:
        super().__init__(sleep=self._pass, clock=lambda: self.passed)
        self.passed = 0.0
        self._case = case
        self._is_cut = is_cut
        self.requests: list[HttpRequest] = []

    def _answer(self, ask: Ask, call: Call) -> object:
        if isinstance(ask, Work):
            raise MissingCredential("A recorded exchange is played with its own credentials alone.")
        return super()._answer(ask, call)

    def _pass(self, seconds: float) -> None:
        self.passed += seconds

    def _send(self, request: HttpRequest, waits: TimeoutMap) -> SyncIncoming:
        self.requests.append(request)
        rounds = self._case.rounds
        if len(self.requests) > len(rounds):
            raise TapeEnded(f"one request too many: {request.method} {request.url}")
        reply = rounds[len(self.requests) - 1].get("reply") or {}
        headers = {"content-type": "application/json", **reply.get("headers", {})}
        body = body_of(reply, self._case.folder)
        return SyncIncoming(
            reply.get("status", 200),
            [(name.lower().encode(), str(value).encode()) for name, value in headers.items()],
            self._chunks(body),
            lambda: None,
            lambda: None,
            is_decoded=True,
        )

    def _chunks(self, body: bytes) -> Iterator[bytes]:
        if self._is_cut:
            yield from (body[at : at + 1] for at in range(len(body)))
        else:
            yield body
