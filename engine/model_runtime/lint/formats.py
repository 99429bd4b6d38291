"""Findings for machines: annotations of a code host, and JUnit for test reports."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from xml.etree import ElementTree

from model_runtime.findings import Finding
from model_runtime.sentences import visible

from .runner import Checked

_LEVELS: Final = {"error": "error", "warning": "warning", "note": "notice"}


def as_annotations(findings: Iterable[Finding]) -> str:
    """Write one workflow command a line: `::error file=...,line=...,col=...,title=CODE::text`."""
    return "\n".join(_annotation(finding) for finding in findings)


def as_junit(checked: Checked) -> str:
    """Write one suite per spec and one case per finding; a clean spec has one case that passes."""
    root = ElementTree.Element("testsuites", {"name": "model-runtime check"})
    for name, findings in checked.by_spec.items():
        suite = ElementTree.SubElement(root, "testsuite", {"name": name})
        faults = 0
        for finding in findings:
            faults += _case(suite, name, finding)
        if not findings:
            ElementTree.SubElement(suite, "testcase", {"classname": name, "name": "check"})
        suite.set("tests", str(max(1, len(findings))))
        suite.set("failures", str(faults))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, "unicode")


def _annotation(finding: Finding) -> str:
    place = finding.place
    where = {"title": finding.code}
    if place is not None:
        where = {
            "file": place.file,
            "line": str(place.line),
            "col": str(place.column),
            "endColumn": str(place.column + finding.length),
            **where,
        }
    shown = ",".join(f"{key}={_property(value)}" for key, value in where.items())
    return f"::{_LEVELS[finding.severity]} {shown}::{_data(_text(finding))}"


def _text(finding: Finding) -> str:
    path = f"{finding.place.path}: " if finding.place and finding.place.path else ""
    parts = (f"{path}{finding.message}", finding.hint, finding.help)
    return visible(" ".join(part for part in parts if part))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _case(suite: ElementTree.Element, name: str, finding: Finding) -> bool:
    """Add a case; a note or warning is told and passes."""
    where = str(finding.place) if finding.place else name
    case = ElementTree.SubElement(
        suite, "testcase", {"classname": name, "name": f"{finding.code} {where}"}
    )
    if finding.severity == "error":
        details = {"type": finding.code, "message": _text(finding)}
        ElementTree.SubElement(case, "failure", details).text = f"{where}: {_text(finding)}"
        return True
    told = ElementTree.SubElement(case, "system-out")
    told.text = f"{where}: {finding.severity}: {_text(finding)}"
    return False
