"""Measure the library beside others, in interleaved rounds on one machine, and print tables.

    bench.py                    everything; environments are made below `.venv-bench` on demand
    bench.py --short            ours and raw clients alone, in this environment, in a minute
    bench.py --write            also store the figures in docs/performance.md and its chart
    bench.py --only NAMES       libraries, after their names in `clients`; or --parts NAMES

Counted is the CPU time (user and system) of the client's process. The number to watch is the
median over the rounds of the ratio within a round: what else the machine does slows both alike.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import report
import venvs
from clients import CLIENTS, OURS, PEERS, RAW
from processes import Machine, serving
from rounds import Figures, Rounds, known
from scenarios import CALLS, GROWTH, MEMORY, SPECS, START, Scenario
from sizes import installed_bytes

PARTS: Final[dict[str, Mapping[str, Scenario]]] = {
    "calls": CALLS,
    "start": START,
    "memory": MEMORY,
    "growth": GROWTH,
    "specs": SPECS,
}
ROUNDS: Final = {"calls": 15, "start": 9, "memory": 5, "growth": 5, "specs": 5}
SHORT_ROUNDS: Final = {"calls": 5, "start": 5, "memory": 1, "growth": 1, "specs": 1}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--short", action="store_true", help="ours and raw clients, one minute")
    parser.add_argument("--write", action="store_true", help="store the figures in the docs")
    parser.add_argument("--only", default="", help="libraries, divided by commas")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each part")
    return parser.parse_args()


def measure(
    options: argparse.Namespace, clients: tuple[str, ...]
) -> tuple[Figures, dict[str, str]]:
    """Run the rounds of every part that was asked for."""
    with serving() as url, tempfile.TemporaryDirectory() as scratch:
        rounds = Rounds(Machine(url, Path(scratch), has_venvs=not options.short), clients)
        try:
            for part in options.parts.split(","):
                usual = SHORT_ROUNDS if options.short else ROUNDS
                rounds.run(PARTS[part], options.rounds or usual[part])
        finally:
            rounds.close()
    return rounds.figures, rounds.faults


def installed(clients: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    """Those clients whose environment is there or could be made, and why others have none."""
    faults: dict[str, str] = {}
    for name in dict.fromkeys(CLIENTS[client].venv for client in clients):
        try:
            venvs.build(name)
        except subprocess.CalledProcessError as fault:
            faults[name] = f"could not be installed: {fault.cmd[0]} gave {fault.returncode}"
            print(f"{name} {faults[name]}", flush=True)
    return tuple(name for name in clients if CLIENTS[name].venv not in faults), faults


def sizes(clients: tuple[str, ...]) -> dict[str, list[float | None]]:
    """The installed size of every library that has an environment."""
    return {
        name: [installed_bytes(venvs.site_of(entry.venv), entry.distribution, entry.extras)]
        for name, entry in CLIENTS.items()
        if name in clients and entry.distribution
    }


def main() -> None:
    """Measure, print, and store where that was asked for."""
    options = arguments()
    everybody = {**RAW, **OURS} if options.short else {**RAW, **OURS, **PEERS}
    clients = known(options.only.split(",") if options.only else everybody)
    faults: dict[str, str] = {}
    if not options.short:
        clients, faults = installed(clients)
    figures, broken = measure(options, clients)
    faults |= broken
    if not options.short:
        figures["size"] = sizes(clients)
    report.show(figures, faults)
    if options.write:
        report.store(figures, faults)


if __name__ == "__main__":
    main()
