"""What the wire costs by hand: an HTTP client, a JSON reader, and nothing above them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any, Final

from .work import EMBEDDING_MODEL, KEY, MESSAGES, MODEL, PARAMETERS, TEXTS, Client

HEADERS: Final = {"authorization": f"Bearer {KEY}"}
BODY: Final = {"model": MODEL, "messages": MESSAGES, **PARAMETERS}
STREAMED: Final = {**BODY, "stream": True, "stream_options": {"include_usage": True}}
EMBEDDED: Final = {"model": EMBEDDING_MODEL, "input": TEXTS, "encoding_format": "float"}


def _text(reply: Any) -> str:
    found: str = reply["choices"][0]["message"]["content"]
    return found


def _piece(event: Any) -> str:
    return event["choices"][0]["delta"].get("content") or "" if event["choices"] else ""


class Httpx(Client):
    """httpx as most write it: `post(json=)`, `iter_lines`, `json.loads`."""

    loads: Callable[[Any], Any] = staticmethod(json.loads)

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import httpx

        self._httpx = httpx
        self._limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._client = httpx.Client(timeout=60, limits=self._limits, headers=HEADERS)

    def chat(self) -> str:
        reply = self._client.post(f"{self.base('s200')}/chat/completions", json=BODY)
        reply.raise_for_status()
        return _text(self.loads(reply.content))

    def stream(self, mode: str) -> Iterator[str]:
        url = f"{self.base(mode)}/chat/completions"
        with self._client.stream("POST", url, json=STREAMED) as reply:
            for line in reply.iter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    piece = _piece(self.loads(line[6:]))
                    if piece:
                        yield piece

    def embed(self) -> Sequence[Sequence[float]]:
        reply = self._client.post(f"{self.base('s200')}/embeddings", json=EMBEDDED)
        return [item["embedding"] for item in self.loads(reply.content)["data"]]

    async def start(self) -> None:
        self._async = self._httpx.AsyncClient(timeout=60, limits=self._limits, headers=HEADERS)

    async def achat(self) -> str:
        reply = await self._async.post(f"{self.base('s200')}/chat/completions", json=BODY)
        reply.raise_for_status()
        return _text(self.loads(reply.content))

    async def astream(self, mode: str) -> AsyncIterator[str]:
        url = f"{self.base(mode)}/chat/completions"
        async with self._async.stream("POST", url, json=STREAMED) as reply:
            async for line in reply.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    piece = _piece(self.loads(line[6:]))
                    if piece:
                        yield piece


class HttpxOrjson(Httpx):
    """The same with orjson."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import orjson

        self.loads = orjson.loads


class HttpxAiohttp(HttpxOrjson):
    """httpx over the transport of aiohttp, with orjson; async only."""

    async def start(self) -> None:
        import httpx_aiohttp

        self._async = httpx_aiohttp.HttpxAiohttpClient(
            timeout=60, limits=self._limits, headers=HEADERS
        )


class Aiohttp(Client):
    """aiohttp with orjson; async only."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import aiohttp
        import orjson

        self._aiohttp, self._loads = aiohttp, orjson.loads

    async def start(self) -> None:
        connector = self._aiohttp.TCPConnector(limit=0)
        self._session = self._aiohttp.ClientSession(connector=connector, headers=HEADERS)

    async def achat(self) -> str:
        url = f"{self.base('s200')}/chat/completions"
        async with self._session.post(url, json=BODY) as reply:
            return _text(self._loads(await reply.read()))

    async def astream(self, mode: str) -> AsyncIterator[str]:
        url = f"{self.base(mode)}/chat/completions"
        held = b""
        async with self._session.post(url, json=STREAMED) as reply:
            async for data in reply.content.iter_any():
                *events, held = (held + data).split(b"\n\n")
                for event in events:
                    if event.startswith(b"data: ") and event != b"data: [DONE]":
                        piece = _piece(self._loads(event[6:]))
                        if piece:
                            yield piece
