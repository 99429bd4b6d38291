"""Recorded exchanges as `check` runs them: what no longer holds is told with its place."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from model_runtime.findings import Finding, Findings
from model_runtime.lint.exchanges import cases_of, exchange_findings, play
from model_runtime.registry import Registry

SPEC = """\
spec_version: 1
provider: acme
extends: openai_compatible
base_url: https://api.acme.example/v1
"""
ANSWER = """\
given: {model: small, messages: [{role: user, content: ping}], parameters: {temperature: 0.5}}
sends:
  method: POST
  path: /v1/chat/completions
  headers: {authorization: Bearer test-key}
  body: {model: small, messages: [{role: user, content: ping}], temperature: 0.5}
reply: {json: {choices: [{message: {content: pong}, finish_reason: stop}]}}
gives: {text: pong, finish_reason: stop}
"""
STREAM = """\
given: {model: small, messages: [{role: user, content: ping}], stream: true}
reply:
  headers: {content-type: text/event-stream}
  sse:
    - {choices: [{delta: {content: "p\\u00f6"}}]}
    - {choices: [{delta: {content: ng}}]}
    - {choices: [{delta: {}, finish_reason: stop}]}
    - "[DONE]"
gives: {text: "p\\u00f6ng"}
events:
  - {type: text_delta, text: "p\\u00f6"}
  - {type: text_delta, text: ng}
  - {type: usage}
  - {type: finish, finish_reason: stop}
"""
ERROR = """\
given: {model: small, messages: [{role: user, content: ping}]}
reply: {status: 429, headers: {retry-after: "7"}, json: {error: {message: Slow down.}}}
raises: {error: RateLimitError, retryable: true, retry_after: 7, message: "[Ss]low"}
"""


def checked(
    folder: Path, exchange: str, *, spec: str = SPEC, is_exhaustive: bool = False
) -> list[Finding]:
    """What is found in a spec with one exchange."""
    home = folder / "acme" / "exchanges" / "llm"
    home.mkdir(parents=True)
    (folder / "acme" / "provider.yaml").write_text(spec, encoding="utf-8")
    (home / "case.yaml").write_text(exchange, encoding="utf-8")
    record = Registry([str(folder)], bundled=True).record("acme")
    return exchange_findings(record, is_exhaustive=is_exhaustive)


@pytest.mark.parametrize("exchange", [ANSWER, STREAM, ERROR], ids=["answer", "stream", "error"])
def test_exchange_that_holds_is_silent(tmp_path: Path, exchange: str) -> None:
    """A plain answer, a stream cut at every byte, and an error that are as the file says."""
    assert checked(tmp_path, exchange, is_exhaustive=True) == []


DIFFERENCES = [
    ("temperature: 0.5}}", "temperature: 1}}", "sends: body.temperature: expected 0.5, got 1", 2),
    ("path: /v1/chat", "path: /v2/chat", 'sends: path: expected "/v2/chat/completions"', 2),
    ("Bearer test", "Bearer other", 'got "Bearer test-key"', 2),
    ("body: {", "body: {top_p: 1, ", "sends: body.top_p: expected 1, got nothing", 2),
    ("text: pong", "text: ping", 'gives.text: expected "ping", got "pong"', 8),
    ("gives: {", "raises: {error: RateLimitError} #", "raises nothing, but gives", 8),
    ("reply: {json", "reply: {status: 500, json", "raises ServerUnavailableError", 8),
    ("given: {", "given: {colour: red, ", "unknown key", 1),
]


@pytest.mark.parametrize(
    ("old", "new", "told", "line"),
    DIFFERENCES,
    ids=["body", "path", "header", "missing", "result", "no-error", "error", "schema"],
)
def test_what_differs_is_told_at_its_line(
    tmp_path: Path, old: str, new: str, told: str, line: int
) -> None:
    """The message names the path inside the exchange, what was expected and what came."""
    (finding,) = checked(tmp_path, ANSWER.replace(old, new, 1))
    assert told in finding.message
    assert finding.place is not None
    assert finding.place.file.endswith("acme/exchanges/llm/case.yaml")
    assert finding.place.line == line


def test_request_that_is_not_sent_is_told(tmp_path: Path) -> None:
    """Two rounds for a call that needs one are one too many."""
    rounds = (
        "given: {model: small, messages: [{role: user, content: ping}]}\n"
        "rounds:\n"
        "  - reply: {json: {choices: [{message: {content: pong}}]}}\n"
        "  - reply: {json: {}}\n"
    )
    (finding,) = checked(tmp_path, rounds)
    assert finding.code == "L603"
    assert "sends 1 of 2 requests" in finding.message


REFUSED = "given: {model: small, messages: [{role: user, content: ping}], parameters: {colour: 1}}"


@pytest.mark.parametrize("is_stream", [False, True])
def test_call_that_is_refused_sends_nothing(tmp_path: Path, is_stream: bool) -> None:
    """An empty list of rounds holds a call to be refused before anything is sent."""
    given = REFUSED.replace("model: small", f"model: small, stream: {str(is_stream).lower()}")
    told = "rounds: []\nraises: {error: InvalidParameter}\n"
    assert checked(tmp_path / "refused", f"{given}\n{told}") == []
    sent = given.replace("colour", "seed")
    (finding, *_) = checked(tmp_path / "sent", f"{sent}\n{told}")
    assert "got TapeEnded" in finding.message


def test_order_of_events_is_held(tmp_path: Path) -> None:
    """Events are compared one by one."""
    found = checked(tmp_path, STREAM.replace("text_delta, text: ng", "reasoning_delta, text: ng"))
    assert ["events[1].type" in finding.message for finding in found] == [True]


def test_inline_tests_of_checks_and_counts_are_run(tmp_path: Path) -> None:
    """Those of `validate_credentials`, and those below a model type of `count_tokens`."""
    spec = (
        SPEC
        + """\
operations:
  count_tokens:
    llm:
      request: {path: /count, body: {$use: operations.llm.request.body, $omit: [max_tokens]}}
      response: {tokens: count}
      tests:
        - {given: {model: small, messages: [ping]}, reply: {json: {count: 3}}, gives: {tokens: 4}}
  validate_credentials:
    provider: {call: list_models}
    tests:
      - {given: {}, sends: {path: /v1/model}, reply: {json: {data: []}}}
      - {given: {model: mine}, sends: {path: /v1/chat/completions}, reply: {status: 401}}
"""
    )
    path = tmp_path / "acme.yaml"
    path.write_text(spec, encoding="utf-8")
    found = exchange_findings(Registry([str(path)], bundled=True).record("acme"))
    told = [finding.message for finding in found]
    assert len(told) == 3
    assert "gives.tokens: expected 4, got 3" in told[0]
    assert 'path: expected "/v1/model", got "/v1/models"' in told[1]
    assert "CredentialsInvalid" in told[2]


def test_inline_test_is_run(tmp_path: Path) -> None:
    """A test inside the spec is told at the line where its result stands."""
    test = "\n".join(
        f"          {line}" for line in ANSWER.replace("text: pong", "text: p").splitlines()
    )
    spec = f"{SPEC}operations:\n  llm:\n    tests:\n      -\n        {test.lstrip()}\n"
    spec = spec.replace("\n          ", "\n        ")
    path = tmp_path / "acme.yaml"
    path.write_text(spec, encoding="utf-8")
    (finding,) = exchange_findings(Registry([str(path)], bundled=True).record("acme"))
    assert finding.place is not None
    assert (finding.place.line, finding.place.file.rpartition("/")[2]) == (16, "acme.yaml")


def test_stream_that_may_end_early_unseen_is_told(tmp_path: Path) -> None:
    """A finish reason in every frame would let a broken stream pass for a shorter answer."""
    early = "operations: {llm: {stream: {delta: {finish: \"'stop'\"}}}}\n"
    stream = STREAM.partition("events:")[0]
    (finding,) = checked(tmp_path, stream, spec=SPEC + early)
    assert "the stream ends after frame 1 of 4 without an error" in finding.message
    assert finding.place is not None
    assert finding.place.line == 2


def test_error_of_another_stream_is_raised_everywhere(tmp_path: Path) -> None:
    """The error of one stream is put between the events of the other."""
    failed = STREAM.partition("gives:")[0].replace('"[DONE]"', "{error: {message: Down.}}")
    failed = failed.replace("    - {choices: [{delta: {}, finish_reason: stop}]}\n", "")
    home = tmp_path / "acme" / "exchanges" / "llm"
    home.mkdir(parents=True)
    (home / "failed.yaml").write_text(failed + "raises: {error: ProviderError}\n", "utf-8")
    (home / "stream.yaml").write_text(STREAM.partition("events:")[0], "utf-8")
    (tmp_path / "acme" / "provider.yaml").write_text(SPEC, "utf-8")
    assert exchange_findings(Registry([str(tmp_path)], bundled=True).record("acme")) == []


def test_exchange_is_always_of_the_same_moment_and_ids(tmp_path: Path) -> None:
    """What is signed is signed at one time, and ids that the engine makes count from 1."""
    spec = f"""{SPEC}auth:
  $replace: true
  kind: aws_sigv4
  service: bedrock
  region: us-east-1
  access_key: "{{{{ credentials.api_key }}}}"
  secret_key: "{{{{ credentials.api_key }}}}"
operations: {{llm: {{response: {{tool_calls: {{id: {{path: id, or: new_id}}}}}}}}}}
"""
    exchange = """\
given: {model: small, messages: [{role: user, content: ping}]}
sends:
  headers:
    x-amz-date: 20260101T000000Z
reply:
  json:
    choices:
      - finish_reason: tool_calls
        message: {tool_calls: [{function: {name: a, arguments: "{}"}}, {function: {name: b}}]}
gives:
  tool_calls:
    - {id: call_mr_000000000000000000000001, name: a}
    - {id: call_mr_000000000000000000000002, name: b}
"""
    assert checked(tmp_path, exchange, spec=spec) == []
    record = Registry([str(tmp_path)], bundled=True).record("acme")
    (case,) = cases_of(record, Findings())
    first, second = play(case, record), play(case, record)
    assert "/20260101/us-east-1/" in first.requests[0].headers["authorization"]
    assert first.requests == second.requests


def test_exchange_opens_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream, its cuts and an error are all played without a socket."""

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket is opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for number, exchange in enumerate((ANSWER, STREAM, ERROR)):
        assert checked(tmp_path / str(number), exchange, is_exhaustive=True) == []
