"""aisuite: one client per address. It has no call for embeddings that all providers share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from .work import KEY, MESSAGES, MODEL, PARAMETERS, Client

STREAMED: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}


class AISuite(Client):
    """`chat.completions.create` and its async twin `acreate`."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        import aisuite

        self._aisuite = aisuite
        self._made: dict[tuple[str, bool], Any] = {}

    def _completions(self, mode: str, *, in_loop: bool = False) -> Any:
        key = mode, in_loop
        if key not in self._made:
            settings = {"api_key": KEY, "base_url": self.base(mode), "max_retries": 0}
            self._made[key] = self._aisuite.Client({"openai": settings})
        return self._made[key].chat.completions

    def chat(self) -> str:
        create = self._completions("s200").create
        found = create(model=f"openai:{MODEL}", messages=MESSAGES, **PARAMETERS)
        text: str = found.choices[0].message.content
        return text

    def stream(self, mode: str) -> Iterator[str]:
        create = self._completions(mode).create
        for chunk in create(model=f"openai:{MODEL}", messages=MESSAGES, **STREAMED, **PARAMETERS):
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content

    async def achat(self) -> str:
        create = self._completions("s200", in_loop=True).acreate
        found = await create(model=f"openai:{MODEL}", messages=MESSAGES, **PARAMETERS)
        text: str = found.choices[0].message.content
        return text

    async def astream(self, mode: str) -> AsyncIterator[str]:
        create = self._completions(mode, in_loop=True).acreate
        call = create(model=f"openai:{MODEL}", messages=MESSAGES, **STREAMED, **PARAMETERS)
        async for chunk in await call:
            if chunk.choices and chunk.choices[0].delta.content:
                yield chunk.choices[0].delta.content
