"""A loopback server that answers at once with a canned chat reply or a canned stream.

It runs in a process of its own, so that the CPU time of a client is the client's alone. The
first line that it prints is its port; it ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from typing import Final

EVENTS: Final = 2000
_LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_STREAMED: Final = re.compile(rb'"stream": *true')


def chat_reply() -> bytes:
    """A plain reply with a body of 730 bytes."""
    reply = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion",
        "created": 1750000000,
        "model": "bench-1",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": ""},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 21,
            "completion_tokens": 64,
            "total_tokens": 85,
            "prompt_tokens_details": {"cached_tokens": 0},
        },
        "system_fingerprint": "fp_0123456789",
    }
    choice = reply["choices"][0]  # type: ignore[index]
    choice["message"]["content"] = ("word " * 200)[: 730 - len(json.dumps(reply))]
    body = json.dumps(reply).encode()
    head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
    return head % len(body) + body


def stream_reply() -> bytes:
    """A stream of `EVENTS` events of some 310 bytes, each an HTTP chunk, and the end mark."""
    events = [_event({"content": f" word{number:04}"}, None) for number in range(EVENTS - 1)]
    events += [_event({}, "stop"), b"data: [DONE]\n\n"]
    head = (
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    return head + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in (*events, b""))


def _event(delta: dict[str, str], finish: str | None) -> bytes:
    value = {
        "id": "chatcmpl-0123456789abcdef",
        "object": "chat.completion.chunk",
        "created": 1750000000,
        "model": "bench-1",
        "service_tier": "default",
        "system_fingerprint": "fp_0123456789",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
        "usage": None,
    }
    return b"data: " + json.dumps(value).encode() + b"\n\n"


class Answering(asyncio.Protocol):
    """Answers each whole request on a connection; only its length and its kind are read."""

    def __init__(self, plain: bytes, streamed: bytes) -> None:
        self._plain, self._streamed = plain, streamed
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, blank, body = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if not blank or (length and len(body) < int(length[1])):
            return
        self._received = b""
        self._transport.write(self._streamed if _STREAMED.search(body) else self._plain)


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    plain, streamed = chat_reply(), stream_reply()
    server = await loop.create_server(lambda: Answering(plain, streamed), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve())
