"""pydantic-ai: its direct calls, below the agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from .work import KEY, MODEL, PARAMETERS, QUESTION, REPLY, SECOND, SYSTEM, Client


class PydanticAI(Client):
    """`direct.model_request` and its streamed and sync forms; it has no sync stream."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        from pydantic_ai import direct, messages
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider
        from pydantic_ai.settings import ModelSettings

        self._direct, self._types = direct, messages
        self._model_class, self._provider = OpenAIChatModel, OpenAIProvider
        self._settings = ModelSettings(**PARAMETERS)
        ask, answer = messages.ModelRequest, messages.ModelResponse
        user, text = messages.UserPromptPart, messages.TextPart
        self._messages = [
            ask(parts=[messages.SystemPromptPart(SYSTEM), user(QUESTION)]),
            answer(parts=[text(REPLY)]),
            ask(parts=[user(SECOND)]),
        ]
        self._made: dict[tuple[str, bool], Any] = {}

    def _model(self, mode: str, *, in_loop: bool = False) -> Any:
        key = mode, in_loop
        if key not in self._made:
            provider = self._provider(base_url=self.base(mode), api_key=KEY)
            self._made[key] = self._model_class(MODEL, provider=provider)
        return self._made[key]

    def chat(self) -> str:
        found = self._direct.model_request_sync(
            self._model("s200"), self._messages, model_settings=self._settings
        )
        text: str = found.parts[0].content
        return text

    async def achat(self) -> str:
        found = await self._direct.model_request(
            self._model("s200", in_loop=True), self._messages, model_settings=self._settings
        )
        text: str = found.parts[0].content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        call = self._direct.model_request_stream(
            self._model(mode, in_loop=True), self._messages, model_settings=self._settings
        )
        async with call as stream:
            async for event in stream:
                if isinstance(event, self._types.PartDeltaEvent):
                    yield event.delta.content_delta
                elif isinstance(event, self._types.PartStartEvent) and event.part.content:
                    yield event.part.content
