"""langchain-openai: one chat model per address, over Chat Completions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from .work import EMBEDDING_MODEL, KEY, MESSAGES, MODEL, PARAMETERS, TEXTS, Client


class LangChain(Client):
    """`invoke`, `stream`, their async twins, and `embed_documents`."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        from langchain_openai import ChatOpenAI, OpenAIEmbeddings

        self._chat, self._embeddings = ChatOpenAI, OpenAIEmbeddings
        self._made: dict[tuple[str, bool], Any] = {}
        self._embedding: Any = None

    def _model(self, mode: str, *, in_loop: bool = False) -> Any:
        key = mode, in_loop
        if key not in self._made:
            self._made[key] = self._chat(
                model=MODEL,
                api_key=KEY,
                base_url=self.base(mode),
                max_retries=0,
                stream_usage=True,
                use_responses_api=False,
                **PARAMETERS,
            )
        return self._made[key]

    def chat(self) -> str:
        text: str = self._model("s200").invoke(MESSAGES).content
        return text

    def stream(self, mode: str) -> Iterator[str]:
        for chunk in self._model(mode).stream(MESSAGES):
            if chunk.content:
                yield chunk.content

    def embed(self) -> Sequence[Sequence[float]]:
        if self._embedding is None:
            self._embedding = self._embeddings(
                model=EMBEDDING_MODEL,
                api_key=KEY,
                base_url=self.base("s200"),
                # Counting tokens would fetch a tokenizer, and would not be the same work.
                check_embedding_ctx_length=False,
                model_kwargs={"encoding_format": "float"},
            )
        vectors: Sequence[Sequence[float]] = self._embedding.embed_documents(TEXTS)
        return vectors

    async def achat(self) -> str:
        text: str = (await self._model("s200", in_loop=True).ainvoke(MESSAGES)).content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        async for chunk in self._model(mode, in_loop=True).astream(MESSAGES):
            if chunk.content:
                yield chunk.content
