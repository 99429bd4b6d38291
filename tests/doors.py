"""One face for both runtimes, so that each promise is tested through the public API of both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from model_runtime import AsyncModelRuntime, LLMResult, ModelRuntime
from model_runtime.errors import InvokeError

KEY = "sk-test-0123456789abcdef"
CREDENTIALS = {"api_key": KEY, "region": "us-east-1", "endpoint": "http://127.0.0.1:1"}


@dataclass
class Streamed:
    """What a stream gave until it ended: its events, and then a result or an error."""

    events: list[Any] = field(default_factory=list)
    end: LLMResult | None = None
    error: InvokeError | None = None

    @property
    def result(self) -> LLMResult:
        assert self.end is not None, f"the stream failed: {self.error!r}"
        return self.end

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if event.type == "text_delta")

    def count(self, kind: str) -> int:
        return sum(event.type == kind for event in self.events)


class SyncModel:
    """A language model of a `ModelRuntime`."""

    def __init__(self, handle: Any) -> None:
        self.handle = handle

    def invoke(self, prompt: Any = "Hello", **arguments: Any) -> LLMResult:
        return self.handle.invoke(prompt, **arguments)

    def stream(self, prompt: Any = "Hello", **arguments: Any) -> Streamed:
        """Read a stream to its end; an error of the call is kept, not raised."""
        seen = Streamed()
        try:
            with self.handle.stream(prompt, **arguments) as stream:
                for event in stream:
                    seen.events.append(event)
                seen.end = stream.result()
        except InvokeError as error:
            seen.error = error
        return seen


class AsyncModel:
    """A language model of an `AsyncModelRuntime`, each call run to its end."""

    def __init__(self, handle: Any, runner: asyncio.Runner) -> None:
        self.handle = handle
        self._runner = runner

    def invoke(self, prompt: Any = "Hello", **arguments: Any) -> LLMResult:
        return self._runner.run(self.handle.invoke(prompt, **arguments))

    def stream(self, prompt: Any = "Hello", **arguments: Any) -> Streamed:
        """Read a stream to its end; an error of the call is kept, not raised."""
        return self._runner.run(self._stream(prompt, arguments))

    async def _stream(self, prompt: Any, arguments: dict[str, Any]) -> Streamed:
        seen = Streamed()
        try:
            async with self.handle.stream(prompt, **arguments) as stream:
                async for event in stream:
                    seen.events.append(event)
                seen.end = stream.result()
        except InvokeError as error:
            seen.error = error
        return seen


class SyncDoor:
    """A `ModelRuntime` whose retries are off and whose credentials are made up."""

    def __init__(self, **options: Any) -> None:
        self.runtime: Any = ModelRuntime(
            **{"retries": 0, "credentials": lambda *_: CREDENTIALS, **options}
        )

    def model(self, name: str, url: str | None = None, **options: Any) -> SyncModel:
        return SyncModel(self.runtime.llm(name, base_url=url, **options))

    def call(self, make: Callable[[Any], Any]) -> Any:
        """Return what `make` gives for the runtime."""
        return make(self.runtime)

    def close(self) -> None:
        self.runtime.close()


class AsyncDoor:
    """An `AsyncModelRuntime` on an event loop of its own, otherwise as `SyncDoor`."""

    def __init__(self, **options: Any) -> None:
        self._runner = asyncio.Runner()
        self.runtime: Any = AsyncModelRuntime(
            **{"retries": 0, "credentials": lambda *_: CREDENTIALS, **options}
        )

    def model(self, name: str, url: str | None = None, **options: Any) -> AsyncModel:
        return AsyncModel(self.runtime.llm(name, base_url=url, **options), self._runner)

    def call(self, make: Callable[[Any], Any]) -> Any:
        """Return what the coroutine gives that `make` makes of the runtime."""
        return self._runner.run(make(self.runtime))

    def close(self) -> None:
        self._runner.run(self.runtime.close())
        self._runner.close()


DOORS: dict[str, Any] = {"sync": SyncDoor, "async": AsyncDoor}
