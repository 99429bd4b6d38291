"""The bench itself: figures to ratios, goals, tables and the chart."""

from __future__ import annotations

from xml.etree import ElementTree

import chart
import pytest
from clients import CLIENTS
from goals import FAST, GOALS, PLAIN, Goal
from scenarios import SCENARIOS
from tables import aligned, cost_rows, goal_rows, growth_rows, markdown

FIGURES: dict[str, dict[str, list[float | None]]] = {
    "chat": {"httpx": [400.0, 100.0, None], PLAIN: [100.0, 50.0, 70.0]},
    "list_cold": {PLAIN: [900_000.0]},
}


def test_ratio_is_the_median_of_the_rounds() -> None:
    """Rounds are compared one by one, and a round that failed counts for nobody."""
    assert Goal("chat", PLAIN, 0.75, "httpx").value(FIGURES) == pytest.approx(0.375)


@pytest.mark.parametrize(
    ("goal", "is_met"),
    [
        (Goal("chat", PLAIN, 0.375, "httpx"), True),
        (Goal("chat", PLAIN, 0.374, "httpx"), False),
        (Goal("chat", "httpx", 2.0, PLAIN), False),
        (Goal("chat", "httpx", 2.0, PLAIN, slack=175.0), True),
        (Goal("list_cold", PLAIN, 1e6), True),
        (Goal("chat", FAST, 1.0, "httpx"), None),
        (Goal("stream", PLAIN, 1.0, "httpx"), None),
    ],
)
def test_goal_is_met_at_its_limit_or_within_its_slack(goal: Goal, is_met: bool | None) -> None:
    """A goal holds up to its limit; what was not measured is neither met nor missed."""
    assert goal.is_met(FIGURES) is is_met


def test_every_goal_names_what_is_measured() -> None:
    """No goal is left out of a run because a name in it is misspelt."""
    for goal in GOALS:
        assert goal.scenario in SCENARIOS or goal.scenario == "size"
        assert not goal.beside or goal.beside in SCENARIOS
        assert goal.client in CLIENTS and (not goal.other or goal.other in CLIENTS)
        clients = SCENARIOS[goal.scenario].clients if goal.scenario != "size" else tuple(CLIENTS)
        assert goal.client in clients and (not goal.other or goal.other in clients)


def test_tables_show_medians_with_ratios() -> None:
    """Every library has a row, every scenario a column, and the base has no ratio."""
    assert cost_rows(FIGURES, ["chat"]) == [
        ("", "a call, µs"),
        ("httpx", "250"),
        (PLAIN, "70.0 (0.38 ×)"),
    ]
    assert growth_rows(FIGURES, ["list_cold"])[1] == (PLAIN, "900")
    assert goal_rows(FIGURES)[1] == ("a call", PLAIN, "0.75 of httpx", "0.38 ×", "met")


def test_tables_are_aligned_and_valid_markdown() -> None:
    """A terminal gets columns, a page gets a table."""
    rows = [("a", "bb"), ("cccc", "d")]
    assert aligned(rows) == "a     bb\ncccc  d"
    assert markdown(rows) == "| a | bb |\n| --- | --- |\n| cccc | d |"


def test_chart_is_svg_with_a_bar_for_each_library() -> None:
    """The chart is well-formed, has a text for those who do not see it, and a panel of bars."""
    root = ElementTree.fromstring(chart.draw(FIGURES))
    bars = root.findall("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["ours", "base"]
    assert root.get("aria-label")
