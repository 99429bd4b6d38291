"""Findings as SARIF 2.1.0, the form that code scanners exchange."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Final
from urllib.parse import quote

from model_runtime._version import __version__
from model_runtime.findings import Finding
from model_runtime.location import Place

from .explain import page
from .fixes import Edit
from .rules import RULES

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "note": "note"}


def as_sarif(findings: Sequence[Finding], edits: Mapping[Finding, Edit]) -> dict[str, Any]:
    """Write findings as a log of one run; `edits` holds the fixes of those that have one."""
    codes = sorted({finding.code for finding in findings})
    driver = {
        "name": "model-runtime",
        "version": __version__,
        "rules": [_rule(code) for code in codes],
    }
    results = [_result(finding, codes, edits.get(finding)) for finding in findings]
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(code: str) -> dict[str, Any]:
    if code not in RULES:
        return {"id": code}
    found = page(code)
    return {
        "id": code,
        "shortDescription": {"text": found.title},
        "fullDescription": {"text": " ".join(found.sections["What it checks"].split())},
        "help": {"text": " ".join(found.sections["Why"].split())},
        "defaultConfiguration": {"level": _LEVELS[found.entry.severity]},
    }


def _result(finding: Finding, codes: list[str], edit: Edit | None) -> dict[str, Any]:
    text = " ".join(part for part in (finding.message, finding.hint, finding.help) if part)
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
    }
    if finding.place is not None:
        result["locations"] = [_location(finding.place, finding.length)]
    if edit is not None:
        result["fixes"] = [_fix(edit)]
    return result


def _location(place: Place, length: int) -> dict[str, Any]:
    region = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.line,
        "endColumn": place.column + max(1, length),
    }
    physical = {"artifactLocation": {"uri": _uri(place.file)}, "region": region}
    location: dict[str, Any] = {"physicalLocation": physical}
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": place.path}]
    return location


def _fix(edit: Edit) -> dict[str, Any]:
    region = {
        "startLine": edit.line,
        "startColumn": edit.start,
        "endLine": edit.line + edit.is_whole_line,
        "endColumn": 1 if edit.is_whole_line else edit.end,
    }
    replacement = {"deletedRegion": region, "insertedContent": {"text": edit.text}}
    change = {"artifactLocation": {"uri": _uri(edit.file)}, "replacements": [replacement]}
    return {"description": {"text": edit.told}, "artifactChanges": [change]}


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
