"""What every part of one provider's compilation shares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_runtime.findings import Findings

from .scopes import Field, Shape, scope_names
from .templates import Fragments


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileContext:
    """One provider (with the model rules of one variant laid over its tree) being compiled."""

    provider: str
    tree: Mapping[str, Any]
    findings: Findings
    credentials: Mapping[str, bool]
    parameters: frozenset[str] | None
    fragments: Fragments
    # Whether the host trusts neither the spec nor the credentials: see `ModelRuntime(untrusted=)`.
    is_untrusted: bool = False

    def names(self, field: Field, operation: str = "llm") -> dict[str, Shape]:
        """The names that a field of an operation sees."""
        return scope_names(
            field, operation, credentials=self.credentials, parameters=self.parameters
        )
