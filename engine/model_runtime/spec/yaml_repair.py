"""Where YAML text really goes wrong, in an author's words, and how to read on behind it.

A parser tells the place at which it gives up; a missing colon or quote is told lines too late, in
words of its grammar, and everything below stays unread. Each kind of slip has a function that
looks at the lines around that place. It says what is wrong and what to write, and gives the lines
as they were probably meant, so that the rest of the file is checked, too.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Final

from . import yaml_brackets, yaml_indent, yaml_keys, yaml_quotes
from .yaml_scene import Repair, Scene
from .yaml_syntax import syntax_words

# In this order: a slip that explains the others comes first.
SLIPS: Final[tuple[Callable[[Scene], Repair | None], ...]] = (
    yaml_keys.second_document,
    yaml_indent.tab,
    yaml_quotes.bare_expression,
    yaml_quotes.stray,
    yaml_quotes.not_closed,
    yaml_quotes.unknown_escape,
    yaml_brackets.unmatched,
    yaml_quotes.reserved_letter,
    yaml_quotes.text_behind,
    yaml_brackets.bracket_in_text,
    yaml_brackets.missing_comma,
    yaml_keys.glued_dash,
    yaml_keys.list_behind_key,
    yaml_keys.missing_colon,
    yaml_keys.second_colon,
    yaml_keys.missing_dash,
    yaml_keys.no_key,
    yaml_indent.moved_line,
)


def repair_of(scene: Scene, told: Set[int]) -> Repair:
    """The slip that a scene shows. One that has no name costs its line and what is below it.

    So does a line in `told`, which was mended before and is no YAML yet.
    """
    found = next((slip for find in SLIPS if (slip := find(scene)) is not None), None)
    if found is not None and found.line not in told and scene.line not in told:
        return found
    line, column = scene.line, scene.column
    if found is not None and scene.line not in told:
        line, column = found.line, found.column
    message, help = syntax_words(scene.problem, scene.found)
    return Repair(line=line, column=column, message=message, help=help, texts=blank(scene, line))


def blank(scene: Scene, number: int) -> dict[int, str]:
    """The texts that leave out a line and what is indented below it."""
    texts = {number: ""}
    for below in range(number + 1, len(scene.lines)):
        line = scene.lines[below]
        if line.is_own and line.indent <= scene.lines[number].indent:
            break
        texts[below] = ""
    return texts
