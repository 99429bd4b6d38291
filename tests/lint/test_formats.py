"""The formats for machines: SARIF, annotations and JUnit."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from model_runtime.findings import Finding
from model_runtime.lint.fixes import edits_for
from model_runtime.lint.formats import as_annotations, as_junit
from model_runtime.lint.report import Sources
from model_runtime.lint.runner import Checked
from model_runtime.lint.sarif import as_sarif
from model_runtime.location import Place

BRACES = Finding(
    code="T308",
    message="100% of `$if`, wrong:\nno braces",
    place=Place("a folder/acme.yaml", 2, 6, "operations.llm"),
    length=7,
)
WARNING = Finding(code="L602", message="no `help.url`.", severity="warning")
TEXT = "a: 1\n$if: '{{ x }}'\n"


@pytest.fixture
def log() -> dict[str, Any]:
    """The SARIF log of an error with a fix and a warning without a place."""
    sources = Sources({"a folder/acme.yaml": TEXT})
    return as_sarif([BRACES, WARNING], edits_for([BRACES], sources))


def test_sarif_has_what_the_format_requires(log: dict[str, Any]) -> None:
    """The log names its version and tool, and each result its rule, level and message."""
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert run["tool"]["driver"]["name"] == "model-runtime"
    assert [rule["id"] for rule in rules] == ["L602", "T308"]
    for result, level in zip(run["results"], ("error", "warning"), strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] == level
        assert result["message"]["text"]


def test_sarif_region_covers_the_faulty_text(log: dict[str, Any]) -> None:
    """Lines and columns begin at 1, the end column is behind the text; blanks in URIs are coded."""
    physical = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert physical == {
        "artifactLocation": {"uri": "a%20folder/acme.yaml"},
        "region": {"startLine": 2, "startColumn": 6, "endLine": 2, "endColumn": 13},
    }
    assert "locations" not in log["runs"][0]["results"][1]


def test_sarif_fix_replaces_the_braces(log: dict[str, Any]) -> None:
    """What `--fix` would do stands in the log as a replacement."""
    (fix,) = log["runs"][0]["results"][0]["fixes"]
    (replacement,) = fix["artifactChanges"][0]["replacements"]
    region = replacement["deletedRegion"]
    assert TEXT.splitlines()[1][region["startColumn"] - 1 : region["endColumn"] - 1] == "{{ x }}"
    assert replacement["insertedContent"] == {"text": "x"}


def test_annotation_escapes_what_would_end_it() -> None:
    """Percent signs and line ends are coded, and colons and commas in properties."""
    place = Place("a,b:c.yaml", 2, 6)
    line = as_annotations([Finding(code="T308", message="100%\nof it", place=place, length=7)])
    assert line == (
        "::error file=a%2Cb%3Ac.yaml,line=2,col=6,endColumn=13,title=T308::100%25\\nof it"
    )


def test_annotation_of_a_warning_without_place_has_its_title() -> None:
    """A finding without a place is told all the same."""
    assert as_annotations([WARNING]) == "::warning title=L602::no `help.url`."


def test_junit_counts_errors_as_failures() -> None:
    """One suite per spec: an error fails, a warning passes, a clean spec has one case."""
    text = as_junit(Checked({"acme": (BRACES, WARNING), "clean": ()}))
    acme, clean = ElementTree.fromstring(text.partition("\n")[2])
    assert (acme.get("name"), acme.get("tests"), acme.get("failures")) == ("acme", "2", "1")
    assert [case.find("failure") is not None for case in acme] == [True, False]
    assert (clean.get("tests"), clean.get("failures"), len(clean)) == ("1", "0", 1)
