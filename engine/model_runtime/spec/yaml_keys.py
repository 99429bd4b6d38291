"""Slips with keys and with the items of lists: what is missing around a colon or a dash."""

from __future__ import annotations

import re
from typing import Final

from .yaml_lines import Line
from .yaml_scene import SECOND_DOCUMENT, WORD, Repair, Scene, uncommented

_STRAY: Final = re.compile(rf"({WORD}):['\"}}\]]()")
_GLUED: Final = re.compile(rf"({WORD}):(?!//)(\S.*)")
_EQUALS: Final = re.compile(rf"({WORD})\s*=\s*(.*)")
_BLANK: Final = re.compile(rf"({WORD})[ ]+(\S.*)")
_ALONE: Final = re.compile(rf"({WORD})()")
_GLUED_DASH: Final = re.compile(r"\s*-(?=[A-Za-z_{\"'])")
# The first that fits says what is missing in a line that should hold a key.
_FORMS: Final = (
    (_STRAY, "what stands behind the colon of `{}` closes nothing."),
    (_GLUED, "a space is missing behind the colon of `{}`."),
    (_EQUALS, "`{}` is followed by `=`; expected a colon and a space."),
    (_BLANK, "the colon behind the key `{}` is missing."),
    (_ALONE, "the colon behind the key `{}` is missing."),
)


def missing_colon(scene: Scene) -> Repair | None:
    """A key without its colon, or without the space behind it."""
    opened = scene.opened[0] if scene.opened else None
    candidates = (scene.line, scene.before(scene.line), opened)
    for number in candidates:
        if number is None or not _lacks_key(scene, number):
            continue
        line = scene.lines[number]
        content = uncommented(line.content)
        if line.has_dash and _ALONE.fullmatch(content):
            return _item_without_key(line, number)
        matches = ((form.fullmatch(content), message) for form, message in _FORMS)
        for found, message in matches:
            if found:
                mended = f"{found[1]}: {found[2]}".rstrip()
                return Repair(
                    line=number,
                    column=line.column,
                    message=message.format(found[1]),
                    help=f"Write `{mended}`.",
                    length=len(found[1]),
                    texts={number: line.text[: line.column] + mended},
                )
    return None


def _item_without_key(line: Line, number: int) -> Repair:
    """An item that begins with a value, where keys stand below it."""
    return Repair(
        line=number,
        column=line.column,
        message=f"a key and a colon are missing before `{line.content}`.",
        help=f"Write `- key: {line.content}`.",
        length=len(line.content),
        texts={number: f"{line.text[: line.column]}x-text: {line.content}"},
    )


def _lacks_key(scene: Scene, number: int) -> bool:
    line = scene.lines[number]
    if not line.is_own or line.key or not line.content:
        return False
    above = scene.before(number)
    if above is None:
        return True
    # A line below a plain text, and deeper than it, goes on with that text.
    given = scene.lines[above].given
    goes_on = line.indent > scene.lines[above].column
    return not (goes_on and given and given[0] not in "{[\"'|>#")


def second_colon(scene: Scene) -> Repair | None:
    """A value that holds a colon and a space."""
    line = scene.here
    value = uncommented(line.given)
    if "mapping values" not in scene.problem or not value or scene.column < line.value:
        return None
    if value[0] in "'\"{[":
        return None
    quote = "'" if '"' in value or "\\" in value else '"'
    inner = re.match(r"[a-z_]+:\s+\S", value)
    or_below = f"; a map goes into the lines below, or into {{ }}: {{{value}}}" if inner else ""
    return Repair(
        line=scene.line,
        column=scene.column,
        message="a second ': ' stands in one line.",
        help=f"Put quotes around text that holds ': '{or_below}.",
        texts={scene.line: f"{line.text[: line.value].rstrip()} {quote}{value}{quote}"},
    )


def glued_dash(scene: Scene) -> Repair | None:
    """An item of a list whose dash has no space behind it."""
    for number in (scene.line, scene.before(scene.line)):
        line = scene.lines[number] if number is not None else scene.here
        found = _GLUED_DASH.match(line.text)
        if number is not None and found and not line.is_inside:
            end = found.end()
            return Repair(
                line=number,
                column=end - 1,
                message="a space is missing behind the dash of this item.",
                help=f"Write `- {line.text[end:].strip()}`.",
                texts={number: f"{line.text[:end]} {line.text[end:]}"},
            )
    return None


def missing_dash(scene: Scene) -> Repair | None:
    """An item of a list without its dash, among items that have one."""
    number = _first_of_item(scene) if scene.here.has_dash else scene.before(scene.line)
    above = scene.before(number) if number is not None else None
    if number is None or above is None or scene.lines[above].given:
        return None
    line = scene.lines[number]
    if line.has_dash or scene.lines[above].indent >= line.indent:
        return None
    if scene.here.has_dash:
        lead = line.text[: line.indent - 2]
    elif scene.here.indent > line.indent and _has_dashes_below(scene, number):
        lead = line.text[: line.indent]
    else:
        return None
    return Repair(
        line=number,
        column=line.column,
        message="the dash before this item of the list is missing.",
        help=f"Write `- {line.content}`.",
        texts={number: f"{lead}- {line.content}"},
    )


def _first_of_item(scene: Scene) -> int | None:
    """The first line of what stands above an item, in the column of its content."""
    first, number = None, scene.before(scene.line)
    while number is not None and scene.lines[number].indent >= scene.here.column:
        first = number
        number = scene.before(number)
    fits = first is not None and scene.lines[first].indent == scene.here.column
    return first if fits else None


def _has_dashes_below(scene: Scene, number: int) -> bool:
    """Whether the block of a line holds items with a dash in its column."""
    indent = scene.lines[number].indent
    for line in scene.lines[number:]:
        if line.is_own and line.indent < indent:
            return False
        if line.has_dash and line.indent == indent:
            return True
    return False


def list_behind_key(scene: Scene) -> Repair | None:
    """A list that begins behind its key, on the same line."""
    line = scene.here
    if "block sequence entries" not in scene.problem or not line.key:
        return None
    return Repair(
        line=scene.line,
        column=scene.column,
        message=f"an item of a list may not stand behind `{line.key}:` on the same line.",
        help="Write it in the line below, indented, or the whole list in [ ].",
        texts={scene.line: line.text[: line.value].rstrip(), **_below(scene)},
    )


def second_document(scene: Scene) -> Repair | None:
    """A line that ends the document in the middle of it."""
    if scene.problem != SECOND_DOCUMENT:
        return None
    return Repair(
        line=scene.line,
        column=0,
        message="a second document begins here; a file holds one.",
        help="Remove the line ---, or move what is below it into a file of its own.",
        length=3,
        texts={scene.line: ""},
    )


def no_key(scene: Scene) -> Repair | None:
    """A line of another kind among keys: a comment of another language, say."""
    if "could not find expected ':'" not in scene.problem or scene.opened is None:
        return None
    line = scene.lines[scene.opened[0]]
    return Repair(
        line=scene.opened[0],
        column=line.indent,
        message="this line holds no key.",
        help="Write `key: value`; a comment begins with #.",
        length=max(1, len(line.text.strip())),
        texts={scene.opened[0]: ""},
    )


def _below(scene: Scene) -> dict[int, str]:
    """What goes on in the lines below with an item that is left out."""
    texts = {}
    for number in range(scene.line + 1, len(scene.lines)):
        line = scene.lines[number]
        if not line.is_blank and (line.indent <= scene.here.indent or line.has_dash):
            break
        texts[number] = ""
    return texts
