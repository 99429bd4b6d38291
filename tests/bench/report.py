"""Shows the figures of a run, and stores them in the documentation."""

from __future__ import annotations

import datetime
import os
import platform
import re
from collections.abc import Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import venvs
from chart import draw
from clients import CLIENTS
from rounds import Figures
from scenarios import CALLS, CHUNKS, FRAGMENTS, MEMORY, MESSAGES, SPECS, START
from tables import aligned, cost_rows, goal_rows, growth_rows, markdown, middle

DOCS: Final = venvs.ROOT / "docs"
PAGE: Final = DOCS / "performance.md"
CHART: Final = DOCS / "performance.svg"
MARK: Final = re.compile(r"<!-- figures: (\w+) -->\n.*?<!-- end of figures -->", re.DOTALL)

SYNC: Final = ("chat", "stream", "first", "embed")
ASYNC: Final = ("async_1", "async_50", "async_200", "astream")
GROWN: Final[dict[str, tuple[str, ...]]] = {
    "chunks": tuple(f"chunks_{count}" for count in CHUNKS),
    "messages": tuple(f"messages_{count}" for count in MESSAGES),
    "fragments": tuple(f"fragments_{count}" for count in FRAGMENTS),
}
assert {*SYNC, *ASYNC} == {*CALLS}


def show(figures: Figures, faults: Mapping[str, str]) -> None:
    """Print every table that has figures."""
    for block in (SYNC, ASYNC, tuple(START), tuple(MEMORY)):
        if any(name in figures for name in block):
            base = "aiohttp+orjson" if block is ASYNC else "httpx"
            print(f"\n{aligned(cost_rows(figures, block, base))}")
    for names in (*GROWN.values(), tuple(SPECS)):
        if any(name in figures for name in names):
            print(f"\n{aligned(growth_rows(figures, names))}")
    print(f"\n{aligned(goal_rows(figures))}")
    for what, fault in faults.items():
        print(f"failed: {what}: {fault}")


def store(figures: Figures, faults: Mapping[str, str]) -> None:
    """Write the figures into the page, between its marks, and draw the chart."""
    blocks = {
        "sync": markdown(cost_rows(figures, SYNC)),
        "async": markdown(cost_rows(figures, ASYNC, "aiohttp+orjson")),
        "start": markdown(cost_rows(figures, START)),
        "size": markdown(_size_rows(figures)),
        "memory": markdown(cost_rows(figures, MEMORY)),
        "specs": markdown(growth_rows(figures, SPECS)),
        "goals": markdown(goal_rows(figures)),
        "conditions": _conditions(figures, faults),
        **{name: markdown(growth_rows(figures, names)) for name, names in GROWN.items()},
    }
    text = PAGE.read_text(encoding="utf-8")
    filled = MARK.sub(lambda found: _block(found[1], blocks[found[1]]), text)
    PAGE.write_text(filled, encoding="utf-8")
    CHART.write_text(draw(figures), encoding="utf-8")


def _block(name: str, text: str) -> str:
    return f"<!-- figures: {name} -->\n\n{text}\n\n<!-- end of figures -->"


def _size_rows(figures: Figures) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("", "installed, MB")]
    for client in CLIENTS:
        size = middle(figures, "size", client)
        if size is not None:
            rows.append((client, f"{size / 1e6:.1f}"))
    return rows


def _conditions(figures: Figures, faults: Mapping[str, str]) -> str:
    """When, on what and with which versions the figures were taken, a sentence a line."""
    rounds = {name: max(map(len, told.values())) for name, told in figures.items()}
    few, many = min(rounds[name] for name in rounds if name != "size"), max(rounds.values())
    lines = [
        f"Taken on {datetime.date.today().isoformat()}, with {few} to {many} rounds.",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {platform.system()}.",
        f"{platform.python_implementation()} {platform.python_version()}.",
        f"Versions: {_versions(figures)}.",
        *(f"Not measured: {what} ({fault})." for what, fault in faults.items()),
    ]
    return "\n".join(lines)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _versions(figures: Figures) -> str:
    measured = {client for told in figures.values() for client in told}
    found: dict[str, str] = {}
    for client, entry in CLIENTS.items():
        names = [entry.distribution] if entry.distribution else client.split("+")
        if client in measured:
            site = [str(venvs.site_of(entry.venv))]
            for one in distributions(path=site):
                if one.metadata["Name"].lower() in names:
                    found[one.metadata["Name"]] = one.version
    return ", ".join(f"{name} {version}" for name, version in sorted(found.items()))
