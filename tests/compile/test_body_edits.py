"""Edits of a finished body: each kind, their conditions and paths, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.operation import LLMCall
from model_runtime.compile.provider import CompiledProvider, Variant
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Findings
from model_runtime.parameters import ParameterTable
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

SPEC = """\
operations:
  llm:
    request:
      body: {model: "{{ model }}", $merge: [wire_parameters, extra_body]}
      edits: {e: %s}
    response: {text: t}
    stream: {body: {stream: true}, delta: {text: t}, done: "[DONE]"}
"""


def variant(edit: str) -> Variant:
    """A provider with one edit."""
    findings = Findings()
    tree = read_yaml(SPEC % edit, "p.yaml", findings)
    assert isinstance(tree, YamlMap), findings
    return CompiledProvider("acme", tree, credentials={}).base_variant()


def sent(edit: str, body: dict[str, Any], *, stream: bool = False) -> Any:
    """The body of a call with some extra keys, edited, without its model."""
    messages = [{"role": "user", "parts": [{"type": "text", "text": "hi"}]}]
    call = LLMCall(model="m", messages=messages, extra_body=body, stream=stream)
    request = variant(edit).llm().prepare(call, ParameterTable({}), {}, "https://a.example").request
    return {key: value for key, value in json.loads(request.body).items() if key != "model"}


@pytest.mark.parametrize(
    ("edit", "before", "after"),
    [
        ("{set: a.b, value: 1}", {}, {"a": {"b": 1}}),
        ("{set: a, value: 1}", {"a": 2}, {"a": 1}),
        ("{set: a, value: 1, keep: true}", {"a": 2}, {"a": 2}),
        ("{set: a, value: 1, keep: true}", {"a": None}, {"a": None}),
        ("{set: a, value: 1, keep: true}", {}, {"a": 1}),
        ("{set: l.*.k, value: 1}", {"l": [{"k": 2}, {}]}, {"l": [{"k": 1}, {"k": 1}]}),
        ("{set: l.-1, value: 1}", {"l": [5, 6]}, {"l": [5, 1]}),
        ("{set: l.7, value: 1}", {"l": [5]}, {"l": [5]}),
        ('{set: a, value: "{{ body.b }}"}', {"b": [1]}, {"a": [1], "b": [1]}),
        ('{set: a, value: "{{ body.gone }}"}', {"a": 1}, {"a": 1}),
        ("{delete: a.b}", {"a": {"b": 1, "c": 2}}, {"a": {"c": 2}}),
        ("{delete: [a, gone.b, l.0]}", {"a": 1, "l": [5, 6]}, {"l": [6]}),
        ("{delete: l.*.k}", {"l": [{"k": 1, "j": 2}, 3]}, {"l": [{"j": 2}, 3]}),
        ("{delete: '*.k'}", {"a": {"k": 1}, "b": 2}, {"a": {}, "b": 2}),
        (r"{delete: a\.b}", {"a.b": 1, "a": {"b": 2}}, {"a": {"b": 2}}),
        ("{move: a, to: b.c}", {"a": 1}, {"b": {"c": 1}}),
        ("{move: a, to: b.c}", {"d": 1}, {"d": 1}),
        ("{move: l.0.k, to: k}", {"l": [{"k": 1}]}, {"l": [{}], "k": 1}),
        ("{copy: a, to: b}", {"a": [1]}, {"a": [1], "b": [1]}),
        ("{append: l, value: 1}", {"l": [5]}, {"l": [5, 1]}),
        ("{append: l, value: [1, 2]}", {"l": [5]}, {"l": [5, 1, 2]}),
        ("{append: l, value: 1}", {}, {"l": [1]}),
        ("{append: t, value: '!'}", {"t": "hi"}, {"t": "hi!"}),
        ("{prepend: l, value: 1}", {"l": [5]}, {"l": [1, 5]}),
        ("{prepend: t, value: 'oh '}", {"t": "hi"}, {"t": "oh hi"}),
        ('{change: t, value: "{{ value | upper }}"}', {"t": "hi"}, {"t": "HI"}),
        ('{change: l.*, value: "{{ omit if value == 5 else value }}"}', {"l": [5, 6]}, {"l": [6]}),
        ('{change: t, value: "{{ value | upper }}"}', {}, {}),
        ("{allow: [model, a]}", {"a": 1}, {"a": 1}),
    ],
)
def test_edit_gives(edit: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    """What a path leads to is changed, and nothing else; a path that leads nowhere is silent."""
    given = json.dumps(before)
    assert sent(edit, before) == after
    assert json.dumps(before) == given, "the caller's own map was changed"


@pytest.mark.parametrize(
    ("tools", "expected"), [([1], {"tools": [1], "x": 1}), ([], {"tools": []})]
)
def test_edit_is_made_when_its_condition_holds(tools: list[int], expected: object) -> None:
    """A condition reads the body so far, and what every template reads."""
    edit = "{when: body.tools and model is matching('^m'), set: x, value: 1}"
    assert sent(edit, {"tools": tools}) == expected


def test_edits_come_after_the_streams_part_of_a_body() -> None:
    """They have the last word."""
    assert sent("{move: stream, to: streaming}", {}, stream=True) == {"streaming": True}


@pytest.mark.parametrize(
    ("edit", "body", "told"),
    [
        ("{allow: [model, a]}", {"b": 1}, "takes no 'b' in its body. It takes: model, a."),
        ("{append: n, value: 1}", {"n": 5}, "edits.e: a number cannot be joined to a number."),
        ("{set: n.k, value: 1}", {"n": 5}, "The body has a number where 'k' is to be set."),
    ],
)
def test_body_that_an_edit_does_not_fit_is_refused(
    edit: str, body: dict[str, Any], told: str
) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidParameter) as caught:
        sent(edit, body)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("{value: 1}", "the edit `e` does nothing; expected one of set, delete, move"),
        ("{set: a, delete: b}", "the edit `e` does set and delete"),
        ("{move: 'l.*', to: a}", "`move: l.*` names many places"),
        ("{copy: a, to: 'l.*'}", "`to: l.*` names many places"),
        ('{set: a, value: "{{ secret }}"}', "`secret` is not in scope"),
        ("{when: boddy.a, set: a, value: 1}", "`boddy` is not in scope"),
    ],
)
def test_faulty_edit_is_a_finding(edit: str, told: str) -> None:
    """What an edit cannot mean is told when the spec is compiled."""
    found = variant(edit)
    found.compile_all()
    assert [told in finding.message for finding in found.findings] == [True]
    assert found.findings.items[0].place is not None


def test_edits_need_a_json_body() -> None:
    """A form or a file has no keys to change."""
    text = SPEC.replace("body: {model", "form: {model", 1) % "{delete: a}"
    tree = read_yaml(text, "p.yaml", Findings())
    assert isinstance(tree, YamlMap)
    made = CompiledProvider("acme", tree, credentials={}).base_variant()
    made.compile_all()
    assert ["`edits` change a JSON body" in f.message for f in made.findings].count(True) == 1
