"""Safe fixes: one line is changed, and nothing else."""

from __future__ import annotations

import pytest

from model_runtime.findings import Finding
from model_runtime.lint.fixes import apply_edits, edits_for
from model_runtime.lint.report import Sources
from model_runtime.location import Place

CASES = {
    "braces in quotes": ("T308", '$if: "{{ tools }}"  # why', 6, '$if: "tools"  # why'),
    "braces in quotes with blanks": ("T308", "$if: '{{tools and x }}'", 6, "$if: 'tools and x'"),
    "template without quotes": ("Y005", "a: {{ model }}", 4, 'a: "{{ model }}"'),
    "template with text behind": ("Y005", "- {{ model }}/x # why", 3, '- "{{ model }}/x" # why'),
    "value of the parent": ("I203", "  path: /chat", 9, ""),
    "value of the parent with comment": ("I203", "  path: /chat   # same", 9, ""),
    "renamed key": ("S107", "old: 1", 1, "new: 1"),
}
LEFT = {
    "two templates without quotes": ("Y005", "a: [{{ x }}, {{ y }}]", 5),
    "template with both quotes": ("Y005", "a: {{ x | f('a', \"b\") }}", 4),
    "value in a flow map": ("I203", "request: {path: /chat}", 17),
    "text on several lines": ("I203", "path: >-", 7),
    "braces further on": ("T308", "$if: a == '{{ b }}'", 6),
}


def mended(code: str, line: str, column: int) -> str:
    """Apply the fix of one finding on the second of three lines, with Windows line ends."""
    text = f"first: 1\r\n{line}\r\nlast: 1\r\n"
    hint = "write `new`" if code == "S107" else ""
    finding = Finding(
        code=code, message="faulty", place=Place("a.yaml", 2, column), hint=hint, length=3
    )
    edits = edits_for([finding], Sources({"a.yaml": text}))
    return apply_edits(text, edits.values())


@pytest.mark.parametrize(("code", "line", "column", "after"), CASES.values(), ids=list(CASES))
def test_line_is_mended(code: str, line: str, column: int, after: str) -> None:
    """The faulty part of the line is replaced; a deleted line leaves no gap."""
    kept = f"{after}\r\n" if after else ""
    assert mended(code, line, column) == f"first: 1\r\n{kept}last: 1\r\n"


@pytest.mark.parametrize(("code", "line", "column"), LEFT.values(), ids=list(LEFT))
def test_line_that_takes_judgement_is_left(code: str, line: str, column: int) -> None:
    """Where one line is not enough to be sure, nothing is changed."""
    assert mended(code, line, column) == f"first: 1\r\n{line}\r\nlast: 1\r\n"
