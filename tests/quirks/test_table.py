"""The table of quirks is whole: each has its YAML and its proof, and few are out of scope."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest
import yaml
from quirks.table import SPECS, Quirk, chapters, quirks

from model_runtime.lint.report import format_findings
from model_runtime.lint.runner import Runner
from model_runtime.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
IN_SCOPE = [quirk for quirk in quirks() if quirk.out is None]
each = pytest.mark.parametrize("quirk", IN_SCOPE, ids=[str(quirk.number) for quirk in IN_SCOPE])


@cache
def functions(path: str) -> frozenset[str]:
    """The names of the test functions of a module."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


@cache
def tree(spec: str) -> object:
    """A spec as plain data."""
    return yaml.safe_load((SPECS / f"{spec}.yaml").read_text("utf-8"))


def is_in(piece: object, whole: object) -> bool:
    """Whether a piece of YAML stands somewhere in a spec."""
    if fits(piece, whole):
        return True
    inner = whole.values() if isinstance(whole, Mapping) else whole
    return isinstance(whole, Mapping | list) and any(is_in(piece, item) for item in inner)


def fits(piece: object, whole: object) -> bool:
    """Whether a value holds what a piece says; a map may hold more."""
    if isinstance(piece, Mapping) and isinstance(whole, Mapping):
        return all(key in whole and fits(value, whole[key]) for key, value in piece.items())
    return piece == whole


def test_every_number_is_told_once() -> None:
    """Each of the 87 quirks has one row."""
    assert sorted(quirk.number for quirk in quirks()) == list(range(1, 88))


def test_few_quirks_are_out_of_scope() -> None:
    """What cannot be said has one sentence that tells why, and there are at most eight."""
    out = [quirk for quirk in quirks() if quirk.out is not None]
    assert len(out) <= 8
    for quirk in out:
        assert quirk.out and quirk.out.endswith(".") and not (quirk.says or quirk.specs)


@each
def test_row_has_yaml_and_proof(quirk: Quirk) -> None:
    """What a row says stands in the specs that it names, and each test that it names exists."""
    assert quirk.words.endswith(".") and quirk.says and quirk.proofs
    for piece in quirk.says:
        found = yaml.safe_load(piece)
        assert isinstance(found, dict), f"{piece} is no map"
        assert any(is_in(found, tree(spec)) for spec in quirk.specs), f"{piece} is in no spec"
    for test in quirk.tests:
        path, _, name = test.partition("::")
        assert name.partition("[")[0] in functions(path), f"there is no {test}"


def test_every_spec_belongs_to_one_quirk() -> None:
    """No spec is left over, and its name begins with its quirk's number."""
    named = [(spec, quirk.number) for quirk in quirks() for spec in quirk.specs]
    assert sorted(spec for spec, _ in named) == sorted(path.stem for path in SPECS.glob("*.yaml"))
    for spec, number in named:
        assert spec.startswith(f"q{number:02}_")


def test_check_finds_nothing_in_the_specs() -> None:
    """All of them pass `model-runtime check`."""
    folder = str(SPECS)
    runner = Runner(Registry([folder], bundled=True), is_own=lambda file: file.startswith(folder))
    for path in sorted(SPECS.glob("*.yaml")):
        runner.check(path.stem)
    assert format_findings(runner.finish().findings) == ""


def test_chapters_follow_the_numbers() -> None:
    """Within a chapter the numbers rise."""
    for chapter in chapters():
        numbers = [quirk.number for quirk in chapter.quirks]
        assert numbers == sorted(numbers)
