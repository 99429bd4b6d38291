"""The recorded calls of language models, what their bytes say, and how to make such a call."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from recordings_folder import reading, recordings

from model_runtime.errors import ModelRuntimeError

SPECS: Final = Path(__file__).parent / "specs"
STAND_INS: Final = {"openai_compatible": "recorded_chat", "vertex_ai": "recorded_vertex"}
# No form asks for more than one of these, and a key that a form does not know is refused.
CREDENTIALS: Final[dict[str, dict[str, str]]] = {
    "azure_openai": {"endpoint": "http://127.0.0.1", "api_key": "test-key"},
    "local": {"base_url": "http://127.0.0.1/v1"},
    "ollama": {"base_url": "http://127.0.0.1"},
}
SIZES: Final = (5, 8, 13, 40, 200, 1000)


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded exchange. `expected` is what an independent reading of its bytes says."""

    id: str
    recorded: str
    provider: str
    model: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes
    expected: Any


@dataclass(slots=True)
class Outcome:
    """What a call came to: a result with its events, or an error."""

    result: Any = None
    events: list[Any] | None = None
    error: ModelRuntimeError | None = None

    def faults(self, case: Case) -> list[str]:
        """Every field that differs from what the recorded bytes say."""
        told = ("raised", self.error) if self.error else ("result", self.result, self.events)
        found = reading("replay").judge(case.expected, told)
        return [f"{case.id} {name}: expected {want!r}, got {got!r}" for name, want, got in found]


@dataclass(slots=True)
class Tally:
    """The faults of many cases, less those whose exclusion gives a reason."""

    excluded: frozenset[str]
    faults: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, case: Case, faults: list[str]) -> None:
        """Count a case. An excluded one must still be at fault."""
        if case.id in self.excluded:
            self.counts["excluded"] += 1
            faults = [] if faults else [f"{case.id} is right now: remove its exclusion"]
        self.counts["wrong" if faults else "right"] += 1
        self.faults += faults

    def check(self, of: int) -> None:
        """Fail unless every case was counted and is right."""
        assert not self.faults, f"{dict(self.counts)}:\n" + "\n".join(self.faults[:40])
        assert self.counts["right"] == of


def rows() -> list[dict[str, Any]]:
    """The index rows of recorded calls of language models."""
    root = recordings()
    if root is None:
        return []
    found = reading("oracle").load_rows(root / "data" / "exchanges")
    return [row for row in found if row["model_type"] == "llm"]


def names() -> list[str]:
    """The services of which there are recorded calls, or one name where there is no folder."""
    return sorted({row["provider"] for row in rows()}) or ["none"]


@cache
def cases(recorded: str) -> tuple[tuple[Case, ...], Counter[str]]:
    """The calls of one service that can be judged, and why the others cannot."""
    usable: list[Case] = []
    left: Counter[str] = Counter()
    oracle = reading("oracle")
    for row in rows():
        if row["provider"] == recorded:
            exchange = load(row)
            try:
                usable.append(case_of(row, exchange, oracle.expect(row, exchange)))
            except oracle.Unusable as reason:
                left[str(reason)] += 1
    return tuple(usable), left


def load(row: dict[str, Any]) -> dict[str, Any]:
    """The exchange of an index row."""
    root = recordings()
    assert root is not None
    loaded: dict[str, Any] = reading("oracle").load_exchange(root / "data" / "exchanges", row)
    return loaded


def provider_of(row: dict[str, Any], dialect: str) -> str:
    """The provider whose spec must read an exchange."""
    bundled = reading("replay").bundled_name(row, dialect)
    return STAND_INS.get(bundled, bundled)


def case_of(row: dict[str, Any], exchange: dict[str, Any], expected: Any) -> Case:
    """The case of one exchange. Headers of a single connection are left out."""
    hop = reading("server").HOP
    reply = exchange["response"]
    return Case(
        id=row["id"],
        recorded=row["provider"],
        provider=provider_of(row, expected.dialect),
        model=row.get("model") or "some-model",
        path=reading("replay").base_path(row),
        status=reply["status"],
        headers={
            name.lower(): str(value).partition("\n")[0]
            for name, value in reply["headers"].items()
            if name.lower() not in hop
        },
        body=reading("oracle").body_bytes(exchange),
        expected=expected,
    )


def credentials(provider: str, model_type: str, model: str | None) -> dict[str, str]:
    """Made-up credentials."""
    return CREDENTIALS.get(provider, {"api_key": "test-key"})


def random_cuts(body: bytes, seed: str) -> Iterator[bytes]:
    """A body in pieces of 5 to 1,000 bytes, the same ones for the same seed."""
    sizes = random.Random(seed)
    at = 0
    while at < len(body):
        size = sizes.choice(SIZES)
        yield body[at : at + size]
        at += size


def even_cuts(body: bytes, size: int) -> Iterator[bytes]:
    """A body in pieces of one size."""
    return (body[at : at + size] for at in range(0, len(body), size))


def head_of(case: Case, framing: str) -> bytes:
    """The head of the HTTP reply of a case."""
    lines = [f"HTTP/1.1 {case.status} Status", framing]
    lines += [f"{name}: {re.sub(r'[^ -~]', '?', value)}" for name, value in case.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")
