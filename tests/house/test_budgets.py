"""Guards of size: files and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast
from statistics import median, quantiles
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import Module

FILE_CEILING = 500
FILE_MEDIAN = 150
FUNCTION_CEILING = 60
FUNCTION_NINETIETH = 35
FUNCTION_MEDIAN = 10


def function_lengths(modules: tuple[Module, ...]) -> list[tuple[int, str]]:
    """Return the length in lines of every function, with where it stands."""
    return [
        (node.end_lineno - node.lineno + 1, f"{module.path}:{node.lineno} {node.name}")
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno
    ]


def file_lengths(modules: tuple[Module, ...]) -> list[tuple[int, str]]:
    """Return the length in lines of every module."""
    return [(len(module.text.splitlines()), module.path) for module in modules]


def test_no_file_is_over_the_ceiling(engine_modules: tuple[Module, ...]) -> None:
    """A module that outgrows the ceiling holds two ideas and is cut in two."""
    faults = [entry for entry in file_lengths(engine_modules) if entry[0] > FILE_CEILING]
    assert not faults, f"over {FILE_CEILING} lines: {sorted(faults, reverse=True)}"


def test_no_function_is_over_the_ceiling(engine_modules: tuple[Module, ...]) -> None:
    """A function that outgrows the ceiling is cut into named steps."""
    faults = [entry for entry in function_lengths(engine_modules) if entry[0] > FUNCTION_CEILING]
    assert not faults, f"over {FUNCTION_CEILING} lines: {sorted(faults, reverse=True)}"


def test_usual_file_and_function_are_short(engine_modules: tuple[Module, ...]) -> None:
    """The medians and the ninetieth percentile hold, not the ceilings alone."""
    files = [length for length, _ in file_lengths(engine_modules)]
    functions = [length for length, _ in function_lengths(engine_modules)]
    assert median(files) <= FILE_MEDIAN
    assert median(functions) <= FUNCTION_MEDIAN
    assert quantiles(functions, n=10)[-1] <= FUNCTION_NINETIETH
