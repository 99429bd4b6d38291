"""Every rule, by fixtures: what is bad is told in exactly these words, what is good is not.

`python tests/lint/test_rules.py` writes the words anew; read what changes before you keep it.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import chdir
from functools import cache
from pathlib import Path

import pytest

from model_runtime.cli.check import check, stored
from model_runtime.findings import Finding
from model_runtime.lint.explain import HEADINGS, page
from model_runtime.lint.report import Sources, format_findings
from model_runtime.lint.rules import RULES
from model_runtime.lint.rules.s107_deprecated_key import renamed_keys

FIXTURES = Path(__file__).parent / "fixtures"
# S107 has nothing to rename yet; these of L are found when recorded tests run.
WITHOUT = frozenset({"S107", "L601", "L603", "L607"})
SPECS = sorted(path for path in FIXTURES.glob("*/*.yaml"))
BAD = [path for path in SPECS if path.stem.startswith("bad_")]
GOOD = [path for path in SPECS if path.stem.startswith("good_")]


def name_of(path: Path) -> str:
    """The code and the name of a fixture."""
    return f"{path.parent.name}-{path.stem}"


@cache
def found_in(code: str) -> tuple[Finding, ...]:
    """Check a folder of fixtures at once; preview rules run only in their own."""
    with chdir(FIXTURES):
        checked = check(stored([Path(code)], []), preview=RULES[code].state == "preview")
    return checked.findings


def told(path: Path) -> str:
    """What is told of one fixture."""
    shown = f"{path.parent.name}/{path.name}"
    here = [
        found for found in found_in(path.parent.name) if found.place and found.place.file == shown
    ]
    with chdir(FIXTURES):
        return format_findings(here, Sources()) + "\n"


@pytest.mark.parametrize("path", BAD, ids=name_of)
def test_bad_spec_is_told_in_these_words(path: Path) -> None:
    """The finding, its place, the line with a caret and the help are those beside the spec."""
    text = told(path)
    assert f"[{path.parent.name}]" in text
    assert text == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", GOOD, ids=name_of)
def test_good_spec_is_clean(path: Path) -> None:
    """What the rule asks for passes every rule."""
    assert told(path) == "\n"


def test_every_rule_has_fixtures() -> None:
    """A rule has a bad and a good spec, but for those that no spec can show."""
    for kind in (BAD, GOOD):
        assert {path.parent.name for path in kind} == RULES.keys() - WITHOUT


@pytest.mark.parametrize("code", RULES)
def test_every_rule_has_a_page(code: str) -> None:
    """A page has its sections in order, and the rule's module is named after its code."""
    found = page(code)
    assert tuple(found.sections) == HEADINGS
    assert found.title.endswith(".")
    module = RULES[code].rule.__name__.rpartition(".")[2]
    assert module.startswith(f"{code.lower()}_")
    entry = RULES[code]
    has_check = entry.check is not None or entry.check_text is not None
    assert has_check == (entry.found_by == "rule")


def test_every_code_of_the_engine_has_a_rule() -> None:
    """Whatever code the engine tells of can be explained."""
    engine = Path(__file__).parents[2] / "engine" / "model_runtime"
    codes = {
        code
        for path in engine.rglob("*.py")
        for code in re.findall(r'"([YSITRAL]\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert codes <= RULES.keys()


def test_renamed_key_names_the_new_one() -> None:
    """A key that was renamed is told with its new name, wherever it stands."""
    tree = {"outer": {"old": 1}, "old": 2}
    found = list(renamed_keys(tree, {"outer.old": "new"}))
    assert [(item.code, item.hint) for item in found] == [("S107", "write `new`")]


if __name__ == "__main__":
    os.chdir(FIXTURES)
    for bad in BAD:
        bad.with_suffix(".txt").write_text(told(bad), encoding="utf-8")
    sys.exit()
