"""litellm: the functions of its quick start."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from .work import EMBEDDING_MODEL, KEY, MESSAGES, MODEL, PARAMETERS, TEXTS, Client

STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


class LiteLLM(Client):
    """`completion` and `embedding`; its list of prices is the local one, so nothing is fetched."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
        import litellm

        litellm.suppress_debug_info = True
        self._litellm = litellm

    def _call(self, mode: str) -> dict[str, Any]:
        return {
            "model": f"openai/{MODEL}",
            "api_base": self.base(mode),
            "api_key": KEY,
            "messages": MESSAGES,
            **PARAMETERS,
        }

    def chat(self) -> str:
        text: str = self._litellm.completion(**self._call("s200")).choices[0].message.content
        return text

    def stream(self, mode: str) -> Iterator[str]:
        for chunk in self._litellm.completion(**self._call(mode), **STREAMED):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    def embed(self) -> Sequence[Sequence[float]]:
        found = self._litellm.embedding(
            model=f"openai/{EMBEDDING_MODEL}",
            input=TEXTS,
            api_base=self.base("s200"),
            api_key=KEY,
            encoding_format="float",
        )
        return [item["embedding"] for item in found.data]

    async def achat(self) -> str:
        found = await self._litellm.acompletion(**self._call("s200"))
        text: str = found.choices[0].message.content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        async for chunk in await self._litellm.acompletion(**self._call(mode), **STREAMED):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
