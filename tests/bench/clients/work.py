"""The work that every client does: one conversation, one set of settings, one batch of texts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

MODEL: Final = "gpt-4o-mini"
EMBEDDING_MODEL: Final = "text-embedding-3-small"
KEY: Final = "key-of-a-bench"
SYSTEM: Final = "You are a helpful assistant. Answer briefly and precisely."
QUESTION: Final = "What is the capital of France?"
REPLY: Final = "Paris."
SECOND: Final = "And what is its most famous museum? Give one reason to visit it."
MESSAGES: Final[list[dict[str, str]]] = [
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": QUESTION},
    {"role": "assistant", "content": REPLY},
    {"role": "user", "content": SECOND},
]
PARAMETERS: Final[dict[str, Any]] = {"temperature": 0.7, "max_tokens": 256, "top_p": 0.95}
TEXTS: Final = [f"text number {number} to embed" for number in range(64)]


class Missing(Exception):
    """The library has no such call, or none that does the same work."""


class Client:
    """One library at the common work. What it has no call for raises `Missing`.

    `mode` is how the server streams; see `server.py`. Streams yield the pieces of text.
    """

    def __init__(self, root: str) -> None:
        self._root = root

    def base(self, mode: str) -> str:
        """The base URL at which the server streams in a certain way."""
        return f"{self._root}/{mode}/v1"

    def chat(self) -> str:
        """Make one call and return its text."""
        raise Missing

    def stream(self, mode: str) -> Iterator[str]:
        """Make one streamed call."""
        raise Missing

    def embed(self) -> Sequence[Sequence[float]]:
        """Embed `TEXTS`, the numbers sent as numbers."""
        raise Missing

    def talk(self, count: int, calls: int) -> None:
        """Make calls with so many messages each."""
        raise Missing

    def gather(self, mode: str) -> int:
        """Stream one tool call and return the length of its arguments, in characters."""
        raise Missing

    async def start(self) -> None:
        """Make what lives in the event loop."""

    async def achat(self) -> str:
        """Make one call in the event loop."""
        raise Missing

    def astream(self, mode: str) -> AsyncIterator[str]:
        """Make one streamed call in the event loop."""
        raise Missing
