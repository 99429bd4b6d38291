"""What is measured: each scenario by name, with what every part of it costs and for whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clients import OURS, PEERS, RAW

EVERYBODY: Final = tuple({**RAW, **OURS, **PEERS})
OWN: Final = tuple(OURS)
STREAMS: Final = 300
MANY_STREAMS: Final = 1000
CHUNKS: Final = (200, 2_000, 20_000, 200_000)
MESSAGES: Final = (10, 100, 1_000, 10_000)
# Fragments of twenty bytes: 64 KB, 256 KB and 1 MB of arguments.
FRAGMENTS: Final = (3_200, 12_800, 51_200)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What each of `clients` does in every round.

    `do` is a command to its worker, or a program of `processes.PROGRAMS` that runs by itself. The
    worker is a new one each time where `is_fresh`, for what a used one would hide. What is told
    is divided by `scale` for tables, and is then in `unit`.
    """

    title: str
    unit: str
    do: str
    args: tuple[str | int, ...] = ()
    clients: tuple[str, ...] = EVERYBODY
    scale: float = 1.0
    is_fresh: bool = False


CALLS: Final[dict[str, Scenario]] = {
    "chat": Scenario(title="a call", unit="µs", do="chat", args=(100,)),
    "stream": Scenario(title="a streamed chunk", unit="µs", do="stream", args=("s2000", 2)),
    "first": Scenario(
        title="the first chunk, by the clock", unit="ms", do="first", args=("s200", 20), scale=1000
    ),
    "async_1": Scenario(title="an async call", unit="µs", do="achat", args=(1, 100)),
    "async_50": Scenario(title="one of 50 at a time", unit="µs", do="achat", args=(50, 300)),
    "async_200": Scenario(title="one of 200 at a time", unit="µs", do="achat", args=(200, 800)),
    "astream": Scenario(title="a chunk of 20 streams", unit="µs", do="astream", args=("s200", 20)),
    "embed": Scenario(title="64 vectors of 1536", unit="ms", do="embed", args=(2,), scale=1000),
}
START: Final[dict[str, Scenario]] = {
    "import": Scenario(title="the import", unit="ms", do="import", scale=1000),
    "begin": Scenario(title="a process up to its first reply", unit="ms", do="begin", scale=1000),
}
MEMORY: Final[dict[str, Scenario]] = {
    "held": Scenario(
        title=f"one of {STREAMS} open streams",
        unit="KB",
        do="held",
        args=(STREAMS,),
        scale=1000,
        is_fresh=True,
    ),
    "held_many": Scenario(
        title=f"one of {MANY_STREAMS} open streams",
        unit="KB",
        do="held",
        args=(MANY_STREAMS,),
        clients=("aiohttp+orjson", *OWN),
        scale=1000,
        is_fresh=True,
    ),
}
GROWTH: Final[dict[str, Scenario]] = {
    **{
        f"chunks_{count}": Scenario(
            title=f"a chunk of {count:,}",
            unit="µs",
            do="stream",
            args=(f"s{count}", max(1, 4000 // count)),
            clients=OWN,
        )
        for count in CHUNKS
    },
    **{
        f"messages_{count}": Scenario(
            title=f"a message of {count:,}",
            unit="µs",
            do="messages",
            args=(count, max(1, 2000 // count)),
            clients=OWN,
        )
        for count in MESSAGES
    },
    **{
        f"fragments_{count}": Scenario(
            title=f"a fragment of {count:,}",
            unit="µs",
            do="fragments",
            args=(count,),
            clients=OWN,
        )
        for count in FRAGMENTS
    },
}
SPECS: Final[dict[str, Scenario]] = {
    "list_cold": Scenario(
        title="1,000 specs listed, nothing cached",
        unit="ms",
        do="list_cold",
        clients=OWN,
        scale=1000,
    ),
    "list_warm": Scenario(
        title="1,000 specs listed by another process later",
        unit="ms",
        do="list_warm",
        clients=OWN,
        scale=1000,
    ),
    "list_again": Scenario(
        title="1,000 specs listed again by the same process",
        unit="ms",
        do="list_again",
        clients=OWN,
        scale=1000,
    ),
}
SCENARIOS: Final = {**CALLS, **START, **MEMORY, **GROWTH, **SPECS}
