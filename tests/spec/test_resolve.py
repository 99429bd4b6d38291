"""Inheritance: what merges, what replaces, what is deleted, and where each key came from."""

from __future__ import annotations

import pytest

from model_runtime.findings import Findings
from model_runtime.spec.resolve import check_complete, merge, patch, resolve
from model_runtime.spec.tree import YamlList, YamlMap, plain
from model_runtime.spec.yaml_source import read_yaml


def tree(text: str, file: str = "child.yaml") -> YamlMap:
    """Read a map without faults."""
    findings = Findings()
    found = read_yaml(text, file, findings)
    assert isinstance(found, YamlMap) and not list(findings)
    return found


def merged(parent: str, child: str) -> tuple[YamlMap, list[str]]:
    """Merge two texts and return the result with the findings as text."""
    findings = Findings()
    result = merge(tree(parent, "parent.yaml"), tree(child), findings)
    return result, [f"{item.code} {item.place}" for item in findings]


@pytest.mark.parametrize(
    ("parent", "child", "result"),
    [
        ("{a: {x: 1, y: 2}}", "{a: {y: 3, z: 4}}", {"a": {"x": 1, "y": 3, "z": 4}}),
        ("{a: [1, 2]}", "{a: [3]}", {"a": [3]}),
        ("{a: 1}", "{a: {b: 2}}", {"a": {"b": 2}}),
        ("{a: {b: 2}}", "{a: 1}", {"a": 1}),
        ("{a: 1, b: 2}", "{a: $unset}", {"b": 2}),
        ("{a: {x: 1, y: 2}}", "{a: {x: $unset}}", {"a": {"y": 2}}),
        ("{a: {x: 1}}", "{a: {$replace: true, y: 2}}", {"a": {"y": 2}}),
        ("{a: {b: {x: 1}}}", "{a: {b: {$replace: true, y: 2}}}", {"a": {"b": {"y": 2}}}),
        ("{a: 1}", "{a: null}", {"a": None}),
        ("{a: 1}", "{a: true}", {"a": True}),
        ("{tests: [1]}", "{tests: {x: $unset}}", {"tests": {"x": "$unset"}}),
    ],
    ids=[
        "maps deeply", "lists replace", "map over scalar", "scalar over map", "unset",
        "unset inside", "replace", "replace inside", "null", "true over 1", "tests are data",
    ],
)  # fmt: skip
def test_child_is_laid_over_parent(parent: str, child: str, result: object) -> None:
    """Maps merge deeply, lists and scalars replace, directives delete or stop the merge."""
    found, findings = merged(parent, child)
    assert plain(found) == result
    assert findings == []


def test_merge_changes_neither_file() -> None:
    """A base may be shared by many specs, since merging leaves it as it is."""
    parent, child = tree("{a: {x: 1}, b: [1]}"), tree("{a: {x: $unset, y: 2}}")
    merge(parent, child, Findings())
    assert plain(parent) == {"a": {"x": 1}, "b": [1]}
    assert plain(child) == {"a": {"x": "$unset", "y": 2}}


def test_every_key_keeps_the_file_it_came_from() -> None:
    """A key that the child overrides has the child's place, any other one the parent's."""
    result, _ = merged("a:\n  x: 1\n  y: 2\n", "a:\n  y: 3\n")
    inner = result["a"]
    assert isinstance(inner, YamlMap)
    assert str(inner.value_places["x"]) == "parent.yaml:2:6"
    assert str(inner.value_places["y"]) == "child.yaml:2:6"
    assert str(inner.key_places["y"]) == "child.yaml:2:3"


@pytest.mark.parametrize(
    ("child", "finding"),
    [
        ("{b: $unset}", "I202 child.yaml:1:5"),
        ("{a: {q: $unset}}", "I202 child.yaml:1:9"),
        ("{b: {$replace: true, c: 1}}", "I202 child.yaml:1:5"),
        ("{b: {c: {d: $unset}}}", "I202 child.yaml:1:13"),
        ("{b: [{c: $unset}]}", "I202 child.yaml:1:10"),
        ("{parameter_rules: [{name: x, $unset: true}]}", "I202 child.yaml:1:20"),
        ("{model_rules: {r: $unset}}", "I202 child.yaml:1:19"),
        ("{a: {x: 1}}", "I203 child.yaml:1:9"),
    ],
    ids=[
        "unset", "unset inside", "replace", "unset in a new map", "unset in a list",
        "unset of a named item", "unset of a model rule", "override that changes nothing",
    ],
)  # fmt: skip
def test_directive_without_effect_is_told(child: str, finding: str) -> None:
    """An `$unset` or `$replace` that matches nothing is an error where it stands."""
    _, findings = merged("{a: {x: 1}, parameter_rules: []}", child)
    assert findings == [finding]


def test_unset_with_a_typo_names_the_near_key() -> None:
    """The finding of a misspelt `$unset` offers the parent's key."""
    findings = Findings()
    merge(tree("{parameters: {top_p: top_p}}"), tree("{parameters: {topp: $unset}}"), findings)
    assert list(findings)[0].hint == "did you mean `top_p`?"


def test_rules_merge_by_name() -> None:
    """A parameter rule of the child patches the parent's rule of that name, or is added."""
    result, findings = merged(
        "{parameter_rules: [{name: a, max: 1}, {name: b}, {name: c}]}",
        "{parameter_rules: [{name: b, max: 2}, {name: d}, {name: c, $unset: true}]}",
    )
    assert plain(result) == {
        "parameter_rules": [{"name": "a", "max": 1}, {"name": "b", "max": 2}, {"name": "d"}]
    }
    assert findings == []


def test_form_fields_merge_by_variable_and_condition() -> None:
    """The same variable twice is told apart by `show_on`."""
    shown = "show_on: [{variable: t, value: x}]"
    result, _ = merged(
        f"{{credential_form_schemas: [{{variable: a}}, {{variable: a, {shown}}}]}}",
        f"{{credential_form_schemas: [{{variable: a, {shown}, required: false}}]}}",
    )
    condition = [{"variable": "t", "value": "x"}]
    assert plain(result["credential_form_schemas"]) == [
        {"variable": "a"},
        {"variable": "a", "show_on": condition, "required": False},
    ]


def test_named_item_with_replace_stands_alone() -> None:
    """`$replace: true` in an item of a named list stops the merge of that item."""
    result, findings = merged(
        "{parameter_rules: [{name: a, max: 1}]}",
        "{parameter_rules: [{name: a, min: 0, $replace: true}]}",
    )
    assert plain(result) == {"parameter_rules": [{"name": "a", "min": 0}]}
    assert findings == []


def test_unset_inside_a_model_rule_is_kept_for_the_patch() -> None:
    """What a model rule unsets is deleted from the spec of its models, not from the rule."""
    result, findings = merged(
        "{model_rules: {r: {match: a, parameters: {x: y}}, s: {match: b}}}",
        "{model_rules: {r: {parameters: {x: $unset}}, s: $unset, t: {drop: $unset}}}",
    )
    assert plain(result) == {
        "model_rules": {"r": {"match": "a", "parameters": {"x": "$unset"}}, "t": {"drop": "$unset"}}
    }
    assert findings == []


def test_patch_lays_a_rule_over_the_spec() -> None:
    """A model rule is a child spec without `match` and `when`, and `$unset` works in it."""
    spec = tree("{parameters: {max_tokens: max_tokens, top_p: top_p}, roles: {a: b}}")
    rule = tree("{match: 'o*', when: x, parameters: {max_tokens: other, top_p: $unset}}")
    findings = Findings()
    assert plain(patch(spec, rule, findings)) == {
        "parameters": {"max_tokens": "other"},
        "roles": {"a": "b"},
    }
    assert not list(findings)


def test_patch_that_unsets_nothing_is_told() -> None:
    """A rule that deletes a key which the spec lacks is an error."""
    findings = Findings()
    patch(tree("{parameters: {}}"), tree("{match: a, parameters: {x: $unset}}"), findings)
    assert [item.code for item in findings] == ["I202"]


def resolved(files: dict[str, str], name: str = "a") -> tuple[YamlMap, list[str]]:
    """Resolve one of several specs by name and return it with the findings as text."""
    findings = Findings()
    trees = {key: tree(text, f"{key}.yaml") for key, text in files.items()}
    result = resolve(trees[name], trees.get, findings, names=trees)
    return result, [str(item) for item in findings]


def test_names_and_texts_are_not_inherited() -> None:
    """A child has none of its parent's names, texts, icons, models and tests."""
    parent = (
        "{spec_version: 1, provider: b, abstract: true, label: L, description: D, icon_small: i,"
        " icon_large_dark: j, background: c, help: h, models: [], supported_model_types: [llm],"
        " base_url: u, operations: {llm: {request: {path: /x}, tests: [1]},"
        " count_tokens: {llm: {request: {path: /c}, tests: [1]}}}}"
    )
    result, findings = resolved({"b": parent, "a": "{provider: a, extends: b}"})
    assert plain(result) == {
        "provider": "a",
        "extends": "b",
        "base_url": "u",
        "operations": {
            "llm": {"request": {"path": "/x"}},
            "count_tokens": {"llm": {"request": {"path": "/c"}}},
        },
    }
    assert findings == []


def test_chain_of_four_files_is_merged() -> None:
    """Four files are the longest chain, each laid over the next."""
    files = {
        "a": "{extends: b, x: 1}",
        "b": "{extends: c, x: 2, y: 2}",
        "c": "{extends: d, z: 3}",
        "d": "{x: 4, w: 4}",
    }
    result, findings = resolved(files)
    assert plain(result) == {"extends": "b", "x": 1, "y": 2, "z": 3, "w": 4}
    assert findings == []


@pytest.mark.parametrize(
    ("files", "finding"),
    [
        ({"a": "{extends: acmee}", "acme": "{}"}, "no such provider. did you mean `acme`?"),
        ({"a": "{extends: b}", "b": "{extends: a}"}, "the specs extend each other: ? -> b -> a."),
        ({"a": "{extends: a}"}, "the specs extend each other"),
        ({"a": "{extends: ../../etc/passwd}"}, "expected the name of a provider, never a path"),
        ({"a": "{extends: [b]}"}, "expected the name of a provider, never a path"),
        (
            {"a": "{extends: b}", "b": "{extends: c}", "c": "{extends: d}", "d": "{extends: e}",
             "e": "{}"},
            "is longer than 4 files",
        ),
    ],
    ids=["missing", "cycle", "itself", "path", "list", "too long"],
)  # fmt: skip
def test_broken_chain_is_told_at_extends(files: dict[str, str], finding: str) -> None:
    """A chain that cannot be followed is one finding, and the rest is merged."""
    _, findings = resolved(files)
    assert len(findings) == 1
    assert "error[I201] extends: " in findings[0]
    assert finding in findings[0]


def test_root_spec_may_not_unset() -> None:
    """A spec without a parent has nothing to delete."""
    _, findings = resolved({"a": "{parameters: {x: $unset}}"})
    assert ["I202" in finding for finding in findings] == [True]


def test_incomplete_spec_is_told() -> None:
    """A spec that is no base needs an address and an operation."""
    findings = Findings()
    check_complete(tree("{provider: a}"), findings)
    check_complete(tree("{provider: a, abstract: true}"), findings)
    assert [item.code for item in findings] == ["I204", "I204"]


def test_list_of_the_result_keeps_its_places() -> None:
    """The items of a named list know their files after the merge."""
    result, _ = merged("{parameter_rules: [{name: a}]}", "{parameter_rules: [{name: b}]}")
    rules = result["parameter_rules"]
    assert isinstance(rules, YamlList)
    assert [place.file for place in rules.value_places] == ["parent.yaml", "child.yaml"]
