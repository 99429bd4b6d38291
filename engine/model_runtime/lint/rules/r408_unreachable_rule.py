"""A rule of `errors` that can never be the one.

What it checks
    No rule stands behind one with the same `when`.

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

from model_runtime.findings import Finding
from model_runtime.lint.subject import Subject
from model_runtime.spec.tree import place_of


def check(provider: Subject) -> Iterator[Finding]:
    """Tell rules whose condition an earlier one has already."""
    rules = provider.block("errors", "rules")
    earlier: dict[tuple[str, str], str] = {}
    for name, rule in rules.items():
        if not isinstance(rule, Mapping) or "when" not in rule:
            continue
        asked = " ".join(str(rule["when"]).split())
        key = (asked, str(rule.get("from")))
        always = earlier.get(("`true`", key[1]))
        first = earlier.setdefault(key, name)
        if first != name or (always is not None and always != name):
            yield Finding(
                code="R408",
                message=f"`errors.rules.{name}` is never reached: "
                f"`{always or first}` holds before it.",
                place=place_of(rule, "when"),
                help="Remove one of the two, or change the condition.",
            )
