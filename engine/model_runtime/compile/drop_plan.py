"""Parameters that are not sent: always, or in calls of which a condition holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from model_runtime.branches import watched_test
from model_runtime.parameters import ResolvedParameters
from model_runtime.spec.tree import key_place_of

from .context import CompileContext
from .expressions import compile_expression
from .values import place_in

Scope = dict[str, object]
_WHY = "this call does not take it."


def always_dropped(tree: Mapping[str, Any]) -> tuple[str, ...]:
    """The names that `drop` lists without a condition."""
    found = tree.get("drop")
    return tuple(name for name in found if isinstance(name, str)) if isinstance(found, list) else ()


class DropPlan:
    """The entries of `drop` with a condition, for calls of a language model.

    A condition sees the checked values of the call, also of parameters that another entry drops.
    """

    def __init__(self, context: CompileContext) -> None:
        found = context.tree.get("drop")
        rules = [item for item in found if isinstance(item, Mapping)] if found else []
        names = context.names("request")
        self._rules = [
            (
                watched_test(
                    compile_expression(
                        str(rule.get("when", "true")),
                        names,
                        context.findings,
                        place_in(rule, "when"),
                    ),
                    context.findings.branches,
                    "condition",
                    key_place_of(rule, "when"),
                ),
                tuple(str(name) for name in rule.get("parameters") or ()),
            )
            for rule in rules
        ]

    def apply(self, scope: Scope, resolved: ResolvedParameters) -> None:
        """Leave out of `resolved` and of `scope` what this call does not take, with warnings."""
        if not self._rules:
            return
        gone = [name for holds, names in self._rules if holds(scope) for name in names]
        for name in gone:
            resolved.leave_out(name, _WHY)
        scope["wire_parameters"] = resolved.wire
