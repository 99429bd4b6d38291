"""A driver that keeps what goes over the wire, to make a test of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from model_runtime.exchange import HttpRequest, OpenReply, Timeouts

from .connection import Call
from .sync_driver import SyncDriver


@dataclass(slots=True)
class Round:
    """One request as it was sent, and its reply. `body` grows as the reply is read."""

    request: HttpRequest
    reply: OpenReply
    body: bytearray = field(default_factory=bytearray)


class RecordingDriver(SyncDriver):
    """Runs flows and keeps each request with its reply, in order: secrets included."""

    def __init__(self) -> None:
        super().__init__()
        self.rounds: list[Round] = []

    def _open(self, request: HttpRequest, timeouts: Timeouts, call: Call) -> OpenReply:
        reply = super()._open(request, timeouts, call)
        self.rounds.append(Round(request, reply))
        return reply

    def read_chunk(self, reply: OpenReply) -> bytes | None:
        """Return the next bytes of an open reply, and keep them."""
        chunk = super().read_chunk(reply)
        if chunk:
            next(kept for kept in self.rounds if kept.reply is reply).body += chunk
        return chunk
