"""A rule of `errors`, or a way of auth, that can never be the one.

What it checks
    No rule of `errors.rules` and no way of `auth.any` stands behind one with the same `when`, or
    behind one that always holds.

Why
    Rules are tried in order, so the second one is dead.

Example
    rules:
      a: {when: "code == '1'", kind: quota}
      b: {when: "code == '1'", kind: auth}

Instead
    rules:
      a: {when: "code == '1'", kind: quota}
      b: {when: "code == '2'", kind: auth}

See
    docs/language.md
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.spec.tree import key_place_of, place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell what an earlier condition leaves nothing for."""
    yield from _unreached(provider.block("errors", "rules"), "errors.rules", "`true`")
    yield from _unreached(provider.block("auth", "any"), "auth.any", "true")


def _unreached(rules: Mapping[str, Any], path: str, always: str) -> Iterator[Finding]:
    earlier: dict[tuple[str, str], str] = {}
    for name, rule in rules.items():
        if not isinstance(rule, Mapping):
            continue
        asked = " ".join(str(rule.get("when", always)).split())
        source = str(rule.get("from"))
        holding = ((always, "None"), (always, source), (asked, source))
        before = next((earlier[key] for key in holding if key in earlier), None)
        earlier.setdefault((asked, source), name)
        if before is not None:
            yield Finding(
                code="R408",
                message=f"`{path}.{name}` is never reached: `{before}` holds before it.",
                place=place_of(rule, "when") if "when" in rule else key_place_of(rules, name),
                help="Remove one of the two, or change the condition.",
            )
