"""The openai package, one client per address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from .work import EMBEDDING_MODEL, KEY, MESSAGES, MODEL, PARAMETERS, TEXTS, Client

STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


class OpenAI(Client):
    """`chat.completions.create` and `embeddings.create`."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import openai

        self._openai = openai
        self._clients: dict[str, Any] = {}

    def _client(self, mode: str) -> Any:
        if mode not in self._clients:
            made = self._openai.OpenAI(api_key=KEY, base_url=self.base(mode), max_retries=0)
            self._clients[mode] = made
        return self._clients[mode]

    def _create(self, client: Any, **more: Any) -> Any:
        return client.chat.completions.create(model=MODEL, messages=MESSAGES, **PARAMETERS, **more)

    def chat(self) -> str:
        text: str = self._create(self._client("s200")).choices[0].message.content
        return text

    def stream(self, mode: str) -> Iterator[str]:
        for chunk in self._create(self._client(mode), **STREAMED):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def embed(self) -> Sequence[Sequence[float]]:
        found = self._client("s200").embeddings.create(
            model=EMBEDDING_MODEL, input=TEXTS, encoding_format="float"
        )
        return [item.embedding for item in found.data]

    async def start(self) -> None:
        self._async_clients: dict[str, Any] = {}

    def _async_client(self, mode: str) -> Any:
        if mode not in self._async_clients:
            made = self._openai.AsyncOpenAI(api_key=KEY, base_url=self.base(mode), max_retries=0)
            self._async_clients[mode] = made
        return self._async_clients[mode]

    async def achat(self) -> str:
        found = await self._create(self._async_client("s200"))
        text: str = found.choices[0].message.content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        async for chunk in await self._create(self._async_client(mode), **STREAMED):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
