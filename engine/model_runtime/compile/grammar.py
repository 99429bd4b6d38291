"""Template text to Jinja's tree: the one place that imports Jinja.

Jinja is the grammar only. Its lexer gives tokens, each is told where it stands in the text, and
its parser builds the tree; the `lineno` of every node is then a character offset, so that a
fault is shown at its exact column. Limits are held before the parser runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from .template_words import explained

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

MAX_EXPRESSION: Final = 1_000
MAX_NODES: Final = 200
MAX_NESTING: Final = 50

_SPLIT: Final = "Split it with $if, $switch or a fragment."
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_BLOCKS: Final = frozenset({"block_begin", "raw_begin", "linestatement_begin"})

Token = tuple[int, str, str]


class Refused(Exception):
    """Text that is not in the language; `offset` counts characters from the start of the text."""

    def __init__(self, code: str, message: str, offset: int, *, help: str = "") -> None:
        self.code = code
        self.message = message
        self.offset = max(0, offset)
        self.help = help
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of template text: literal text, or an expression's tree with its source."""

    text: str
    tree: nodes.Expr | None = None


@lru_cache(maxsize=4096)
def read_pieces(text: str) -> tuple[Piece, ...]:
    """Split template text into literals and expressions. Raise Refused when it cannot be read."""
    tokens = list(_located(text))
    sources = _check_tokens(tokens)
    outputs = _parse(tokens, text)
    pieces = tuple(_pieces(outputs, sources))
    # Jinja drops one newline at the end: right for a lone expression in a YAML block, not for text.
    if text.endswith("\n") and not (len(pieces) == 1 and pieces[0].tree):
        return (*pieces, Piece("\n"))
    return pieces


def read_expression(text: str) -> Piece:
    """Read text that is an expression without braces. Offsets count from its first character."""
    try:
        pieces = read_pieces("{{ " + text + " }}")
    except Refused as error:
        raise Refused(error.code, error.message, error.offset - 3, help=error.help) from None
    if len(pieces) != 1 or pieces[0].tree is None:
        raise Refused(
            "T301", f"`{text}` is more than one expression", 0, help="Write one, without braces."
        )
    return pieces[0]


@cache
def _environment() -> Environment:
    from jinja2 import Environment

    # Nothing is rendered by Jinja and the output is no HTML, so there is nothing to escape.
    return Environment(autoescape=False)


def _located(text: str) -> Iterator[Token]:
    """The raw tokens with their offset in place of Jinja's line number."""
    from jinja2 import TemplateSyntaxError

    position = 0
    try:
        for _, kind, value in _environment().lex(text):
            found = text.find(value, position)
            offset = found if found >= 0 else position
            yield offset, kind, value
            position = offset + len(value)
    except TemplateSyntaxError as error:
        raise _not_read(error.message, text, position) from None


def _check_tokens(tokens: list[Token]) -> list[str]:
    """Hold the limits and return the source of each expression, in order."""
    sources: list[str] = []
    start = depth = 0
    inside: list[str] = []
    for offset, kind, value in tokens:
        if kind in _BLOCKS:
            message = "`{% %}` blocks are not part of the language; it has expressions only"
            raise Refused("T304", message, offset, help="Use $if, $each or $switch.")
        if kind == "variable_begin":
            start, depth, inside = offset + len(value), 0, []
        elif kind == "variable_end":
            sources.append("".join(inside).strip())
        elif kind != "data":
            inside.append(value)
            depth = _nesting(depth, kind, value, offset)
            _check_length(offset + len(value) - start, start)
    return sources


def _nesting(depth: int, kind: str, value: str, offset: int) -> int:
    if kind != "operator":
        return depth
    depth += (value in _OPENING) - (value in _CLOSING)
    if depth > MAX_NESTING:
        raise Refused("T301", f"brackets nested deeper than {MAX_NESTING}", offset, help=_SPLIT)
    return depth


def _check_length(length: int, start: int) -> None:
    if length > MAX_EXPRESSION + 2:
        message = f"an expression longer than {MAX_EXPRESSION} characters"
        raise Refused("T301", message, start, help=_SPLIT)


def _parse(tokens: list[Token], text: str) -> list[nodes.Expr]:
    from jinja2 import TemplateSyntaxError, nodes
    from jinja2.lexer import TokenStream
    from jinja2.parser import Parser

    environment = _environment()
    parser = Parser(environment, "")
    try:
        # Making the stream reads the first token, which may already be faulty.
        parser.stream = TokenStream(environment.lexer.wrap(tokens), None, None)
        body = parser.parse().body
    except TemplateSyntaxError as error:
        raise _not_read(error.message, text, error.lineno) from None
    except RecursionError:
        raise Refused("T301", "an expression nested too deeply", 0, help=_SPLIT) from None
    outputs: list[nodes.Expr] = []
    for part in body:
        if isinstance(part, nodes.Output):
            outputs.extend(part.nodes)
    return outputs


def _pieces(outputs: list[nodes.Expr], sources: list[str]) -> Iterator[Piece]:
    from jinja2 import nodes

    expressions = iter(sources)
    for output in outputs:
        if isinstance(output, nodes.TemplateData):
            yield Piece(output.data)
        else:
            _check_size(output)
            yield Piece(next(expressions), output)


def _check_size(tree: nodes.Expr) -> None:
    """Count nodes and depth without recursion, so that our own walk over the tree is safe."""
    count = 0
    pending: list[tuple[nodes.Node, int]] = [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        count += 1
        if count > MAX_NODES or depth > MAX_NESTING:
            message = f"an expression of more than {MAX_NODES} parts or {MAX_NESTING} levels"
            raise Refused("T301", message, tree.lineno, help=_SPLIT)
        pending.extend((child, depth + 1) for child in node.iter_child_nodes())


def _not_read(raw: str | None, text: str, offset: int) -> Refused:
    message, help, where = explained(raw or "", text, offset)
    return Refused("T301", f"this is no expression: {message}", where, help=help)


_NODE_WORDS: Final[dict[str, str]] = {
    "Call": "a call",
    "Slice": "a slice",
    "Add": "arithmetic (`+`)",
    "Sub": "arithmetic (`-`)",
    "Mul": "arithmetic (`*`)",
    "Div": "arithmetic (`/`)",
    "FloorDiv": "arithmetic (`//`)",
    "Mod": "arithmetic (`%`)",
    "Pow": "arithmetic (`**`)",
    "Pos": "arithmetic (`+`)",
}


def kind_of(node: nodes.Node) -> str:
    """What a node is that expressions may not hold, in words."""
    return _NODE_WORDS.get(type(node).__name__, f"`{type(node).__name__}`")
