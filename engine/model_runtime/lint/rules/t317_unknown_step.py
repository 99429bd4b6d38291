"""A step, or a value that a step or job saves, that is not there.

What it checks
    `steps.<name>.<value>` and `job.<value>` name what an operation's steps and its job save.

Why
    A name that was misspelt is absent, and the request fails in the middle of a job.

Example
    url: "{{ steps.uplod.url }}"

Instead
    url: "{{ steps.upload.url }}"

See
    docs/language.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from model_runtime.findings import Finding
from model_runtime.lint.subject import Leaf, Subject, block, leaves
from model_runtime.spec.similar import close_match

_READ: Final = re.compile(
    r"(?<![\w.])(?:steps\.(?P<step>\w+)(?:\.(?P<value>\w+))?|job\.(?P<job>\w+))"
)


def check(provider: Subject) -> Iterator[Finding]:
    """Tell what each operation reads and does not save."""
    for name, operation in provider.model_operations():
        steps, job = block(operation, "steps"), block(operation, "job")
        saved = {**block(job, "submit", "save"), **block(job, "poll", "save")}
        for leaf in leaves(operation):
            if "{{" in leaf.text or leaf.key.startswith("$") or leaf.key == "when":
                yield from _of_leaf(leaf, steps, saved, f"operations.{name}")


def _of_leaf(
    leaf: Leaf, steps: Mapping[str, Any], saved: Mapping[str, Any], where: str
) -> Iterator[Finding]:
    for found in _READ.finditer(leaf.text):
        step, value, job = found["step"], found["value"], found["job"]
        if step is not None and step not in steps:
            yield _finding(leaf, found, "step", f"`{where}` has no step `{step}`", steps)
        elif step is not None and value and value not in (kept := block(steps, step, "save")):
            yield _finding(leaf, found, "value", f"the step `{step}` saves no `{value}`", kept)
        elif job is not None and job not in saved:
            yield _finding(leaf, found, "job", f"the job of `{where}` saves no `{job}`", saved)


def _finding(
    leaf: Leaf, found: re.Match[str], group: str, message: str, known: Mapping[str, Any]
) -> Finding:
    word = found[group]
    return Finding(
        code="T317",
        message=message,
        place=leaf.place.within(found.start(group)) if leaf.place else None,
        hint=close_match(word, known),
        help=f"There are: {', '.join(known) or 'none'}.",
        length=len(word),
    )
