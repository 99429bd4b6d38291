"""What both drivers keep of a call and of an open reply: deadlines, phases, the body's chunks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic

from model_runtime.errors import InvokeError, LimitExceeded, TimedOut
from model_runtime.exchange import HttpReply, HttpRequest, OpenReply, Timeouts

from .decoding import Inflater, inflater_for
from .replies import C, Incoming, R, SyncIncoming, plain_socket
from .transport import TimeoutMap, end_of, read_headers, timed_out, translate

STREAM_MAX_BYTES: Final = 512 * 1024 * 1024
TAIL_SECONDS: Final = 0.05
TAIL_CHUNKS: Final = 8
_GUARD_SLACK: Final = 0.1


@dataclass(slots=True)
class Call:
    """One run of a flow: when it must be over, and the replies that it opened."""

    clock: Callable[[], float]
    started: float
    opened: list[OpenReply]
    timeouts: Timeouts | None = None
    deadline: float | None = None

    def begin(self, request: HttpRequest, timeouts: Timeouts) -> TimeoutMap:
        """Note the limits of the next exchange and return the ones that httpx counts."""
        self.timeouts = timeouts
        self.deadline = None if timeouts.total is None else self.started + timeouts.total
        left = self.left()
        if left is not None and left <= 0:
            raise timed_out(request, timeouts, "total")
        connect, first = _least(timeouts.connect, left), _least(timeouts.first_byte, left)
        waits = {"connect": connect, "pool": connect, "write": first, "read": first}
        return waits | {"ends": end_of(left)}

    def left(self) -> float | None:
        """The seconds until the deadline; None without one."""
        return None if self.deadline is None else self.deadline - self.clock()

    def is_late(self) -> bool:
        """Whether the deadline has passed."""
        return self.deadline is not None and self.clock() >= self.deadline

    def overtime(self, request: HttpRequest | None = None) -> TimedOut:
        """Make the error of a deadline that passed."""
        return timed_out(request, self.timeouts or Timeouts(), "total")

    def check_wait(self, seconds: float) -> None:
        """Refuse a wait that would end after the deadline, before it begins."""
        left = self.left()
        if left is not None and seconds > left:
            raise self.overtime()

    def fault(self, error: Exception, request: HttpRequest, phase: str) -> InvokeError:
        """Turn an exception of httpx into ours, knowing the deadline."""
        assert self.timeouts is not None
        ours = translate(error, request, self.timeouts, phase)
        return self.overtime(request) if isinstance(ours, TimedOut) and self.is_late() else ours


class Connection(Generic[C, R]):
    """An open reply's body: where the next chunk comes from and until when it may come."""

    __slots__ = ("call", "chunks", "deadline", "guard", "incoming", "is_closed", "request", "wait")

    def __init__(
        self,
        call: Call,
        request: HttpRequest,
        incoming: Incoming[C, R],
        chunks: C,
        wait: float | None,
    ) -> None:
        self.call = call
        self.request = request
        self.incoming: Incoming[C, R] = incoming
        self.chunks: C = chunks
        self.deadline = call.deadline
        self.wait = wait
        self.guard: Guard | None = None
        self.is_closed = False

    def is_late(self) -> bool:
        """Whether the call's deadline has passed."""
        return self.deadline is not None and self.call.clock() >= self.deadline

    def may_overrun(self) -> float | None:
        """The seconds left, when the wait for one chunk could go past the deadline.

        httpx fixes that wait when the body begins, at no more than what was left then, so this
        matters only to bodies that take some time.
        """
        if self.deadline is None:
            return None
        left = self.deadline - self.call.clock()
        if left <= 0:
            raise self.call.overtime(self.request)
        return left if self.wait is None or left < self.wait - _GUARD_SLACK else None

    def fault(self, error: Exception) -> InvokeError:
        """Turn an exception of httpx into ours."""
        if self.is_late():
            return self.call.overtime(self.request)
        return self.call.fault(error, self.request, "between_chunks")


class Guard:
    """Shuts a connection's socket down after some seconds, which ends a blocked read.

    Closing would not: a thread that waits in `recv` is woken only by a shutdown.
    """

    def __init__(self, incoming: SyncIncoming, seconds: float) -> None:
        self._socket = plain_socket(incoming)
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.start()

    def cancel(self) -> None:
        """Let the connection be."""
        self._timer.cancel()

    def _shut(self) -> None:
        if self._socket is None:
            return
        try:
            # The plain socket's method: a TLS socket's own would drop its state under the reader.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        except OSError:
            return


def begin_body(
    call: Call, timeout: TimeoutMap, incoming: Incoming[C, R]
) -> tuple[dict[str, str], Inflater | None]:
    """Read a head, and set what httpx waits for each chunk of the body that follows."""
    assert call.timeouts is not None
    headers = read_headers(incoming.headers)
    timeout["read"] = _least(call.timeouts.between_chunks, call.left())
    if incoming.is_decoded:
        return headers, None
    return headers, inflater_for(headers.get("content-encoding"))


def announced(reply: OpenReply, max_bytes: int) -> None:
    """Refuse a body whose head already says that it is too long."""
    length = reply.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > max_bytes:
        raise too_long(max_bytes)


def too_long(max_bytes: int) -> LimitExceeded:
    """Make the error of a body over its limit."""
    return LimitExceeded(f"the reply is longer than {max_bytes} bytes, counted after decompression")


def whole(reply: OpenReply, pieces: list[bytes]) -> HttpReply:
    """Join what was read of a reply."""
    return HttpReply(reply.status, reply.headers, b"".join(pieces))


def _least(one: float | None, other: float | None) -> float | None:
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
