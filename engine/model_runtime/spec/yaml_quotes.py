"""Slips with quotes: not closed, closed too early, or missing where YAML wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from .yaml_scene import Repair, Scene, opened_in, uncommented

_RESERVED: Final = ("@", "`", "%")
_QUOTED: Final = re.compile(r"\"(?:\\.|[^\"\\])*\"|(?<=[\s\[{])'(?:''|[^'])*'")
_BEFORE_VALUE: Final = re.compile(r"(?:[:,{\[-]\s+|[{\[])$")


def not_closed(scene: Scene) -> Repair | None:
    """A quoted text that is not closed where it was meant to be."""
    last = scene.line
    found = next((q for q in scene.quotes if q.line <= last and (q.end or last) <= last), None)
    if found is None or (found.end is None and not scene.is_end):
        return None
    line = scene.lines[found.line]
    mark = line.text[found.column]
    if found.column + 1 == len(line.text.rstrip()):
        return _stray(scene, found.line, found.column)
    end = found.column + len(uncommented(line.text[found.column :]).rstrip())
    for _ in range(found.depth):
        if end > found.column + 1 and line.text[end - 1] in "}]":
            end -= 1
    tail = f" The next {mark}, in line {found.end + 1}, would close it." if found.end else ""
    return Repair(
        line=found.line,
        column=found.column,
        message=f"the quoted text that begins here is not closed in its line.{tail}",
        help=f"Write {mark} behind its last character.",
        length=end - found.column,
        texts={found.line: line.text[:end] + mark + line.text[end:]},
    )


def stray(scene: Scene) -> Repair | None:
    """A quote at a line's end, behind what is complete."""
    rest = scene.here.text[scene.column :].rstrip()
    is_stray = rest in ('"', "'") and scene.column > scene.here.indent
    return _stray(scene, scene.line, scene.column) if is_stray else None


def _stray(scene: Scene, line: int, column: int) -> Repair:
    text = scene.lines[line].text
    return Repair(
        line=line,
        column=column,
        message=f"this {text[column]} closes nothing; a text begins with it that has no end.",
        help="Remove it, or write the other one before the text.",
        texts={line: text[:column]},
    )


def text_behind(scene: Scene) -> Repair | None:
    """Text behind a quoted text, on the same line."""
    text = scene.here.text
    lead = text[: scene.column].rstrip()
    is_start = scene.column <= scene.here.indent
    if scene.is_end or is_start or lead[-1] not in "'\"" or scene.found in "'\"}]":
        return None
    mark = lead[-1]
    if text.count(mark) % 2:
        return _ends_too_late(scene, mark, len(lead) - 1)
    rest = uncommented(text[scene.column :])
    if rest.startswith(","):
        help = "Remove it; or put [ and ] around the whole, for a list."
    elif mark == '"':
        help = r"Close the quotes behind the last word. A quote inside them is written \"."
    else:
        help = "Close the quotes behind the last word. A ' inside them is written twice."
    is_flow = bool(opened_in(lead[scene.here.value :]))
    return Repair(
        line=scene.line,
        column=scene.column,
        message=f"text stands behind the closing {mark}.",
        help=help,
        length=max(1, len(rest)),
        texts={scene.line: "" if is_flow else lead + text[scene.column + len(rest) :]},
    )


def _ends_too_late(scene: Scene, mark: str, end: int) -> Repair:
    """A quoted text without its end, which another text's first quote was taken for."""
    text = scene.here.text
    start = max(text.rfind(mark, 0, end), 0)
    return Repair(
        line=scene.line,
        column=start,
        message=f"the quoted text that begins here ends where the next {mark} was to begin one.",
        help=f"Write {mark} behind its last character.",
        length=end - start + 1,
        texts={scene.line: ""},
    )


def bare_expression(scene: Scene) -> Repair | None:
    """An expression without quotes, with other text around it."""
    line = scene.here
    bare = _QUOTED.sub(lambda found: "_" * len(found[0]), line.text)
    start = next((n for n in _all("{{", bare) if _BEFORE_VALUE.search(bare[:n])), None)
    if start is None or line.is_inside:
        return None
    lead = line.text[:start]
    value = uncommented(line.text[start:])
    if opened_in(lead[line.value :]):
        inner = re.match(r"(?:\{\{.*?\}\}|[^,}\]])+", value)
        value = inner[0] if inner else value
    value = value.rstrip()
    if value[-1] in "'\"" and value.count(value[-1]) % 2:
        quoted = f"{value[-1]}{value}"
    else:
        quote = "'" if '"' in value else '"'
        quoted = f"{quote}{value}{quote}"
    return Repair(
        line=scene.line,
        column=start,
        code="Y005",
        message="an expression in {{ }} without quotes is read as a map.",
        help=f"Put quotes around the whole text: {quoted}",
        length=2,
        texts={scene.line: lead + quoted + line.text[start + len(value) :]},
    )


def _all(part: str, text: str) -> Iterator[int]:
    return (found.start() for found in re.finditer(re.escape(part), text))


def reserved_letter(scene: Scene) -> Repair | None:
    """A text that begins with a character which YAML keeps for itself."""
    text, column = scene.here.text, scene.column
    is_star = "alphabetic or numeric" in scene.problem
    if is_star and scene.opened is not None and scene.opened[0] == scene.line:
        column = scene.opened[1]
    found = text[column : column + 1]
    if not (is_star or ("cannot start any token" in scene.problem and found in _RESERVED)):
        return None
    is_flow = bool(opened_in(text[scene.here.value : column])) or scene.here.is_inside
    end = r"\s*(?:[,}\]]|:\s|$)" if is_flow else r"\s*(?::\s|\s#|$)"
    value = re.match(rf".+?(?={end})", text[column:])
    word = value[0] if value else found
    rest = text[column + len(word) :]
    if word[-1] in "'\"" and word.count(word[-1]) % 2:
        # The quote at its end was meant to have one at its beginning.
        word = word[:-1]
    return Repair(
        line=scene.line,
        column=column,
        message=f"a text may not begin with {found} in YAML.",
        help=f'Put quotes around it: "{word}"',
        length=len(word),
        texts={scene.line: f'{text[:column]}"{word}"{rest}'},
    )


def unknown_escape(scene: Scene) -> Repair | None:
    """A backslash in double quotes, before a letter that means nothing there."""
    text = scene.here.text
    start = text.rfind("\\", 0, scene.column + 1)
    if "escape" not in scene.problem or start < 0:
        return None
    return Repair(
        line=scene.line,
        column=start,
        message=f"{text[start : start + 2]} is no escape that YAML knows in double quotes.",
        help="Write the backslash twice, or use single quotes.",
        length=2,
        texts={scene.line: text[:start] + "\\" + text[start:]},
    )
