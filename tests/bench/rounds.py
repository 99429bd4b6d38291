"""Interleaved rounds: in each, every library does each scenario once, one after the other."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping

from clients import CLIENTS
from processes import PROGRAMS, Failed, Machine, Worker
from scenarios import Scenario

# Scenario, client, and what each round told; None for a round that failed.
Figures = dict[str, dict[str, list[float | None]]]


class Rounds:
    """Runs scenarios round by round and keeps what they told."""

    def __init__(self, machine: Machine, clients: Iterable[str]) -> None:
        self.figures: Figures = {}
        self.faults: dict[str, str] = {}
        self._machine = machine
        self._clients = tuple(clients)
        self._workers: dict[str, Worker] = {}
        self._lacks: set[tuple[str, str]] = set()

    def run(self, scenarios: Mapping[str, Scenario], count: int) -> None:
        """Run a round that is not counted, then as many as asked for."""
        for number in range(count + 1):
            started = time.monotonic()
            for name, scenario in scenarios.items():
                for client in self._clients:
                    if client in scenario.clients and (name, client) not in self._lacks:
                        told = self._measure(name, scenario, client)
                        if number and (name, client) not in self._lacks:
                            self._note(name, client, told)
            seconds = time.monotonic() - started
            load = os.getloadavg()[0]
            names = ", ".join(scenarios)
            print(
                f"round {number} of {count}, {names}: {seconds:.0f} s, load {load:.1f}", flush=True
            )
        self.close()

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def _note(self, name: str, client: str, told: float | None) -> None:
        self.figures.setdefault(name, {}).setdefault(client, []).append(told)

    def _measure(self, name: str, scenario: Scenario, client: str) -> float | None:
        try:
            if scenario.do in PROGRAMS:
                return PROGRAMS[scenario.do](self._machine, client)
            if scenario.is_fresh:
                self._drop(client)
            if client not in self._workers:
                self._workers[client] = Worker(self._machine, client)
            told = self._workers[client].command(scenario.do, *scenario.args)
        except Failed as fault:
            self._drop(client)
            self.faults[f"{client}, {name}"] = str(fault)
            print(f"failed: {client}, {name}: {fault}", flush=True)
            return None
        if told is None:
            self._lacks.add((name, client))
        return told

    def _drop(self, client: str) -> None:
        worker = self._workers.pop(client, None)
        if worker is not None:
            worker.close()


def known(names: Iterable[str]) -> tuple[str, ...]:
    """Those libraries that the table has, in its order."""
    wanted = set(names)
    return tuple(name for name in CLIENTS if name in wanted)
