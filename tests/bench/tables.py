"""Figures to rows of text: medians with their ratios, and goals with what was reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median
from typing import Final

from goals import GOALS, Goal
from rounds import Figures, known
from scenarios import SCENARIOS, Scenario

BASE: Final = "httpx"
Row = tuple[str, ...]


def ratio(figures: Figures, scenario: str, client: str, other: str) -> float | None:
    """The median over the rounds of what one costs in units of the other."""
    return Goal(scenario, client, 0, other).value(figures)


def middle(figures: Figures, scenario: str, client: str) -> float | None:
    """The median of what the rounds told."""
    told = [one for one in figures.get(scenario, {}).get(client, []) if one is not None]
    return median(told) if told else None


def cost_rows(figures: Figures, names: Iterable[str], base: str = BASE) -> list[Row]:
    """A head, then a row for each library: the median, and its ratio to the base."""
    columns = [name for name in names if name in figures]
    clients = known(client for name in columns for client in figures[name])
    head = ("", *(f"{SCENARIOS[name].title}, {SCENARIOS[name].unit}" for name in columns))
    rows = [
        (client, *(_cell(figures, name, client, base) for name in columns)) for client in clients
    ]
    return [head, *rows]


def growth_rows(figures: Figures, names: Iterable[str]) -> list[Row]:
    """The same without ratios."""
    columns = [name for name in names if name in figures]
    clients = known(client for name in columns for client in figures[name])
    head = ("", *(f"{SCENARIOS[name].title}, {SCENARIOS[name].unit}" for name in columns))
    rows = [(client, *(_cell(figures, name, client, "") for name in columns)) for client in clients]
    return [head, *rows]


def goal_rows(figures: Figures) -> list[Row]:
    """A head, then a row for each goal that something was measured for."""
    rows: list[Row] = [("what", "of", "goal", "reached", "")]
    for goal in GOALS:
        is_met = goal.is_met(figures)
        if is_met is not None:
            what = "installed" if goal.scenario == "size" else SCENARIOS[goal.scenario].title
            rows.append((what, goal.client, *_told(goal, figures), "met" if is_met else "missed"))
    return rows


def _told(goal: Goal, figures: Figures) -> tuple[str, str]:
    """The limit and what was reached, in words."""
    value = goal.value(figures) or 0.0
    if goal.scenario == "size":
        return f"{goal.limit / 1e6:g} MB", f"{value / 1e6:.1f} MB"
    if not goal.other and not goal.beside:
        return f"{goal.limit / 1000:g} ms", f"{value / 1000:.1f} ms"
    limit = f"1/{1 / goal.limit:.0f}" if goal.limit < 0.4 else f"{goal.limit:g}"
    than = goal.other or SCENARIOS[goal.beside].title
    more = f", or {goal.slack / 1000:g} ms more" if goal.slack else ""
    return f"{limit} of {than}{more}", _times(value)


def _cell(figures: Figures, name: str, client: str, base: str) -> str:
    value = middle(figures, name, client)
    if value is None:
        return "–"
    shown = _number(value, SCENARIOS[name])
    times = ratio(figures, name, client, base) if base and base != client else None
    return shown if times is None else f"{shown} ({_times(times)})"


def _number(value: float, scenario: Scenario) -> str:
    scaled = value / scenario.scale
    return (
        f"{scaled:.0f}" if scaled >= 100 else f"{scaled:.1f}" if scaled >= 10 else f"{scaled:.2f}"
    )


def _times(value: float) -> str:
    if value >= 10:
        return f"{value:.0f} ×"
    return f"{value:.2f} ×" if value >= 0.1 else f"{value:.3f} ×"


def aligned(rows: list[Row]) -> str:
    """Rows as text in columns, for a terminal."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    lines = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def markdown(rows: list[Row]) -> str:
    """Rows as a table of Markdown."""
    head, *body = rows
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in body)])


def versions_row(found: Mapping[str, str]) -> str:
    """Names with versions, for a sentence."""
    return ", ".join(f"{name} {version}" for name, version in found.items())
