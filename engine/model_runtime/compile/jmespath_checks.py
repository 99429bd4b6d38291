"""Reads the text of an extractor and tells its faults (R401, R402, R403) before anything runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Findings
from model_runtime.location import Place
from model_runtime.patterns import compile_regex
from model_runtime.spec.similar import close_match

from .jmespath_closures import steps_of
from .jmespath_functions import Node, library
from .jmespath_growth import GROWTH_LIMIT, growth
from .jmespath_words import explained

TEXT_LIMIT: Final = 1_000
NESTING_LIMIT: Final = 64
_SHORTER: Final = "Write a shorter path, or several extractors."

_QUOTED: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|`(?:\\.|[^`\\])*`", re.DOTALL)
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


class Checker:
    """Notes the faults of one expression at their columns."""

    __slots__ = ("_findings", "_place", "is_sound", "text")

    def __init__(self, text: str, findings: Findings, place: Place | None) -> None:
        self.text = text
        self.is_sound = True
        self._findings = findings
        self._place = place

    def read(self) -> Node | None:
        """Return the tree of a sound expression, or note what is wrong with it."""
        if fault := _limit_fault(self.text):
            self._refuse("R401", fault, help=_SHORTER)
            return None
        node = self._parse()
        if node is None:
            return None
        if _depth(node) > NESTING_LIMIT:
            told = f"the expression is nested deeper than {NESTING_LIMIT}"
            self._refuse("R401", told, help=_SHORTER)
            return None
        if (times := growth(node)) > GROWTH_LIMIT:
            self._refuse(
                "R401",
                f"the result could be {times} times as large as the reply, at most "
                f"{GROWTH_LIMIT} are allowed",
                help="Name each value once.",
            )
            return None
        self._check_functions(node)
        for part in _nodes_in_text_order(node):
            self._check_slice(part)
            self._check_default(part)
            self._check_comparison(part)
        return node if self.is_sound else None

    def _refuse(self, code: str, message: str, offset: int = 0, **more: Any) -> None:
        self.is_sound = False
        place = self._place.within(offset) if self._place else None
        self._findings.add(code, message, place, **more)

    def _parse(self) -> Node | None:
        try:
            return library().parse(self.text)
        except PendingDeprecationWarning:
            told = "a text in backticks without quotes"
            self._refuse("R401", told, help="Write it in single quotes.")
        except RecursionError:
            told = f"the expression is nested deeper than {NESTING_LIMIT}"
            self._refuse("R401", told, help=_SHORTER)
        except (ValueError, IndexError, KeyError) as fault:
            self._tell_syntax(min(getattr(fault, "lex_position", 0), len(self.text)))
        return None

    def _tell_syntax(self, offset: int) -> None:
        if not self.text:
            help = "Write a path; `@` reads the whole reply."
            self._refuse("R401", "an extractor cannot be empty", help=help)
            return
        message, help, where = explained(self.text, offset)
        self._refuse("R401", f"{_quote(self.text)} is not JMESPath: {message}", where, help=help)

    def _check_functions(self, node: Node) -> None:
        calls = [n for n in _nodes_in_text_order(node) if n["type"] == "function_expression"]
        for call, offset in zip(calls, _call_offsets(self.text), strict=False):
            self._check_function(call, offset)

    def _check_function(self, call: Node, offset: int) -> None:
        name, table = call["value"], library().table
        if name not in table:
            hint = close_match(name, table)
            self._refuse(
                "R402",
                f"unknown function '{name}'.",
                offset,
                hint=hint,
                help="" if hint else f"Known: {', '.join(sorted(table))}.",
                length=len(name),
            )
            return
        fault = _arity_fault(name, len(call["children"]), table[name]["signature"])
        if not fault and name == "regex_extract":
            fault = _pattern_fault(call["children"][1])
        if fault:
            help = "Write its arguments in brackets, with commas between them."
            self._refuse("R402", fault, offset, help=help, length=len(name))

    def _check_slice(self, node: Node) -> None:
        if node["type"] == "slice" and node["children"][2] == 0:
            told = f"a slice of {_quote(self.text)} has the step 0"
            self._refuse("R401", told, help="Write another step, or none.")

    def _check_comparison(self, node: Node) -> None:
        """Warn of `code == too_long`, which compares with a field of that name."""
        if node["type"] != "comparator" or node["value"] not in ("eq", "ne"):
            return
        left, right = node["children"]
        if right["type"] != "field" or left["type"] in ("literal", "field"):
            return
        name = str(right["value"])
        found = re.search(rf"[!=]=\s*({re.escape(name)})\b", self.text)
        offset = found.start(1) if found else 0
        self._findings.add(
            "R410",
            f"{_quote(self.text)} compares with a field named `{name}`",
            self._place.within(offset) if self._place else None,
            severity="warning",
            help=f"Write '{name}' in single quotes for the text, @.{name} for the field.",
            length=len(name),
        )

    def _check_default(self, node: Node) -> None:
        """Warn of `path || 'default'`, which also replaces an empty text."""
        if node["type"] != "or_expression" or steps_of(node["children"][0]) is None:
            return
        second = node["children"][1]
        value = second["value"] if second["type"] == "literal" else None
        if isinstance(value, (str, int, float)) and not isinstance(value, bool) and value != "":
            self._findings.add(
                "R403",
                f"{_quote(self.text)}: '||' also replaces an empty text",
                self._place,
                severity="warning",
                help="Use not_null(a, b) to replace null alone.",
            )


def _limit_fault(text: str) -> str:
    # Before the lexer sees it: a literal of a megabyte keeps jmespath's lexer busy for minutes.
    if len(text) > TEXT_LIMIT:
        return f"the expression has {len(text)} characters, at most {TEXT_LIMIT} are allowed"
    nesting = deepest = 0
    for character in _QUOTED.sub("", text):
        if character in _OPENING:
            nesting += 1
            deepest = max(deepest, nesting)
        elif character in _CLOSING:
            nesting -= 1
    if deepest > NESTING_LIMIT:
        return f"brackets are nested {deepest} deep, at most {NESTING_LIMIT} are allowed"
    return ""


def _depth(node: Node) -> int:
    """Count the levels of a tree without recursion: it may be deeper than Python's stack."""
    depth, level = 0, [node]
    while level:
        depth += 1
        level = [child for parent in level for child in _children(parent)]
    return depth


def _children(node: Node) -> list[Node]:
    return [child for child in node["children"] if isinstance(child, Mapping)]


def _nodes_in_text_order(node: Node) -> Iterator[Node]:
    yield node
    children = _children(node)
    if node["type"] == "filter_projection":
        base, element, condition = children
        children = [base, condition, element]
    for child in children:
        yield from _nodes_in_text_order(child)


def _call_offsets(text: str) -> list[int]:
    tokens = library().tokens(text)
    return [
        token["start"]
        for token, following in zip(tokens, tokens[1:], strict=False)
        if token["type"] == "unquoted_identifier" and following["type"] == "lparen"
    ]


def _arity_fault(name: str, count: int, signature: tuple[Mapping[str, Any], ...]) -> str:
    wanted = len(signature)
    is_variadic = bool(signature) and bool(signature[-1].get("variadic"))
    if count == wanted or (is_variadic and count > wanted):
        return ""
    least = "at least " if is_variadic else ""
    plural = "" if wanted == 1 else "s"
    return f"{name}() takes {least}{wanted} argument{plural}, here it has {count}"


def _pattern_fault(node: Node) -> str:
    if node["type"] != "literal" or not isinstance(node["value"], str):
        return "the pattern of regex_extract() must be a text in single quotes"
    try:
        compile_regex(node["value"])
    except ValueError as fault:
        return f"the pattern {_quote(node['value'])} of regex_extract(): {fault}"
    return ""


def _quote(text: str, limit: int = 60) -> str:
    return ascii(text if len(text) <= limit else f"{text[:limit]}...")
