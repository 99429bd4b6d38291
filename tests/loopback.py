"""A real HTTP/1.1 server on this machine that answers with scripted bytes, pauses and drops."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum


class Act(Enum):
    """What a script does besides sending bytes and pausing for some seconds."""

    HOLD = "keep quiet until the client hangs up"
    CLOSE = "close the connection in order"
    DROP = "reset the connection"
    HALF = "end our side of the connection, and keep quiet until the client hangs up"


Step = bytes | float | Act
Script = Sequence[Step]


@dataclass(frozen=True, slots=True)
class Received:
    """A request as the server saw it. Header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def head(status: int = 200, *, framing: str = "", **headers: str) -> bytes:
    """Write a head; `content_type="..."` becomes `content-type: ...`."""
    lines = [f"HTTP/1.1 {status} Status", framing]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*filter(None, lines), "", ""]).encode("latin-1")


def reply(body: bytes = b"", status: int = 200, **headers: str) -> bytes:
    """Write a whole reply with a content-length."""
    return head(status, framing=f"content-length: {len(body)}", **headers) + body


def chunk(data: bytes) -> bytes:
    """Write one HTTP chunk; an empty one ends the body."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def chunked(*pieces: bytes, end: bool = True, status: int = 200, **headers: str) -> list[Step]:
    """Write a chunked reply, one step per piece."""
    begun = head(status, framing="transfer-encoding: chunked", **headers)
    return [begun, *map(chunk, pieces), *([chunk(b"")] if end else [])]


class Loopback:
    """The server. `answer` scripts the next reply, `always` every reply without its own script."""

    HOLD, CLOSE, DROP, HALF = Act.HOLD, Act.CLOSE, Act.DROP, Act.HALF
    head = staticmethod(head)
    reply = staticmethod(reply)
    chunk = staticmethod(chunk)
    chunked = staticmethod(chunked)

    def __init__(self) -> None:
        self.requests: list[Received] = []
        self.connections = 0
        self.alive = 0
        self.hangups = 0
        self._scripts: deque[Script] = deque()
        self._default: Script = [reply(b"{}")]
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port, for secure connections where TLS is given."""
        self._thread.start()
        server = asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512, ssl=tls)
        self._server = self._call(server)
        self.port: int = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def stop(self) -> None:
        """Close everything and end the thread."""
        self._call(self._shut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def answer(self, *steps: Step) -> None:
        """Script the reply to the next request that has no script yet."""
        self._scripts.append(steps)

    def always(self, *steps: Step) -> None:
        """Script every reply that has no script of its own."""
        self._default = steps

    def wait_for(self, is_so: Callable[[], bool], seconds: float = 5.0) -> bool:
        """Wait until something is so, and say whether it came."""
        end = time.monotonic() + seconds
        while not is_so() and time.monotonic() < end:
            time.sleep(0.005)
        return is_so()

    def _call(self, coroutine):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    async def _shut(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        self.alive += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            self.alive -= 1
            self._tasks.discard(task)
            if writer.get_extra_info("sslcontext"):
                # In order, TLS would wait for the client to say goodbye as well.
                writer.transport.abort()
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        pairs = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        self.requests.append(Received(method, target, headers, body))
        script = self._scripts.popleft() if self._scripts else self._default
        for step in script:
            if not await self._perform(step, reader, writer):
                return False
        return True

    async def _perform(
        self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        elif isinstance(step, Act):
            if step is Act.DROP:
                # Without a time to linger the system says "reset" instead of "end".
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                writer.transport.abort()
            elif step in (Act.HOLD, Act.HALF):
                if step is Act.HALF:
                    writer.write_eof()
                with suppress(ConnectionError):
                    await reader.read(1)
                self.hangups += 1
            return False
        else:
            await asyncio.sleep(step)
        return True
