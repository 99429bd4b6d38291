"""What of a call is held to limits, and which parameters a condition leaves out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.operation import LLMCall, PreparedCall
from model_runtime.compile.provider import CompiledProvider
from model_runtime.errors import InvalidParameter
from model_runtime.findings import Findings
from model_runtime.parameters import ParameterTable
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

SPEC = """\
parameters:
  stop: {to: stop, as: list}
  temperature: temperature
  thinking: {to: think, default: true}
  search: {to: null}
drop:
  - {when: parameters.thinking and not stream, parameters: [temperature, top_p]}
operations:
  llm:
    limits: {stop: 2, messages: 2, tools: 1}
    request:
      body:
        find: "{{ parameters.search }}"
        tools: {$each: tools, $as: t, $omit_empty: true, $emit: "{{ t.name }}"}
        $merge: [wire_parameters, extra_body]
    response: {text: t}
    stream: {delta: {text: t}, done: "[DONE]"}
"""
HELLO = {"role": "user", "parts": [{"type": "text", "text": "hi"}]}


def prepared(messages: int = 1, **options: Any) -> PreparedCall:
    """A call of the spec, ready to be sent."""
    findings = Findings()
    tree = read_yaml(SPEC, "p.yaml", findings)
    assert isinstance(tree, YamlMap)
    variant = CompiledProvider("acme", tree, credentials={}).base_variant()
    call = LLMCall(model="m", messages=[HELLO] * messages, **options)
    table = ParameterTable(variant.rows, (), variant.drop)
    return variant.llm().prepare(call, table, {}, "https://a.example")


def sent(call: PreparedCall) -> Any:
    """The JSON body of a call."""
    return json.loads(call.request.body)


def test_condition_leaves_parameters_out_and_says_so() -> None:
    """It sees defaults too; what the caller has not set is not told of."""
    call = prepared(parameters={"temperature": 0.5})
    assert sent(call) == {"think": True}
    assert call.warnings == ("temperature was not sent: this call does not take it.",)


@pytest.mark.parametrize(
    "options", [{"parameters": {"temperature": 0.5, "thinking": False}}, {"stream": True}]
)
def test_condition_that_does_not_hold_leaves_nothing_out(options: dict[str, Any]) -> None:
    """It reads all that a call of a language model has."""
    options.setdefault("parameters", {"temperature": 0.5})
    call = prepared(**options)
    assert sent(call)["temperature"] == 0.5
    assert call.warnings == ()


def test_parameter_without_a_path_is_placed_by_the_templates() -> None:
    """It goes where they put it and nowhere else."""
    assert sent(prepared(parameters={"search": "web"})) == {"find": "web", "think": True}


@pytest.mark.parametrize("stop", [["a", "b"], "abc", ("a",)])
def test_stop_texts_within_the_limit_are_sent(stop: object) -> None:
    """One text counts as one, however long it is."""
    expected = [stop] if isinstance(stop, str) else list(stop)  # type: ignore[call-overload]
    assert sent(prepared(parameters={"stop": stop}))["stop"] == expected


def test_stop_texts_beyond_the_limit_are_refused_told_or_cut() -> None:
    """As the host has chosen for values out of range."""
    parameters = {"stop": ["a", "b", "c"]}
    with pytest.raises(InvalidParameter, match="takes 2 stop at most; 3 were given"):
        prepared(parameters=parameters)
    warned = prepared(parameters=parameters, on_violation="warn")
    assert sent(warned)["stop"] == ["a", "b", "c"]
    cut = prepared(parameters=parameters, on_violation="clamp")
    assert sent(cut)["stop"] == ["a", "b"]
    for call in (warned, cut):
        assert call.warnings[0] == "stop holds 3 texts; this model takes 2 at most."


@pytest.mark.parametrize(
    ("options", "name"), [({"messages": 3}, "messages"), ({"tools": [{}, {}]}, "tools")]
)
def test_too_many_messages_and_tools_are_refused(options: dict[str, Any], name: str) -> None:
    """Nothing of a conversation is cut."""
    with pytest.raises(InvalidParameter, match=f"{name} at most"):
        prepared(**options, on_violation="clamp")
