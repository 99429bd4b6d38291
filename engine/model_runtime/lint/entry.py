"""A row of the table of rules: how far a rule has come, how severe it is, and its module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Final, Literal

from model_runtime.findings import Finding
from model_runtime.vocabulary import Severity

from .subject import Subject

State = Literal["stable", "preview", "retired"]
FoundBy = Literal["loader", "schema", "compiler", "check", "tests", "coverage", "rule"]

STABLE: Final[State] = "stable"
PREVIEW: Final[State] = "preview"
ERROR: Final[Severity] = "error"
WARNING: Final[Severity] = "warning"

Check = Callable[[Subject], Iterator[Finding]]
CheckText = Callable[[str, str], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule. A preview rule runs only when it is asked for; a retired one keeps its code."""

    state: State
    severity: Severity
    rule: ModuleType

    @property
    def check(self) -> Check | None:
        """The rule's own look at a spec; None when the engine finds the fault itself."""
        found: Check | None = getattr(self.rule, "check", None)
        return found

    @property
    def check_text(self) -> CheckText | None:
        """The rule's look at the text of a file: `check_text(text, file)`."""
        found: CheckText | None = getattr(self.rule, "check_text", None)
        return found

    @property
    def found_by(self) -> FoundBy:
        """Which stage finds the fault."""
        found: FoundBy = getattr(self.rule, "FOUND_BY", "rule")
        return found

    @property
    def stops_use(self) -> bool:
        """Whether the engine refuses a spec with this fault, so that it cannot be silenced."""
        return self.severity == ERROR and self.found_by in ("loader", "schema", "compiler")
