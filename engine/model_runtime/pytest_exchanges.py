"""Collects recorded exchanges as tests of pytest; loaded by `pytest_plugin` on demand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .findings import Finding, Findings
from .lint.exchanges import Case, cases_of, check_case
from .pytest_plugin import EXHAUSTIVE, OPTION
from .registry import ProviderRecord, Registry
from .spec.load import SpecFolders


class Differs(Exception):
    """What an exchange says does not hold; one line for each difference."""


class ExchangeFile(pytest.File):
    """The file that an exchange stands in."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give nothing: the tests are made when the specs have been read."""
        return iter(())


class ExchangeItem(pytest.Item):
    """One exchange, or a spec that cannot be used. `differences` runs it."""

    line = 0
    differences: Callable[[], list[str]]

    def runtest(self) -> None:
        """Run it; nothing is sent."""
        if found := self.differences():
            raise Differs("\n".join(found))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        """Tell the differences without a traceback; a fault of the engine with one."""
        if isinstance(excinfo.value, Differs):
            return f"{self.path}:{self.line + 1}\n{excinfo.value}"
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Say where it stands."""
        return self.path, self.line, self.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the exchanges of the specs that the option names."""
    roots: list[str] = config.getoption(OPTION) or []
    registry = Registry(roots, bundled=True)
    is_exhaustive = bool(config.getoption(EXHAUSTIVE))
    names = SpecFolders(roots).names()
    if not names:
        raise pytest.UsageError(f"{OPTION}: no spec stands under {', '.join(roots)}.")
    for name in names:
        items += _items(session, registry.record(name), is_exhaustive)


def _items(
    session: pytest.Session, record: ProviderRecord, is_exhaustive: bool
) -> Iterator[pytest.Item]:
    findings = Findings()
    cases = cases_of(record, findings)
    faults = [*record.findings.errors, *findings.errors]
    if not faults and record.description.is_callable:
        faults = [f for f in record.usable().findings() if f.severity == "error"]
    if faults:
        yield _broken(session, record, faults)
        return
    for case in () if record.is_abstract else cases:
        item = _item(session, case.file, f"{case.operation}/{case.name}")
        item.line = case.place("given").line - 1
        item.differences = _runner(case, record, cases, is_exhaustive)
        yield item


def _broken(session: pytest.Session, record: ProviderRecord, faults: list[Finding]) -> ExchangeItem:
    """A test that fails, since the exchanges of a broken spec cannot be run."""
    item = _item(session, record.loaded.files[0], "spec")
    item.differences = lambda: [str(fault) for fault in faults]
    return item


def _item(session: pytest.Session, file: str, name: str) -> ExchangeItem:
    parent = ExchangeFile.from_parent(session, path=Path(file).resolve())
    item: ExchangeItem = ExchangeItem.from_parent(parent, name=name)
    return item


def _runner(
    case: Case, record: ProviderRecord, cases: list[Case], is_exhaustive: bool
) -> Callable[[], list[str]]:
    others = [other for other in cases if other.operation == case.operation]

    def run() -> list[str]:
        found = check_case(case, record, others=others, is_exhaustive=is_exhaustive)
        return [told for _, told in found]

    return run
