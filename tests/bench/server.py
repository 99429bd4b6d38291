"""A loopback server that answers at once with what a chat or embedding service would send.

It runs in a process of its own, so that the CPU time of a client is the client's alone. The
first line that it prints is its port; it ends when its standard input does.

The first part of the path chooses how a stream comes:

s200        200 events of text, each an HTTP chunk, all written at once; any number will do
a200        200 fragments of one tool call's arguments, written at once
drip        20 events, one every two milliseconds
hold        5 events, then nothing until `GET /release`
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import resource
import sys
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

DRIPS: Final = 20
DRIP_SECONDS: Final = 0.002
HELD: Final = 5
INPUTS: Final = 64
DIMENSIONS: Final = 1536
ANSWER: Final = "Here is a short answer of the usual length, the same one for each call of a bench."
FRAGMENT: Final = '{"a":"0123456789ab", '

_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_STREAMED: Final = re.compile(rb'"stream": *true')
_MODE: Final = re.compile(rb"(?:http://[^/ ]+)?/([a-z]+)(\d*)/")
_STREAM_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    b"x-request-id: req_0123456789abcdef\r\ntransfer-encoding: chunked\r\n\r\n"
)
_USAGE: Final = {
    "prompt_tokens": 57,
    "completion_tokens": 21,
    "total_tokens": 78,
    "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
}


def _whole(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        b"x-request-id: req_0123456789abcdef\r\ncontent-length: %d\r\n\r\n"
    )
    return head % len(body) + body


@cache
def chat_reply() -> bytes:
    """A plain reply, its body about 800 bytes."""
    message = {"role": "assistant", "content": ANSWER, "refusal": None, "annotations": []}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _whole({**_frame("chat.completion", [choice]), "usage": _USAGE})


@cache
def embedding_reply() -> bytes:
    """A reply of `INPUTS` vectors of `DIMENSIONS` numbers, written as numbers."""
    chance = random.Random(7)
    vectors = [
        [round(chance.uniform(-0.09, 0.09), 9) for _ in range(DIMENSIONS)] for _ in range(INPUTS)
    ]
    data = [
        {"object": "embedding", "index": index, "embedding": vector}
        for index, vector in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 640, "total_tokens": 640}
    return _whole({"object": "list", "data": data, "model": "bench", "usage": usage})


def _frame(kind: str, choices: list[Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-AbCdEfGhIjKlMnOpQrStUvWxYz012",
        "object": kind,
        "created": 1750000000,
        "model": "gpt-4o-mini-2024-07-18",
        "choices": choices,
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
    }


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return _chunk(json.dumps({**_frame("chat.completion.chunk", [choice]), "usage": None}))


def _chunk(data: str) -> bytes:
    event = b"data: %b\n\n" % data.encode()
    return b"%x\r\n%b\r\n" % (len(event), event)


def _texts(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield _event({"content": f" word{number % 100:02}"})


def _fragments(count: int) -> Iterator[bytes]:
    function = {"name": "note", "arguments": ""}
    call = {"index": 0, "id": "call_1", "type": "function", "function": function}
    yield _event({"role": "assistant", "content": None, "tool_calls": [call]})
    # The pieces join to a deep value, which is no matter: arguments are text until the end.
    for _ in range(count - 1):
        piece = {"index": 0, "function": {"arguments": FRAGMENT}}
        yield _event({"tool_calls": [piece]})


@cache
def _tail(finish: str) -> bytes:
    usage = json.dumps({**_frame("chat.completion.chunk", []), "usage": _USAGE})
    return _event({}, finish) + _chunk(usage) + _chunk("[DONE]") + b"0\r\n\r\n"


@cache
def stream_reply(kind: str, count: int) -> bytes:
    """A whole stream: its head, `count` events, the finish, the usage and the end mark."""
    events = _texts(count) if kind == "s" else _fragments(count)
    return _STREAM_HEAD + b"".join(events) + _tail("stop" if kind == "s" else "tool_calls")


class Answering(asyncio.Protocol):
    """Answers each whole request on a connection; only its length and its kind are read."""

    def __init__(self, held: set[Answering]) -> None:
        self._held = held
        self._received = bytearray()
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self._held.discard(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = bytes(self._received[:end])
        length = _LENGTH.search(head)
        if len(self._received) < end + 4 + (int(length[1]) if length else 0):
            return
        body = bytes(self._received[end + 4 :])
        self._received.clear()
        self._answer(head.split(b" ", 2)[1], body)

    def _answer(self, target: bytes, body: bytes) -> None:
        found = _MODE.match(target)
        mode, count = (found[1].decode(), found[2]) if found else ("", b"")
        if target.endswith(b"/release"):
            self._transport.write(_whole({"released": self._release()}))
        elif target.endswith(b"/embeddings"):
            self._transport.write(embedding_reply())
        elif not _STREAMED.search(body):
            self._transport.write(chat_reply())
        elif mode == "hold":
            self._transport.write(_STREAM_HEAD + b"".join(_texts(HELD)))
            self._held.add(self)
        elif mode == "drip":
            self._task = asyncio.get_running_loop().create_task(self._drip())
        else:
            self._transport.write(stream_reply(mode, int(count)))

    def _release(self) -> int:
        count = len(self._held)
        for held in self._held:
            held._transport.write(_tail("stop"))
        self._held.clear()
        return count

    async def _drip(self) -> None:
        self._transport.write(_STREAM_HEAD)
        for event in _texts(DRIPS):
            self._transport.write(event)
            await asyncio.sleep(DRIP_SECONDS)
        self._transport.write(_tail("stop"))


async def serve() -> None:
    """Serve until standard input ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    loop = asyncio.get_running_loop()
    held: set[Answering] = set()
    server = await loop.create_server(lambda: Answering(held), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
