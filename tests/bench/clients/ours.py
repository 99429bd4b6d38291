"""Model Runtime through its public names, with a bundled provider at the server's address."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from .work import EMBEDDING_MODEL, KEY, MESSAGES, MODEL, PARAMETERS, QUESTION, REPLY, TEXTS, Client


class Ours(Client):
    """One runtime; a handle per base URL, as a host keeps them."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import model_runtime

        self._module = model_runtime
        self._credentials = {"openai": {"api_key": KEY}}
        self._runtime = model_runtime.ModelRuntime(credentials=self._credentials)
        self._models: dict[str, Any] = {}
        self._embedding: Any = None

    def model(self, mode: str) -> Any:
        """The sync handle at one address."""
        if mode not in self._models:
            self._models[mode] = self._runtime.llm(f"openai/{MODEL}", base_url=self.base(mode))
        return self._models[mode]

    def chat(self) -> str:
        text: str = self.model("s200").invoke(MESSAGES, parameters=PARAMETERS).text
        return text

    def stream(self, mode: str) -> Iterator[str]:
        with self.model(mode).stream(MESSAGES, parameters=PARAMETERS) as stream:
            for event in stream:
                if event.type == "text_delta":
                    yield event.text

    def embed(self) -> Sequence[Sequence[float]]:
        if self._embedding is None:
            name = f"openai/{EMBEDDING_MODEL}"
            self._embedding = self._runtime.text_embedding(name, base_url=self.base("s200"))
        vectors: Sequence[Sequence[float]] = self._embedding.invoke(TEXTS).embeddings
        return vectors

    def talk(self, count: int, calls: int) -> None:
        turns = [QUESTION, REPLY]
        roles = ["user", "assistant"]
        messages = [
            {"role": roles[number % 2], "content": turns[number % 2]} for number in range(count)
        ]
        for _ in range(calls):
            self.model("s200").invoke(messages, parameters=PARAMETERS)

    def gather(self, mode: str) -> int:
        with self.model(mode).stream(MESSAGES, parameters=PARAMETERS) as stream:
            (call,) = stream.result().tool_calls
        return len(call.raw_arguments)

    async def start(self) -> None:
        self._async = self._module.AsyncModelRuntime(credentials=self._credentials)
        self._async_models: dict[str, Any] = {}

    def async_model(self, mode: str) -> Any:
        """The async handle at one address."""
        if mode not in self._async_models:
            url = self.base(mode)
            self._async_models[mode] = self._async.llm(f"openai/{MODEL}", base_url=url)
        return self._async_models[mode]

    async def achat(self) -> str:
        found = await self.async_model("s200").invoke(MESSAGES, parameters=PARAMETERS)
        text: str = found.text
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        async with self.async_model(mode).stream(MESSAGES, parameters=PARAMETERS) as stream:
            async for event in stream:
                if event.type == "text_delta":
                    yield event.text
