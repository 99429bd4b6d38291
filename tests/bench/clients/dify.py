"""dify-plugin: its base classes for services that speak Chat Completions, called as a host does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from .work import (
    EMBEDDING_MODEL,
    KEY,
    MODEL,
    PARAMETERS,
    QUESTION,
    REPLY,
    SECOND,
    SYSTEM,
    TEXTS,
    Client,
)


class DifyPlugin(Client):
    """`OAICompatLargeLanguageModel.invoke`, sync only: its concurrency is greenlets."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        from dify_plugin.entities.model import message
        from dify_plugin.interfaces.model.openai_compatible.llm import OAICompatLargeLanguageModel
        from dify_plugin.interfaces.model.openai_compatible.text_embedding import (
            OAICompatEmbeddingModel,
        )

        self._messages = [
            message.SystemPromptMessage(content=SYSTEM),
            message.UserPromptMessage(content=QUESTION),
            message.AssistantPromptMessage(content=REPLY),
            message.UserPromptMessage(content=SECOND),
        ]
        self._model = OAICompatLargeLanguageModel(model_schemas=[])
        self._embedding: Any = OAICompatEmbeddingModel(model_schemas=[])
        # Its own count downloads a tokenizer. Both lines spare it work: one request for all texts.
        self._embedding._get_num_tokens_by_gpt2 = lambda text: len(text) // 4
        self._embedding._get_max_chunks = lambda *_: len(TEXTS)

    def _credentials(self, mode: str) -> dict[str, Any]:
        return {
            "api_key": KEY,
            "endpoint_url": self.base(mode),
            "mode": "chat",
            "context_size": "128000",
            "max_tokens_to_sample": "4096",
        }

    def _invoke(self, mode: str, *, stream: bool) -> Iterator[str]:
        found = self._model.invoke(
            MODEL, self._credentials(mode), self._messages, dict(PARAMETERS), stream=stream
        )
        for chunk in found:
            if chunk.delta.message.content:
                yield chunk.delta.message.content
        # The model object times its calls and refuses a second one while the first seems to run.
        self._model.started_at = 0

    def chat(self) -> str:
        return "".join(self._invoke("s200", stream=False))

    def stream(self, mode: str) -> Iterator[str]:
        return self._invoke(mode, stream=True)

    def embed(self) -> Sequence[Sequence[float]]:
        found = self._embedding._invoke(EMBEDDING_MODEL, self._credentials("s200"), TEXTS)
        vectors: Sequence[Sequence[float]] = found.embeddings
        return vectors
