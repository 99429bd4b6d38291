"""A provider compiled: model rules, variants, base URL, settings, findings."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from model_runtime.compile import provider as provider_module
from model_runtime.compile.operation import LLMCall
from model_runtime.compile.provider import CompiledProvider, Variant
from model_runtime.errors import HostRefused, SpecError, UnsupportedOperation
from model_runtime.exchange import Timeouts
from model_runtime.findings import Findings
from model_runtime.flows.retry import RetryPolicy
from model_runtime.parameters import ParameterTable
from model_runtime.secrets import Secret
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

SPEC = """\
base_url: https://api.example.com/v1/
parameters: {max_tokens: max_tokens, seed: seed}
operations:
  llm:
    request: {path: /chat, body: {model: "{{ model }}", $merge: [wire_parameters, extra_body]}}
    response: {text: t}
  list_models:
    request: {method: GET, path: /models}
    response: {each: data, id: id}
"""
RULES = """\
model_rules:
  reasoning:
    match: ["o1*", "o3-?"]
    parameters: {max_tokens: max_completion_tokens}
    drop: [seed]
  newest:
    match: o1-new
    parameters: {max_tokens: max_newest}
  small:
    when: model_properties.size == 'small'
    timeouts: {total: 5s}
  both:
    match: "x*"
    when: credentials.region
    operations: {llm: {request: {path: /small, body: {model: $unset}}}}
"""


def compiled(more: str = "", spec: str = SPEC) -> CompiledProvider:
    findings = Findings()
    tree = read_yaml(spec + more, "p.yaml", findings)
    assert isinstance(tree, YamlMap)
    assert findings.errors == []
    return CompiledProvider("acme", tree, credentials={"key": True, "region": False, "url": False})


def variant(model: str = "m", more: str = RULES, **given: Any) -> Variant:
    return compiled(more).variant(model, given.get("properties", {}), given.get("credentials", {}))


def wire(model: str, parameters: dict[str, Any]) -> Any:
    """The body that a call of a model with parameters becomes, and its warnings."""
    made = variant(model)
    call = LLMCall(model=model, messages=[], parameters=parameters)
    prepared = made.llm().prepare(call, ParameterTable(made.rows, (), made.drop), {}, "https://a.b")
    return json.loads(prepared.request.body), len(prepared.warnings)


# ---- model rules


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("m", "max_tokens"),
        ("o1", "max_completion_tokens"),
        ("o1-mini", "max_completion_tokens"),
        ("o3-x", "max_completion_tokens"),
        ("o3-xy", "max_tokens"),
        ("O1", "max_tokens"),
        ("o1-new", "max_newest"),
    ],
)
def test_rules_match_globs_case_sensitively_and_apply_in_order(model: str, name: str) -> None:
    """All that match are laid over the spec; the later one wins."""
    body, _ = wire(model, {"max_tokens": 5})
    assert body == {"model": model, name: 5}


def test_rule_may_drop_parameters() -> None:
    """They are left out and named in a warning, for these models alone."""
    assert wire("o1", {"seed": 1}) == ({"model": "o1"}, 1)
    assert wire("m", {"seed": 1}) == ({"model": "m", "seed": 1}, 0)


def test_when_reads_properties_and_credentials() -> None:
    """A rule without `match` is for every model; with both, both must hold."""
    assert variant(properties={"size": "small"}).timeouts.total == 5.0
    assert variant(properties={"size": "big"}).timeouts.total == 600.0

    def path(model: str, **credentials: str) -> str:
        made = variant(model, credentials=credentials)
        call = LLMCall(model=model, messages=[])
        request = made.llm().prepare(call, ParameterTable({}), {}, "https://a.b").request
        return f"{request.url} {request.body.decode()}"

    assert path("x", region="eu") == "https://a.b/small {}"
    assert path("x") == path("x", region="") == 'https://a.b/chat {"model":"x"}'
    assert path("y", region="eu") == 'https://a.b/chat {"model":"y"}'


def test_models_with_the_same_rules_share_a_variant() -> None:
    """What was compiled once is kept."""
    made = compiled(RULES)
    assert made.variant("a", {}, {}) is made.variant("b", {}, {}) is made.base_variant()
    assert made.variant("o1", {}, {}) is made.variant("o3-a", {}, {})
    assert made.variant("o1", {}, {}) is not made.base_variant()
    assert made.base_variant().llm() is made.base_variant().llm()


def test_fifty_threads_compile_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first calls of a host may come all at the same time."""
    made, begun = 0, threading.Barrier(50)
    real = provider_module._compile_llm

    def counting(*arguments: Any) -> Any:
        nonlocal made
        made += 1
        return real(*arguments)

    monkeypatch.setitem(provider_module._COMPILERS, "llm", counting)
    shared = compiled(RULES)
    found: list[Any] = []

    def use() -> None:
        begun.wait()
        found.append(shared.variant("o1", {}, {}).llm())

    threads = [threading.Thread(target=use) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (made, len(found), len(set(map(id, found)))) == (1, 50, 1)


# ---- operations


def test_missing_operation_names_those_that_are_there() -> None:
    """The message tells what the spec can do."""
    with pytest.raises(UnsupportedOperation, match="'voices'; its spec has: llm, list_models"):
        variant().listing("voices")
    assert variant().operation_names == ("llm", "list_models")


# ---- the base URL


def test_base_url_loses_its_last_slash() -> None:
    """Paths bring their own."""
    assert variant().base_url({}) == "https://api.example.com/v1"


@pytest.mark.parametrize("value", ["http://127.0.0.1:8080/v1/", "https://host/a<b"])
def test_base_url_may_be_a_credential(value: str) -> None:
    """What the user types is used, encoded where it must be."""
    spec = SPEC.replace("https://api.example.com/v1/", '"{{ credentials.url }}"')
    made = compiled(spec=spec).base_variant()
    assert made.base_url({"url": value}) == value.rstrip("/").replace("<", "%3C")


@pytest.mark.parametrize("value", ["ftp://host", "api.example.com", "", "file:///etc/passwd"])
def test_base_url_that_is_no_http_url_is_refused(value: str) -> None:
    """The message shows it and what was expected."""
    spec = SPEC.replace("https://api.example.com/v1/", '"x{{ credentials.url }}"').replace(
        '"x', '"'
    )
    with pytest.raises(HostRefused, match="does not start with https"):
        compiled(spec=spec).base_variant().base_url({"url": value})


def test_spec_without_a_base_url_cannot_be_called() -> None:
    """It may still be a parent."""
    spec = SPEC[SPEC.index("parameters") :]
    with pytest.raises(UnsupportedOperation, match="has no base_url"):
        compiled(spec=spec).base_variant().base_url({})


# ---- settings


def test_timeouts_and_retries_are_read() -> None:
    """What the spec leaves out has the engine's default."""
    more = """\
timeouts: {connect: 2s, first_byte: 500ms}
retry: {times: 5, kinds: [server], backoff: {start: 1s, factor: 3, max: 1m}, max_delay: 2m}
"""
    made = variant(more=more)
    assert made.timeouts == Timeouts(connect=2.0, first_byte=0.5)
    assert made.retry == RetryPolicy(
        times=5,
        kinds=frozenset({"server"}),
        backoff_start=1.0,
        backoff_factor=3.0,
        backoff_max=60.0,
        max_delay=120.0,
    )
    assert variant().retry == RetryPolicy()


# ---- findings


def test_every_fault_is_told_at_once_with_its_place() -> None:
    """Of the base, of operations that nobody called, and of rules that apply to no model yet."""
    more = """\
timeouts: {total: soon}
headers: {x: "{{ nonsense }}"}
model_rules:
  bad: {match: z, parameters: {nothing: $unset}}
  worse: {when: "model ==", match: y}
"""
    spec = SPEC.replace("each: data", 'each: "data["')
    found = compiled(more, spec).findings()
    codes = {finding.code for finding in found}
    assert codes == {"S104", "T302", "I202", "T301", "R401"}
    assert all(finding.place is not None and finding.place.file == "p.yaml" for finding in found)


def test_operation_with_a_fault_is_not_used() -> None:
    """The error holds the findings."""
    made = compiled(spec=SPEC.replace("{{ model }}", "{{ modle }}"))
    with pytest.raises(SpecError) as caught:
        made.base_variant().llm()
    assert [finding.code for finding in caught.value.findings] == ["T302"]
    assert "provider 'acme': 1 fault" in str(caught.value)


def test_fault_of_a_rule_stops_only_its_models_unless_its_condition_is_faulty() -> None:
    """A condition that cannot be read may be meant for any model."""
    broken = "model_rules: {r: {match: z, parameters: {nothing: $unset}}}\n"
    made = compiled(broken)
    made.variant("m", {}, {}).llm()
    with pytest.raises(SpecError):
        made.variant("z", {}, {}).llm()
    with pytest.raises(SpecError):
        compiled('model_rules: {r: {when: "model =="}}\n').variant("m", {}, {})


def test_secret_cannot_be_read_by_a_body() -> None:
    """It belongs into auth and headers."""
    spec = SPEC.replace("{{ model }}", "{{ credentials.key }}")
    assert [finding.code for finding in compiled(spec=spec).findings()] == ["T302"]


def test_auth_is_compiled_with_the_variant() -> None:
    """And renders from the credentials of each call."""
    made = variant(more='auth: {kind: bearer, token: "{{ credentials.key }}"}\n')
    call = LLMCall(model="m", messages=[])
    prepared = made.llm().prepare(call, ParameterTable({}), {"key": Secret("k1")}, "https://a.b")
    flow = made.auth.apply(prepared.request, prepared.scope)
    with pytest.raises(StopIteration) as stop:
        next(flow)
    assert stop.value.value.headers["authorization"] == "Bearer k1"
