"""The chart of the README: bars, one panel for each scenario, as SVG without any library."""

from __future__ import annotations

from html import escape
from typing import Final

from rounds import Figures, known
from tables import ratio

PANELS: Final = (
    ("chat", "a call"),
    ("stream", "a streamed chunk"),
    ("import", "the import"),
    ("begin", "a process up to its first reply"),
)
LEFT_OUT: Final = ("httpx+orjson", "aiohttp+orjson", "httpx-aiohttp")
BASE: Final = "httpx"
WIDTH: Final = 860
NAME: Final = 150
BAR: Final = 200
ROW: Final = 20
HEAD: Final = 34
GAP: Final = 26
STYLE: Final = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.bar { fill: #9aa4af } .ours { fill: #2da44e } .base { fill: #0969da }
@media (prefers-color-scheme: dark) {
  text { fill: #d0d7de }
  .bar { fill: #6e7681 }
}
"""


def draw(figures: Figures) -> str:
    """Return the chart: CPU time in units of raw httpx, panel beside panel."""
    panels = [(name, title, _bars(figures, name)) for name, title in PANELS]
    panels = [panel for panel in panels if panel[2]]
    parts: list[str] = []
    top = 0
    for index in range(0, len(panels), 2):
        row = panels[index : index + 2]
        for column, (_, title, bars) in enumerate(row):
            parts.append(_panel(column * WIDTH // 2, top, title, bars))
        top += HEAD + ROW * max(len(bars) for _, _, bars in row) + GAP
    label = "CPU time beside raw httpx; shorter is better"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img" '
        f'aria-label="{label}">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _bars(figures: Figures, scenario: str) -> list[tuple[str, float]]:
    """The libraries of a panel with their ratios, the cheapest first."""
    names = [name for name in known(figures.get(scenario, {})) if name not in LEFT_OUT]
    found = [(name, ratio(figures, scenario, name, BASE)) for name in names]
    return sorted(((name, value) for name, value in found if value), key=lambda bar: bar[1])


def _panel(left: int, top: int, title: str, bars: list[tuple[str, float]]) -> str:
    longest = max(value for _, value in bars)
    lines = [f'<text class="title" x="{left}" y="{top + 16}">CPU of {escape(title)}</text>']
    for index, (name, value) in enumerate(bars):
        middle = top + HEAD + index * ROW
        kind = "ours" if name.startswith("model-runtime") else "base" if name == BASE else "bar"
        width = max(1.0, BAR * value / longest)
        bar = left + NAME
        shown = f"{value:.0f}" if value >= 10 else f"{value:.2f}"
        lines.append(
            f'<text x="{bar - 8}" y="{middle + 9}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{kind}" x="{bar}" y="{middle - 3}" width="{width:.1f}" height="14"/>'
            f'<text x="{bar + width + 6:.1f}" y="{middle + 9}">{shown} ×</text>'
        )
    return "\n".join(lines)
