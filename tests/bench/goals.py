"""What the project wants to be held to, each goal as one line of a table."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Final

from rounds import Figures

PLAIN: Final = "model-runtime"
FAST: Final = "model-runtime[fast]"


@dataclass(frozen=True, slots=True)
class Goal:
    """`client` in `scenario` costs at most `limit` times what `other` costs.

    `other` is another client in the same scenario, or the same client in the scenario that
    `beside` names. Without either the limit is an amount in the scenario's own micro units.
    Where `slack` is given, so much more than `other` is good enough whatever the ratio.
    """

    scenario: str
    client: str
    limit: float
    other: str = ""
    beside: str = ""
    slack: float = 0.0

    def pairs(self, figures: Figures) -> list[tuple[float, float]]:
        """What each round told of both; the second is 1 where the limit is an amount."""
        own = figures.get(self.scenario, {}).get(self.client, [])
        if not self.other and not self.beside:
            return [(told, 1.0) for told in own if told is not None]
        beside = figures.get(self.beside or self.scenario, {}).get(self.other or self.client, [])
        both = zip(own, beside, strict=False)
        return [(a, b) for a, b in both if a is not None and b is not None]

    def value(self, figures: Figures) -> float | None:
        """The median over the rounds of their ratios; None where nothing was measured."""
        pairs = self.pairs(figures)
        return median(a / b for a, b in pairs) if pairs else None

    def is_met(self, figures: Figures) -> bool | None:
        """Whether the goal is met; None where nothing was measured."""
        value = self.value(figures)
        if value is None:
            return None
        pairs = self.pairs(figures)
        return value <= self.limit or bool(
            self.slack and median(a - b for a, b in pairs) <= self.slack
        )


GOALS: Final = (
    Goal("chat", PLAIN, 0.75, "httpx"),
    Goal("chat", PLAIN, 1 / 5, "openai"),
    Goal("chat", PLAIN, 1 / 4, "dify-plugin"),
    Goal("chat", PLAIN, 1 / 12, "litellm"),
    Goal("stream", PLAIN, 1.0, "httpx"),
    Goal("stream", FAST, 0.9, "httpx"),
    Goal("stream", PLAIN, 1 / 8, "openai"),
    Goal("stream", PLAIN, 1 / 4, "dify-plugin"),
    Goal("stream", PLAIN, 1 / 40, "litellm"),
    Goal("first", PLAIN, 1.25, "httpx", slack=500),
    Goal("async_50", FAST, 3.0, "aiohttp+orjson"),
    Goal("async_200", FAST, 2.0, "aiohttp+orjson"),
    Goal("async_50", FAST, 1 / 4, "openai"),
    Goal("async_200", FAST, 1 / 4, "openai"),
    Goal("async_50", FAST, 1 / 8, "litellm"),
    Goal("async_200", FAST, 1 / 8, "litellm"),
    Goal("async_50", PLAIN, 1.1, "httpx"),
    Goal("async_200", PLAIN, 1.1, "httpx"),
    Goal("embed", FAST, 1.3, "httpx+orjson"),
    Goal("embed", PLAIN, 1.1, "httpx"),
    Goal("embed", PLAIN, 1 / 10, "openai"),
    Goal("import", PLAIN, 1.6, "httpx"),
    Goal("import", PLAIN, 1 / 4, "openai"),
    Goal("import", PLAIN, 1 / 15, "litellm"),
    Goal("begin", PLAIN, 1 / 3, "openai"),
    Goal("begin", PLAIN, 1 / 15, "litellm"),
    Goal("size", PLAIN, 25e6),
    Goal("held", PLAIN, 1.1, "httpx"),
    Goal("held_many", FAST, 1.1, "aiohttp+orjson"),
    Goal("list_cold", PLAIN, 1e6),
    Goal("list_warm", PLAIN, 50e3),
    Goal("list_again", PLAIN, 50e3),
    Goal("chunks_200000", PLAIN, 1.25, beside="chunks_2000"),
    Goal("messages_10000", PLAIN, 1.25, beside="messages_1000"),
    Goal("fragments_51200", PLAIN, 1.25, beside="fragments_3200"),
)
