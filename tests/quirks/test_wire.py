"""Every quirk on the wire: what its specs send, byte for byte, and what they read."""

from __future__ import annotations

from functools import cache

import pytest
from quirks.table import SPECS, Quirk, quirks

from model_runtime.findings import Findings
from model_runtime.lint.exchanges import cases_of, check_case
from model_runtime.registry import Registry

PROVEN = [quirk for quirk in quirks() if quirk.specs]


@cache
def registry() -> Registry:
    """The specs of the quirks, and the bundled ones that they extend."""
    return Registry([str(SPECS)], bundled=True)


def differences(spec: str) -> list[str]:
    """Run every exchange of a spec; tell what does not hold."""
    findings = Findings()
    record = registry().record(spec)
    cases = cases_of(record, findings)
    told = [str(finding) for finding in [*record.findings.errors, *findings]]
    for case in cases:
        others = [other for other in cases if other.operation == case.operation]
        told += [f"{case}: {what}" for _, what in check_case(case, record, others=others)]
    return told if cases else [*told, f"{spec} has no exchange"]


@pytest.mark.parametrize("quirk", PROVEN, ids=[str(quirk.number) for quirk in PROVEN])
def test_quirk(quirk: Quirk) -> None:
    """Each exchange sends what it says, and gives or raises what it says."""
    assert [told for spec in quirk.specs for told in differences(spec)] == []
