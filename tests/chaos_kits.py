"""One service per framing: its spec, an answer in pieces, and how it is called (`tests/chaos`)."""

from __future__ import annotations

import asyncio
import json
import os
import struct
import threading
from binascii import crc32
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HEAD = """
spec_version: 1
provider: {name}
base_url: https://api.example.com
credentials: {{api_key: {{}}}}
auth: {{kind: bearer, token: "{{{{ credentials.api_key }}}}"}}
retry: {{times: 2, backoff: {{start: 10ms, max: 10ms}}, max_delay: 2s}}
errors: {{in_success: error, message: error.message, status: {{"429": rate_limit, "5xx": server}}}}
operations:
"""
CHAT = """
  llm:
    request: {{path: /chat, body: {{prompt: "{{{{ messages | length }}}}"}}}}
    response: {{text: text, finish: end}}
    stream: {{framing: {framing}{more}, delta: {{text: text, finish: end}}}}
"""
SPEECH = """
  tts:
    request: {{path: /say, body: {{text: "{{{{ text }}}}"}}}}
    response: {{audio: {{body: bytes}}}}
    stream: {{framing: bytes}}
"""
WORDS = ("Hel", "lo, caf\u00e9", " w\u00f6rld", "!")


@dataclass(frozen=True, slots=True)
class Kit:
    """A service. `pieces` are the chunks of a whole answer, `text` is what they say.

    `ping` is what such a service sends as a sign of life; `endless` begins what never ends.
    """

    name: str
    spec: str
    content_type: str
    pieces: tuple[bytes, ...]
    ping: bytes = b""
    endless: bytes = b""
    text: Any = "".join(WORDS)

    @property
    def body(self) -> bytes:
        return b"".join(self.pieces)


def message(payload: bytes) -> bytes:
    """One message of the binary event stream."""
    names = {":message-type": "event", ":event-type": "chunk", ":content-type": "application/json"}
    packed = b"".join(
        struct.pack("B", len(name))
        + name.encode()
        + struct.pack(">BH", 7, len(value))
        + value.encode()
        for name, value in names.items()
    )
    prelude = struct.pack(">II", 16 + len(packed) + len(payload), len(packed))
    prelude += struct.pack(">I", crc32(prelude))
    return prelude + packed + payload + struct.pack(">I", crc32(prelude + packed + payload))


def _json(**fields: object) -> bytes:
    return json.dumps(fields, ensure_ascii=False).encode()


def _chat(framing: str, more: str = "") -> str:
    return HEAD.format(name=f"chaos_{framing}") + CHAT.format(framing=framing, more=more)


FRAMES = (*(_json(text=word) for word in WORDS), _json(text="", end="stop"))

KITS = {
    kit.name: kit
    for kit in (
        Kit(
            "sse",
            _chat("sse", ', done: "[DONE]"'),
            "text/event-stream",
            (*(b"data: %b\n\n" % frame for frame in FRAMES), b"data: [DONE]\n\n"),
            ping=b": ping\n\n",
            endless=b"data: ",
        ),
        Kit(
            "ndjson",
            _chat("ndjson"),
            "application/x-ndjson",
            tuple(frame + b"\n" for frame in FRAMES),
            ping=b"\n",
            endless=b'{"text": "',
        ),
        Kit(
            "json_array",
            _chat("json_array"),
            "application/json",
            (b"[" + FRAMES[0], *(b"," + frame for frame in FRAMES[1:]), b"]"),
            ping=b" ",
            endless=b'[{"text": "',
        ),
        Kit(
            "aws_eventstream",
            _chat("aws_eventstream"),
            "application/vnd.amazon.eventstream",
            tuple(message(frame) for frame in FRAMES),
            ping=message(b"{}"),
        ),
        Kit(
            "bytes",
            HEAD.format(name="chaos_bytes") + SPEECH.format(),
            "audio/mpeg",
            tuple(b"\xff\xfb" + bytes([65 + i]) * 30 for i in range(5)),
            endless=b"\xff\xfb",
            text=b"".join(b"\xff\xfb" + bytes([65 + i]) * 30 for i in range(5)),
        ),
        Kit(
            "plain",
            HEAD.format(name="chaos_plain") + CHAT.format(framing="sse", more=""),
            "application/json",
            (_json(text="".join(WORDS), end="stop"),),
            ping=b" ",
            endless=b'{"text": "',
        ),
    )
}


@dataclass
class Outcome:
    """What a caller had when it was over: what was given out, and a result or an error."""

    given: list[Any] = field(default_factory=list)
    result: Any = None
    error: Exception | None = None

    @property
    def heard(self) -> Any:
        """What was given out, in one."""
        if self.given and isinstance(self.given[0], bytes):
            return b"".join(self.given)
        return "".join(event.text for event in self.given if event.type == "text_delta")

    @property
    def partial(self) -> Any:
        """What the error keeps of the answer, None when it keeps none."""
        kept = getattr(self.error, "partial", None)
        return None if kept is None else getattr(kept, "audio", None) or getattr(kept, "text", "")


def run(door: Any, kit: Kit, timeouts: dict[str, float | None]) -> Outcome:
    """Call the service of a kit once, sync or async, and keep whatever comes of it."""
    model = f"chaos_{kit.name}/m"
    if kit.name == "plain":
        return _whole(door, lambda runtime: runtime.llm(model).invoke("Hi", timeout=timeouts))
    kind = "tts" if kit.name == "bytes" else "llm"
    return _streamed(door, lambda runtime: getattr(runtime, kind)(model), timeouts)


def _whole(door: Any, call: Callable[[Any], Any]) -> Outcome:
    seen = Outcome()
    try:
        seen.result = door.call(call).text
    except Exception as error:
        seen.error = error
    return seen


def _streamed(
    door: Any, handle: Callable[[Any], Any], timeouts: dict[str, float | None]
) -> Outcome:
    seen = Outcome()

    async def read_async(runtime: Any) -> None:
        async with handle(runtime).stream("Hi", timeout=timeouts) as stream:
            async for event in stream:
                seen.given.append(event)
            seen.result = stream.result()

    def read(runtime: Any) -> None:
        with handle(runtime).stream("Hi", timeout=timeouts) as stream:
            for event in stream:
                seen.given.append(event)
            seen.result = stream.result()

    try:
        door.call(read_async if type(door).__name__ == "AsyncDoor" else read)
    except Exception as error:
        seen.error = error
    if seen.result is not None:
        seen.result = getattr(seen.result, "audio", None) or seen.result.text
    return seen


def descriptors() -> int:
    """How many file descriptors this process holds."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        folder = Path("/dev/fd")
    return len(os.listdir(folder))


class Watch:
    """Counts connections, descriptors, threads and tasks before and after a call, uncollected."""

    def __init__(self, loopback: Any, door: Any) -> None:
        self._server = loopback
        self._runner = getattr(door, "_runner", None)
        if self._runner is not None:
            # An event loop has descriptors of its own.
            self._runner.get_loop()
        self._threads = threading.active_count()
        self._descriptors = descriptors()

    def is_clean(self, *, kept: int = 0) -> bool:
        """Whether all is as it was, but for `kept` idle connections, which have two ends here."""
        if self._runner is not None:
            # The loop closes sockets in its next round.
            self._runner.run(asyncio.sleep(0))
            if asyncio.all_tasks(self._runner.get_loop()):
                return False
        most = self._descriptors + 2 * kept
        return self._server.wait_for(
            lambda: (
                self._server.alive == kept
                and descriptors() <= most
                and threading.active_count() <= self._threads
            )
        )
