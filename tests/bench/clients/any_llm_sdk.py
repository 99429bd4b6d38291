"""any-llm: one object per address, which keeps its client (its functions make one per call)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from .work import KEY, MESSAGES, MODEL, PARAMETERS, Client

STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


class AnyLLM(Client):
    """`completion` and `acompletion`; its class has no public call for embeddings."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        from any_llm import AnyLLM as Library

        self._library = Library
        self._made: dict[tuple[str, bool], Any] = {}

    def _client(self, mode: str, *, in_loop: bool = False) -> Any:
        key = mode, in_loop
        if key not in self._made:
            url = self.base(mode)
            self._made[key] = self._library.create("openai", api_key=KEY, api_base=url)
        return self._made[key]

    def chat(self) -> str:
        found = self._client("s200").completion(model=MODEL, messages=MESSAGES, **PARAMETERS)
        text: str = found.choices[0].message.content
        return text

    def stream(self, mode: str) -> Iterator[str]:
        call = self._client(mode).completion
        for chunk in call(model=MODEL, messages=MESSAGES, **STREAMED, **PARAMETERS):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    async def achat(self) -> str:
        call = self._client("s200", in_loop=True).acompletion
        found = await call(model=MODEL, messages=MESSAGES, **PARAMETERS)
        text: str = found.choices[0].message.content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        call = self._client(mode, in_loop=True).acompletion
        async for chunk in await call(model=MODEL, messages=MESSAGES, **STREAMED, **PARAMETERS):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
