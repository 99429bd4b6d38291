"""JMESPath -> extractors: closures that read values from a reply or a frame.

A compiled extractor never changes the reply. It gives null for what is missing, and raises
ReplyError where a function or comparison meets a type that it does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from model_runtime.branches import watched_value
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.location import Place

from .jmespath_checks import Checker
from .jmespath_closures import build, can_raise, steps_of
from .jmespath_functions import Node, Path, library, to_json
from .jmespath_prefixes import PrefixTree
from .reply_shape import shape_of

__all__ = ["Path", "compile_path", "compile_paths", "shape_of", "to_text"]

PathsReader = Callable[[Any], list[Any]]
_FAULTS = (ValueError, TypeError, ArithmeticError, RecursionError)


def compile_path(
    text: str, findings: Findings, place: Place | None, *, is_branch: bool = True
) -> Path:
    """Compile one JMESPath to a function of the reply.

    A fault of the text becomes a finding, and the returned function gives null. `is_branch`:
    whether coverage asks that it finds something.
    """
    node = Checker(text, findings, place).read()
    if node is None:
        return _read_nothing
    path = build(node)
    path = _guarded(path, text, place) if can_raise(node) else path
    return watched_value(path, findings.branches, "path", place) if is_branch else path


def compile_paths(
    paths: Sequence[str], findings: Findings, places: Sequence[Place | None]
) -> PathsReader:
    """Compile several paths to one function that returns their values in the order given.

    Each value is what `compile_path` alone would read; a prefix that paths share is looked up
    once. This runs for every frame of a stream.
    """
    if findings.branches is not None:
        return _one_by_one(paths, findings, places)
    nodes = [
        Checker(text, findings, place).read() for text, place in zip(paths, places, strict=True)
    ]
    tree = PrefixTree(len(nodes))
    computed: list[tuple[int, Node]] = []
    for slot, node in enumerate(nodes):
        if node is None:
            continue
        steps = steps_of(node)
        if steps is None:
            computed.append((slot, node))
        else:
            tree.put(steps, slot)
    readers = [
        (slot, _slot_reader(node, tree, paths[slot], places[slot])) for slot, node in computed
    ]
    return _reader_of_all(tree, readers, len(nodes))


def _one_by_one(
    paths: Sequence[str], findings: Findings, places: Sequence[Place | None]
) -> PathsReader:
    """Several paths, each with a reader of its own that counts what it finds."""
    readers = [
        compile_path(text, findings, place) for text, place in zip(paths, places, strict=True)
    ]
    return lambda value: [read(value) for read in readers]


def to_text(value: Any) -> str | None:
    """Return a value as a text field holds it: null stays null, other than text becomes JSON."""
    return None if value is None else to_json(value)


def _read_nothing(_value: Any) -> None:
    return None


def _slot_reader(node: Node, tree: PrefixTree, text: str, place: Place | None) -> Path:
    path = build(tree.slotted(node))
    if not can_raise(node):
        return path
    return _guarded(path, text, place, reply_slot=tree.slot(()))


def _reader_of_all(tree: PrefixTree, readers: list[tuple[int, Path]], count: int) -> PathsReader:
    store, blank = tree.store(), [None] * tree.size

    def read_chains(value: Any) -> list[Any]:
        slots: list[Any] = blank.copy()
        store(value, slots)
        return slots

    if not readers:
        return read_chains

    def read(value: Any) -> list[Any]:
        slots: list[Any] = blank.copy()
        store(value, slots)
        for slot, reader in readers:
            slots[slot] = reader(slots)
        del slots[count:]
        return slots

    return read


def _guarded(path: Path, text: str, place: Place | None, *, reply_slot: int | None = None) -> Path:
    def read(value: Any) -> Any:
        try:
            return path(value)
        except _FAULTS as fault:
            reply = value if reply_slot is None else value[reply_slot]
            message = _reply_message(fault, text, place, reply)
        # Not chained: the text of jmespath's own errors holds values of the reply.
        raise ReplyError(message)

    return read


def _reply_message(fault: Exception, text: str, place: Place | None, reply: Any) -> str:
    where = f"{place}: " if place else ""
    return (
        f"{where}extractor {text!r}: {_fault_message(fault)} "
        f"The reply had the shape {shape_of(reply)}."
    )


def _fault_message(fault: Exception) -> str:
    if isinstance(fault, library().type_error):
        name, wanted = getattr(fault, "function_name", ""), getattr(fault, "expected_types", ())
        expected = " or ".join(str(kind).replace("-", " of ") for kind in wanted)
        met = shape_of(getattr(fault, "current_value", None))
        return (
            f"{name}() met {met}, expected {expected}. "
            "Guard what may be missing with not_null(value, default)."
        )
    if isinstance(fault, TypeError):
        return "it met values of types that do not go together. Check them with type(value)."
    if isinstance(fault, RecursionError):
        return "the values are nested too deeply."
    return "it met a value out of range."
