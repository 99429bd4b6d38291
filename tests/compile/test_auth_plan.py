"""The `auth:` block compiled: templates, paths, durations, and the choice among several."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_runtime.compile.auth_plan import compile_auth
from model_runtime.compile.context import CompileContext
from model_runtime.compile.templates import Fragments
from model_runtime.exchange import Exclusive, Flow, HttpReply, HttpRequest, Send
from model_runtime.findings import Findings
from model_runtime.secrets import Secret
from model_runtime.spec.yaml_source import read_yaml

REQUEST = HttpRequest(method="POST", url="https://a.example/v1", headers={}, body=b"{}")
SECRETS = {"key": True, "id": True, "region": False}


def compiled(text: str) -> tuple[Any, Findings]:
    findings = Findings()
    spec: Any = read_yaml(text, "p.yaml", findings) or {}
    context = CompileContext(
        provider="acme",
        tree={},
        findings=findings,
        credentials=SECRETS,
        parameters=None,
        fragments=Fragments({}),
    )
    return compile_auth(spec, context), findings


def run(flow: Flow[Any], replies: list[HttpReply], sent: list[HttpRequest]) -> Any:
    """Run a flow, answering its requests in order."""
    answer: Any = None
    try:
        while True:
            ask = flow.send(answer)
            if isinstance(ask, Exclusive):
                answer = run(ask.flow(), replies, sent)
            else:
                assert isinstance(ask, Send)
                sent.append(ask.request)
                answer = replies.pop(0)
    except StopIteration as stop:
        return stop.value


def applied(text: str, credentials: dict[str, Any], *replies: HttpReply) -> tuple[HttpRequest, Any]:
    auth, findings = compiled(text)
    assert findings.errors == []
    sent: list[HttpRequest] = []
    secret = {k: Secret(v) if SECRETS[k] else v for k, v in credentials.items()}
    return run(auth.apply(REQUEST, {"credentials": secret}), list(replies), sent), sent


def test_provider_without_auth_needs_none() -> None:
    """The request goes out as it is."""
    assert applied("", {})[0] == REQUEST


def test_templates_are_rendered_from_the_credentials_of_the_call() -> None:
    """Text around an expression stays."""
    text = 'kind: header\nheaders: {X-Key: "Key {{ credentials.key }}", X-Plain: yes-it-is}\n'
    request, _ = applied(text, {"key": "k1"})
    assert request.headers == {"x-key": "Key k1", "x-plain": "yes-it-is"}


def test_first_alternative_whose_condition_holds_is_used() -> None:
    """One without a condition is for all that is left."""
    text = """\
any:
  bearer: {when: credentials.key, kind: bearer, token: "{{ credentials.key }}"}
  query: {kind: query, query: {id: "{{ credentials.id }}"}}
"""
    assert applied(text, {"key": "k", "id": "i"})[0].headers == {"authorization": "Bearer k"}
    request, _ = applied(text, {"id": "i"})
    assert (request.url, request.headers) == ("https://a.example/v1?id=i", {})


EXCHANGE = """\
kind: token_exchange
request:
  method: POST
  url: https://login.example/token
  form: {grant_type: client_credentials, secret: "{{ credentials.key }}"}
token: data.token
expires_in: {path: data.ttl, default: 1h, early: 60s}
error: {path: problem}
cache_key: ["{{ credentials.id }}"]
apply: {bearer: "{{ token }}"}
refresh_on: [401, {json: "code == `110`"}]
"""


def test_token_exchange_has_paths_durations_and_templates_each_in_its_place() -> None:
    """The token's path is JMESPath, its use a template."""
    reply = HttpReply(200, {}, json.dumps({"data": {"token": "t1", "ttl": 100}}).encode())
    request, sent = applied(EXCHANGE, {"key": "k&", "id": "i"}, reply)
    assert request.headers["authorization"] == "Bearer t1"
    (asked,) = sent
    assert asked.url == "https://login.example/token"
    assert asked.body == b"grant_type=client_credentials&secret=k%26"


def test_token_exchange_says_when_to_refresh() -> None:
    """By status, and by what a reply of status 200 holds."""
    auth, _ = compiled(EXCHANGE)
    assert auth.should_refresh(401, b"")
    assert auth.should_refresh(200, b'{"code": 110}')
    assert not auth.should_refresh(200, b'{"code": 0}')
    assert not auth.should_refresh(500, b"oops")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('kind: bearer\ntoken: "{{ credentials.nokey }}"\n', "T303"),
        ('kind: bearer\ntoken: "{{ token"\n', "T301"),
        (EXCHANGE.replace("data.token", "data..token"), "R401"),
        (EXCHANGE.replace("60s", "soon"), "S104"),
        ("kind: baerer\ntoken: x\n", "S104"),
        ('any: {a: {when: "credentials.key ==", kind: none}}\n', "T301"),
    ],
    ids=["name", "syntax", "path", "duration", "kind", "condition"],
)
def test_fault_is_a_finding_at_its_place(text: str, code: str) -> None:
    """Compiling never raises; the harmless stand-in is not used."""
    _, findings = compiled(text)
    assert code in [finding.code for finding in findings]
    assert all(finding.place is not None for finding in findings)
