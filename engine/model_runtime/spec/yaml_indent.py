"""Slips with the indent: a tab, or a line that stands deeper or less deep than its block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .yaml_lines import Line, indents, step_of
from .yaml_scene import Repair, Scene, uncommented

# How many lines may be the one that was moved, and how many indents each of them is tried with.
_MOST_SUSPECTS: Final = 8
_NEAR: Final = 4
_MOST_INDENTS: Final = 5
_TABS: Final = re.compile(r"[ ]*\t[ \t]*")


def tab(scene: Scene) -> Repair | None:
    """Tabs before a line's content; all lines that have them are mended at once."""
    if not _TABS.match(scene.here.text):
        return None
    step = step_of(scene.lines)
    texts: dict[int, str] = {}
    offset = 0
    for number, line in enumerate(scene.lines):
        if not (lead := _TABS.match(line.text)):
            continue
        width = len(lead[0].replace("\t", " " * step))
        if number - 1 not in texts:
            # In a run of such lines the first one says how deep the block stands.
            offset = _fitting(scene, number, width, step) - width
        texts[number] = " " * max(0, width + offset) + line.text[lead.end() :]
    more = len(texts) - 1
    others = f" {more} more line{'s have' if more > 1 else ' has'} tabs." if more else ""
    return Repair(
        line=scene.line,
        column=scene.here.text.index("\t"),
        message="a tab stands where YAML wants spaces.",
        help=f"Indent with spaces, {step} for each level.{others}",
        texts=texts,
    )


def _fitting(scene: Scene, number: int, width: int, step: int) -> int:
    """The indent that a line with tabs was probably meant to have."""
    above = scene.before(number)
    if above is None:
        return width
    other = scene.lines[above]
    below = next((line for line in scene.lines[number + 1 :] if line.is_own), None)
    if below is not None and not _TABS.match(below.text):
        if scene.lines[number].content.startswith("- ") and not below.has_dash:
            return below.indent - 2
        is_opening = uncommented(scene.lines[number].content).endswith(":")
        return below.indent - step if is_opening else max(below.indent, other.column)
    return other.column if other.given else other.column + step


def moved_line(scene: Scene) -> Repair | None:
    """A line that is indented otherwise than the block that it belongs to.

    Which line was moved is found by trying: the move after which most of the file can be read is
    the one that undoes the slip.
    """
    if scene.is_end or scene.here.is_inside:
        return None
    judged = [(scene.judge(move.texts), move) for move in _all_moves(scene)]
    furthest = max((score for score, _ in judged), default=(0, 0))
    if furthest[0] <= scene.line:
        return None
    moves = [move for score, move in judged if score == furthest]
    move = max(moves, key=lambda move: (-scene.doubts(move.texts), _likelihood(scene, move)))
    number, indent, texts = move.number, move.indent, move.texts
    line = scene.lines[number]
    neighbour = _neighbour(scene, number, indent)
    where = f", as line {neighbour + 1} is" if neighbour is not None else ""
    return Repair(
        line=number,
        column=line.indent,
        message=f"this line is indented by {_spaces(line.indent)}, which fits no block.",
        help=f"Indent it by {_spaces(indent)}{where}.",
        length=max(1, len(line.text.strip())),
        texts=texts,
    )


@dataclass(frozen=True, slots=True)
class _Move:
    """A line, the indent that it gets, and the new texts of the lines that go with it."""

    number: int
    indent: int
    texts: Mapping[int, str]


def _all_moves(scene: Scene) -> Iterator[_Move]:
    for number in _suspects(scene):
        for indent in _indents_for(scene, number):
            for texts in _moves(scene, number, indent):
                yield _Move(number, indent, texts)


def _suspects(scene: Scene) -> list[int]:
    """The lines that may have been moved: the scene's own, those near above it, and headings."""
    found = [scene.line]
    number = scene.before(scene.line)
    lowest = scene.here.indent
    while number is not None and len(found) < _MOST_SUSPECTS:
        line = scene.lines[number]
        if len(found) < _NEAR or line.indent < lowest:
            found.append(number)
            lowest = min(lowest, line.indent)
        number = scene.before(number)
    return found


def _indents_for(scene: Scene, number: int) -> list[int]:
    """The indents that a line may have been meant to have, nearest first."""
    own, step = scene.lines[number].indent, step_of(scene.lines)
    levels = {*indents(scene.lines, number), *indents(scene.lines, scene.line + 1)}
    for level in tuple(levels):
        levels |= {level + step, level - step}
    wanted = (level for level in levels if level >= 0 and level != own)
    return sorted(wanted, key=lambda level: abs(level - own))[:_MOST_INDENTS]


def _moves(scene: Scene, number: int, indent: int) -> Iterator[dict[int, str]]:
    """The new texts of a line at another indent: alone, and with what is deeper below it."""
    line = scene.lines[number]
    delta = indent - line.indent
    texts = {number: _shifted(line, delta)}
    yield dict(texts)
    for below in range(number + 1, len(scene.lines)):
        other = scene.lines[below]
        if other.is_own and other.indent <= line.indent:
            break
        if not other.is_blank or other.is_inside:
            texts[below] = _shifted(other, delta)
    if len(texts) > 1:
        yield texts


def _likelihood(scene: Scene, move: _Move) -> tuple[int, int, int, int, int]:
    """What makes a move likely, beside how far it leads: its indent, few lines, a short way."""
    step, own = step_of(scene.lines), scene.lines[move.number].indent
    is_odd = bool(own % step) and not move.indent % step
    above = (line for line in reversed(scene.lines[: move.number]) if line.is_own)
    outer = next((line.indent for line in above if line.indent < move.indent), move.indent)
    fits = move.indent - outer == step
    return is_odd, fits, -len(move.texts), -abs(move.indent - own), move.number


def _neighbour(scene: Scene, number: int, indent: int) -> int | None:
    """The nearest line that has an indent; of two, the one above."""
    fits = (n for n, line in enumerate(scene.lines) if line.is_own and line.indent == indent)
    return min(fits, key=lambda n: (abs(n - number), n), default=None)


def _shifted(line: Line, delta: int) -> str:
    return " " * max(0, line.indent + delta) + line.text.lstrip(" ")


def _spaces(count: int) -> str:
    return f"{count} space{'' if count == 1 else 's'}" if count else "no space"
