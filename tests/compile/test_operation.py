"""The operation of a language model: what a call becomes, and what a reply becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.operation import LLMCall, LLMOperation
from model_runtime.compile.provider import CompiledProvider
from model_runtime.errors import InvalidParameter, ProviderError, ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.parameters import ParameterTable, read_table
from model_runtime.spec.tree import YamlMap
from model_runtime.spec.yaml_source import read_yaml

SPEC = """\
errors: {in_success: error}
operations:
  llm:
    request:
      path: /chat
      body:
        model: "{{ model }}"
        roles: {$each: messages, $as: m, $emit: "{{ m.role }}"}
        tools: {$each: tools, $as: t, $emit: "{{ t.name }}"}
        extra: "{{ parameters.known }}"
        $merge: [wire_parameters, extra_body]
    response: {text: t, finish: {path: f, map: {end: stop}}}
    stream: {body: {stream: true}, delta: {text: t, finish: f}, done: "[DONE]"}
"""
PLAIN = {"parts": [{"type": "text", "text": "hi"}]}


def operation(text: str = SPEC) -> LLMOperation:
    findings = Findings()
    tree = read_yaml(text, "p.yaml", findings)
    assert isinstance(tree, YamlMap)
    assert findings.errors == []
    provider = CompiledProvider(
        "acme", tree, credentials={"key": True}, rule_parameters=frozenset({"known"})
    )
    return provider.base_variant().llm()


def sent(made: LLMOperation, *roles: str, **options: Any) -> Any:
    """The JSON body of a call with messages of some roles."""
    messages = [{"role": role, **PLAIN} for role in roles or ("user",)]
    call = LLMCall(model="m", messages=messages, **options)
    table = ParameterTable(read_table({"known": "known"}))
    return json.loads(made.prepare(call, table, {}, "https://a.example").request.body)


def test_call_is_rendered_from_its_arguments() -> None:
    """Parameters both by name and laid out for the wire; what is not set is not sent."""
    body = sent(operation(), parameters={"known": 1}, extra_body={"more": 2})
    assert body == {"model": "m", "roles": ["user"], "extra": 1, "known": 1, "more": 2}


def test_roles_are_mapped_and_developer_is_system_by_default() -> None:
    """Templates see the role as the service calls it."""
    assert sent(operation(), "developer", "system", "user")["roles"] == ["system", "system", "user"]
    text = SPEC + "roles: {developer: developer, system: developer}\n"
    assert sent(operation(text), "developer", "system")["roles"] == ["developer", "developer"]


def test_stream_lays_its_body_over_and_a_spec_may_only_stream() -> None:
    """`only` streams also for a plain call; a spec without `stream` never does."""
    assert sent(operation(), stream=True)["stream"] is True
    assert "stream" not in sent(operation())
    only = SPEC.replace("stream: {body", "stream: {only: true, body")
    assert sent(operation(only))["stream"] is True
    never = SPEC[: SPEC.index("    stream:")]
    assert "stream" not in sent(operation(never), stream=True)
    assert not operation(never).can_stream


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tool_choice", {"mode": "auto"}),
        ("response_format", {"type": "json"}),
    ],
)
def test_argument_that_the_spec_never_reads_is_refused(name: str, value: object) -> None:
    """It is never dropped in silence."""
    with pytest.raises(InvalidParameter, match=f"acme/m takes no {name}"):
        sent(operation(), **{name: value})
    assert sent(operation(), tools=[{"name": "f"}])["tools"] == ["f"]


def test_empty_tools_and_extra_body_are_absent() -> None:
    """An empty list of tools is refused by many services."""
    assert "tools" not in sent(operation(), tools=[], extra_body={})


# ---- replies


def read(body: bytes | str, text: str = SPEC, status: int = 200) -> Any:
    data = body.encode() if isinstance(body, str) else body
    return operation(text).read(HttpReply(status, {"x-request-id": "r"}, data), ["w"], latency=1.5)


def test_whole_reply_is_read_with_its_warnings_and_time() -> None:
    """A byte order mark and blanks around the JSON are forgiven."""
    result = read(b'\xef\xbb\xbf {"t": "a", "f": "end"} \n')
    assert (result.text, result.finish_reason, result.warnings) == ("a", "stop", ("w",))
    assert (result.usage.latency, result.raw) == (1.5, {"t": "a", "f": "end"})


def test_list_of_replies_is_one_answer() -> None:
    """A stream that a proxy has collected."""
    assert read('[{"t": "a"}, {"t": "b", "f": "end"}]').text == "ab"


def test_stream_that_came_all_at_once_is_read() -> None:
    """Services that only stream do so for a plain call."""
    assert read('data: {"t": "a"}\n\ndata: {"t": "b"}\n\ndata: [DONE]\n\n').text == "ab"


def test_error_of_status_200_is_an_error() -> None:
    """The status stays with it."""
    with pytest.raises(ProviderError) as caught:
        read('{"error": {"message": "m", "code": 429}}')
    assert (caught.value.message, caught.value.status) == ("m", 200)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("", "The reply is empty (HTTP 200)"),
        (" \r\n\t", "The reply is empty"),
        ("<html>Welcome</html>", "begins '<html>Welcome</html>'"),
        ('{"t": "a"', "not JSON"),
    ],
    ids=["empty", "blank", "html", "cut"],
)
def test_reply_that_is_no_json_is_told_by_its_beginning(body: str, said: str) -> None:
    """A wrong address often answers with a page."""
    with pytest.raises(ReplyError) as caught:
        read(body)
    assert said in str(caught.value)
