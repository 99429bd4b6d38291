"""Models that speak the dialect of another spec."""

from __future__ import annotations

from typing import Any

import pytest

from model_runtime.findings import Finding, Findings
from model_runtime.spec import plain
from model_runtime.spec.dialects import with_dialects
from model_runtime.spec.resolve import patch
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

OURS = """\
headers: {x-own: "1"}
auth: {kind: bearer}
fragments: {message: {own: 1}}
parameters: {seed: seed, top_p: top_p}
roles: {system: developer}
drop: [seed]
operations:
  llm: {request: {path: /chat, body: {a: 1}}, response: {text: t}}
  count_tokens: {llm: {request: {path: /count}}, text-embedding: {request: {path: /e}}}
  rerank: {request: {path: /rerank}}
model_rules:
  other: {match: "x-*", speaks: other%s}
"""
OTHER = """\
headers: {x-other: "1"}
auth: {kind: basic}
fragments: {block: {other: 1}}
parameters: {top_k: top_k}
errors: {status: {"529": overloaded}}
response_format: [tool]
operations:
  llm: {request: {path: /messages, body: {b: 1}}, response: {text: c}}
model_rules: {inner: {match: "*", drop: [top_k]}}
"""


def tree_of(text: str) -> YamlMap:
    """A spec as a tree."""
    found = read_yaml(text, "a.yaml", Findings())
    assert isinstance(found, YamlMap)
    return found


def spoken(own: str = "", ours: str = OURS) -> tuple[dict[str, Any], list[Finding]]:
    """What a model to which the rule applies is called with, and what was found."""
    findings = Findings()
    tree = with_dialects(
        tree_of(ours % own), {"other": tree_of(OTHER)}.get, findings, names=("other",)
    )
    rules = tree["model_rules"]
    assert isinstance(rules, YamlMap) and isinstance(rules["other"], YamlMap)
    found = plain(patch(tree, rules["other"], findings))
    assert isinstance(found, dict)
    return found, list(findings)


def test_chat_is_asked_and_read_as_the_other_spec_says() -> None:
    """Nothing of the own dialect stays, and what the other one lacks is gone."""
    found, findings = spoken()
    assert findings == []
    assert found["operations"]["llm"] == {
        "request": {"path": "/messages", "body": {"b": 1}},
        "response": {"text": "c"},
    }
    assert found["fragments"] == {"block": {"other": 1}}
    assert found["parameters"] == {"top_k": "top_k"}
    assert found["errors"] == {"status": {"529": "overloaded"}}
    assert found["response_format"] == ["tool"]
    assert not {"roles", "drop"} & found.keys()
    assert found["operations"]["count_tokens"] == {"text-embedding": {"request": {"path": "/e"}}}


def test_address_auth_and_other_operations_stay() -> None:
    """A gateway has one door, whatever is spoken behind it."""
    found, _ = spoken()
    assert found["headers"] == {"x-own": "1"}
    assert found["auth"] == {"kind": "bearer"}
    assert found["operations"]["rerank"] == {"request": {"path": "/rerank"}}


def test_what_the_rule_says_itself_is_laid_over_the_dialect() -> None:
    """It adds, replaces and deletes there; lists of its own stay."""
    found, findings = spoken(
        ", headers: {x-more: '2'}, drop: [top_k], parameters: {top_k: $unset, n: n},"
        " roles: {system: user}, operations: {llm: {request: {path: /v2, body: {b: $unset}}},"
        " count_tokens: {llm: {request: {path: /own}}}}"
    )
    assert findings == []
    assert found["headers"] == {"x-own": "1", "x-more": "2"}
    assert (found["drop"], found["parameters"]) == (["top_k"], {"n": "n"})
    assert found["roles"] == {"system": "user"}
    assert found["operations"]["llm"]["request"] == {"path": "/v2", "body": {}}
    assert found["operations"]["count_tokens"]["llm"] == {"request": {"path": "/own"}}


def test_block_that_replaces_owes_nothing_to_the_dialect() -> None:
    """`$replace` stops the joining here as elsewhere."""
    found, findings = spoken(", parameters: {$replace: true, n: n}")
    assert (found["parameters"], findings) == ({"n": "n"}, [])


def test_override_that_matches_nothing_is_told() -> None:
    """A typing error in a rule cannot hide behind the dialect."""
    _, findings = spoken(", parameters: {topk: $unset}")
    assert [(item.code, item.hint) for item in findings] == [("I202", "did you mean `top_k`?")]


def test_unknown_dialect_is_told_with_a_close_match() -> None:
    """The rest of the rule is kept."""
    tree, findings = tree_of(OURS % ", drop: [top_p]"), Findings()
    result = with_dialects(tree, lambda name: None, findings, names=("others",))
    assert [(item.code, item.hint) for item in findings] == [("I201", "did you mean `others`?")]
    assert plain(result)["model_rules"] == {"other": {"match": "x-*", "drop": ["top_p"]}}  # type: ignore[index]


@pytest.mark.parametrize("rules", ["", "model_rules: {a: {match: b}}"])
def test_spec_without_dialects_is_the_same_tree(rules: str) -> None:
    """Nothing is copied for nothing."""
    tree = tree_of(f"provider: a\n{rules}")
    assert with_dialects(tree, lambda name: None, Findings()) is tree
