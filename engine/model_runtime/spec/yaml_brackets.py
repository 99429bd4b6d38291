"""Slips with the brackets of maps and lists that stand on one line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from .yaml_lines import Bracket
from .yaml_scene import Repair, Scene, opened_in, uncommented

_CLOSERS: Final = {"{": "}", "[": "]"}


def unmatched(scene: Scene) -> Repair | None:
    """A bracket that is never closed, closes nothing, or is closed by the other one."""
    above = scene.lines[scene.line - 1].brackets if scene.line else ()
    if scene.is_end:
        return _never_closed(scene, scene.here.brackets)
    if above and scene.here.indent <= scene.lines[above[0].line].indent:
        return _never_closed(scene, above)
    if above or scene.found not in ("}", "]"):
        return None
    text = scene.here.text
    opened = opened_in(text[scene.here.value or scene.here.column : scene.column])
    wanted = _CLOSERS.get(opened, "")
    if wanted == scene.found:
        return None
    rest = text[scene.column + 1 :]
    if wanted and opened_in(text[: scene.column].replace(opened, "", 1)) and not opened_in(rest):
        # One bracket of two is missing: the one that is there closes the outer one.
        rest = scene.found + rest
        message, help = f"a {opened} is not closed before this {scene.found}.", f"Write {wanted}."
    elif wanted:
        message, help = f"a {opened} is closed by {scene.found}.", f"Write {wanted} instead."
    else:
        message = f"this {scene.found} closes nothing."
        help = "Remove it, or write the bracket that it closes."
    return Repair(
        line=scene.line,
        column=scene.column,
        message=message,
        help=help,
        texts={scene.line: text[: scene.column] + wanted + rest},
    )


def _never_closed(scene: Scene, brackets: Sequence[Bracket]) -> Repair | None:
    if not brackets:
        return None
    last = brackets[-1]
    end = scene.line + 1 if scene.is_end else scene.line
    number = max(n for n in range(last.line, end) if scene.lines[n].text.strip())
    opener = scene.lines[last.line].text[last.column]
    closers = "".join(bracket.closer for bracket in reversed(brackets))
    mended = uncommented(scene.lines[number].text).rstrip().rstrip(",")
    return Repair(
        line=last.line,
        column=last.column,
        message=f"this {opener} is not closed.",
        help=f"Write {last.closer} behind the last value; or, if it is text, quotes around it.",
        texts={number: mended + closers},
    )


def bracket_in_text(scene: Scene) -> Repair | None:
    """A text without quotes inside brackets that holds a bracket itself."""
    if scene.found not in ("[", "{", "?") or "expected ',' or" not in scene.problem:
        return None
    text = scene.here.text
    lead = re.match(r"(?:.*[,{\[]\s+|.*:\s+|.*[{\[])?", text[: scene.column])
    start = lead.end() if lead else scene.column
    end = re.compile(r"(?:\[[^\]]*\]|[^,}])*").match(text, start)
    word = end[0].rstrip() if end else scene.found
    return Repair(
        line=scene.line,
        column=scene.column,
        code="Y005",
        message=f"the text here holds {scene.found}, which means something in {{ }} and [ ].",
        help=f'Put quotes around the whole text: "{word}"',
        texts={scene.line: f'{text[:start]}"{word}"{text[start + len(word) :]}'},
    )


def missing_comma(scene: Scene) -> Repair | None:
    """A comma that is missing between two pairs or items."""
    if "expected ',' or" not in scene.problem or scene.is_end:
        return None
    text = scene.here.text
    column, message = scene.column, "a comma is missing before this."
    if scene.found == ":":
        # `{a: one b: two}`: the parser takes `one b` for one text.
        word = re.search(r"\S+\s*$", text[: scene.column])
        column = word.start() if word else scene.column
        message = "a second ': ' stands in one value."
    return Repair(
        line=scene.line,
        column=column,
        message=message,
        help="Write a comma between two pairs; text that holds ': ' or ', ' needs quotes.",
        texts={scene.line: f"{text[:column].rstrip()}, {text[column:]}"},
    )
