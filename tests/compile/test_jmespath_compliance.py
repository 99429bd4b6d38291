"""The compliance cases of JMESPath's authors, where they are at hand, and our own, always."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jmespath
import pytest

from model_runtime.compile.extractors import compile_path, compile_paths
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings

CHECKOUT = Path(__file__).resolve().parents[2]
RECORDINGS = Path(os.environ.get("MODEL_RUNTIME_RECORDINGS", CHECKOUT.parent / "shared"))
OFFICIAL = RECORDINGS / "data" / "jmespath_compliance"
OWN = CHECKOUT / "tests" / "compliance" / "extractors.json"

# jmespath accepts the old spelling of texts in backticks and warns; its cases use it.
pytestmark = pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")

Case = tuple[str, Any, dict[str, Any]]


def read_alone(text: str, given: Any) -> tuple[Any, str]:
    findings = Findings()
    return outcome(compile_path(text, findings, None), given, findings)


def read_among_others(text: str, given: Any) -> tuple[Any, str]:
    findings = Findings()
    read = compile_paths(["foo.bar[0]", text, "foo.bar", "@"], findings, [None] * 4)
    return outcome(lambda value: read(value)[1], given, findings)


def outcome(read: Callable[[Any], Any], given: Any, findings: Findings) -> tuple[Any, str]:
    """Return the value, and the code of the fault or `reply` for one met while reading."""
    if errors := findings.errors:
        return None, errors[0].code
    try:
        return read(given), ""
    except ReplyError:
        return None, "reply"


def cases_of(path: Path) -> Iterator[Case]:
    for group in json.loads(path.read_text(encoding="utf-8")):
        for case in group["cases"]:
            if "bench" not in case:
                yield path.stem, group["given"], case


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def jmespath_passes(case: Case) -> bool:
    _, given, wanted = case
    try:
        found = jmespath.search(wanted["expression"], given)
    except ValueError:
        return "error" in wanted
    return "error" not in wanted and canonical(found) == canonical(wanted["result"])


def we_pass(read: Callable[[str, Any], tuple[Any, str]], case: Case) -> bool:
    _, given, wanted = case
    found, fault = read(wanted["expression"], given)
    if "error" in wanted:
        return bool(fault)
    return not fault and canonical(found) == canonical(wanted["result"])


READERS = pytest.mark.parametrize(
    "read", [read_alone, read_among_others], ids=["alone", "among_others"]
)


@READERS
def test_every_official_case_that_jmespath_passes_is_passed(
    read: Callable[[str, Any], tuple[Any, str]],
) -> None:
    """Our compiler fails no case of the official suite that jmespath itself passes."""
    if not OFFICIAL.is_dir():
        pytest.skip(f"no official cases in {OFFICIAL}; set MODEL_RUNTIME_RECORDINGS")
    cases = [case for path in sorted(OFFICIAL.glob("*.json")) for case in cases_of(path)]
    binding = [case for case in cases if jmespath_passes(case)]
    failed = [case for case in binding if not we_pass(read, case)]
    assert failed == []
    assert len(binding) >= 892


@READERS
@pytest.mark.parametrize(
    "case", list(cases_of(OWN)), ids=lambda case: case[2]["expression"] or "empty"
)
def test_own_case_gives_the_stated_result_or_fault(
    read: Callable[[str, Any], tuple[Any, str]], case: Case
) -> None:
    """Each case of the portable file gives its result, or the fault of its code."""
    _, given, wanted = case
    found, fault = read(wanted["expression"], given)
    assert fault == wanted.get("error", "")
    assert canonical(found) == canonical(wanted.get("result"))
