"""Leaves of a template: a literal, a lone expression that gives its object, or text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from model_runtime.absent import Absent
from model_runtime.errors import InvalidParameter
from model_runtime.location import Place

from .expressions import report_refusal
from .fragments import View
from .grammar import Piece, Refused, read_pieces
from .rendering import FAULTY, Render, Scope, Spot, Value, constant, join_text, words_for
from .scopes import TEXT

if TYPE_CHECKING:
    from .templates import TemplateCompiler

_MARKS: Final = ("{{", "{%")
# What an expression of such a kind gives was made or checked by the engine itself.
_CHECKED_KINDS: Final = frozenset({"text", "number", "boolean", "list", "map"})


def compile_leaf(compiler: TemplateCompiler, text: str, place: Place | None, view: View) -> Value:
    """Compile a leaf of a structure: a lone expression keeps its object."""
    pieces = _read(compiler, text, place)
    if pieces is None:
        return FAULTY
    if len(pieces) == 1 and pieces[0].tree is not None:
        return _lone(compiler, pieces[0], place, view)
    return _text(compiler, pieces, place, view)


def compile_text_leaf(
    compiler: TemplateCompiler, text: str, place: Place | None, view: View
) -> Value:
    """Compile a leaf that must be text. A lone expression that is absent stays Absent."""
    pieces = _read(compiler, text, place)
    if pieces is None:
        return FAULTY
    if len(pieces) != 1 or pieces[0].tree is None:
        return _text(compiler, pieces, place, view)
    return _absent_or_text(compiler, pieces[0], place, view)


def _read(compiler: TemplateCompiler, text: str, place: Place | None) -> tuple[Piece, ...] | None:
    if not any(mark in text for mark in _MARKS):
        return (Piece(text),)
    try:
        return read_pieces(text)
    except Refused as refusal:
        report_refusal(refusal, compiler.findings, place)
        return None


def _lone(compiler: TemplateCompiler, piece: Piece, place: Place | None, view: View) -> Value:
    value = compiler.expressions(place, view).piece(piece)
    if value.shape.kind == "bytes" and bytes not in compiler.takes:
        message = f"`{piece.text}` gives bytes, which JSON does not hold"
        compiler.findings.add("T305", message, place, hint="add `| base64`")
        return FAULTY
    if value.shape.kind in _CHECKED_KINDS or value is FAULTY:
        return value
    takes, allowed = compiler.takes, tuple(compiler.takes)
    inner, spot = value.render, Spot(piece.text, place)

    def render(scope: Scope) -> object:
        found = inner(scope)
        if type(found) in takes or isinstance(found, allowed):
            return found
        raise InvalidParameter(f"{spot}: {words_for(found)} where JSON is expected.")

    if value.is_constant:
        return constant(render({}), value.shape)
    return Value(render, value.shape, path=value.path)


def _text(
    compiler: TemplateCompiler, pieces: tuple[Piece, ...], place: Place | None, view: View
) -> Value:
    """Compile text with expressions inside. Constant text is joined once."""
    renders: list[Render] = []
    spots: list[Spot | None] = []
    is_constant, is_faulty = True, False
    for piece in pieces:
        value = constant(piece.text)
        if piece.tree is not None:
            value = compiler.expressions(place, view).piece(piece)
            is_faulty = _check_in_text(compiler, piece, value, place) or is_faulty
        renders.append(value.render)
        spots.append(Spot(piece.text, place) if piece.tree is not None else None)
        is_constant = is_constant and value.is_constant
    if is_faulty:
        return FAULTY
    encode = compiler.encode

    def render(scope: Scope) -> object:
        return join_text([part(scope) for part in renders], spots, encode)

    if not is_constant:
        return Value(render, TEXT)
    try:
        return constant(render({}), TEXT)
    except InvalidParameter as error:
        help = "Correct the constants in it."
        compiler.findings.add("T305", f"this always fails: {error}", place, help=help)
        return FAULTY


def _check_in_text(
    compiler: TemplateCompiler, piece: Piece, value: Value, place: Place | None
) -> bool:
    """Report an expression that can never be text. Return whether it was so."""
    kind = value.shape.kind
    if kind not in ("list", "map", "boolean", "bytes"):
        return False
    where = place.within(piece.tree.lineno) if place and piece.tree else place
    article = "bytes" if kind == "bytes" else f"a {kind}"
    compiler.findings.add(
        "T305",
        f"`{piece.text}` gives {article} inside text; text takes strings and numbers only",
        where,
        help="Give it a key of its own: a text that is one {{ }} alone keeps the value as it is.",
        length=len(piece.text),
    )
    return True


def _absent_or_text(
    compiler: TemplateCompiler, piece: Piece, place: Place | None, view: View
) -> Value:
    value = compiler.expressions(place, view).piece(piece)
    if _check_in_text(compiler, piece, value, place):
        return FAULTY
    inner, encode = value.render, compiler.encode
    spots: list[Spot | None] = [Spot(piece.text, place)]

    def render(scope: Scope) -> object:
        found = inner(scope)
        return Absent if found is Absent else join_text([found], spots, encode)

    return Value(render, TEXT)
