"""Which branches of a spec its recorded exchanges take, and which are still open."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from model_runtime.branches import Branch
from model_runtime.cli.check import check, stored
from model_runtime.lint.exchanges import Coverage
from model_runtime.registry import Registry

SPEC = """\
spec_version: 1
provider: acme
base_url: https://api.acme.example/v1
credentials: {api_key: {}, user: {type: text-input, required: false}}
auth:
  any:
    basic: {when: credentials.user, kind: basic, username: "{{ credentials.user }}", password: x}
    bearer: {kind: bearer, token: "{{ credentials.api_key }}"}
parameters:
  temperature: temperature
  effort: {to: effort, map: {low: 1, high: 9}}
model_rules:
  tiny: {match: "tiny*", parameters: {temperature: heat}}
errors:
  in_success: error
  rules:
    slow: {when: "error == 'slow'", kind: rate_limit}
    gone: {when: "error == 'gone'", kind: not_found}
  status: {"402": quota, "408|5xx": server}
  message: error
operations:
  llm:
    request:
      method: POST
      path: /chat
      body:
        ask: "{{ messages | text }}"
        loud: "{{ 'yes' if stream else 'no' }}"
        tools: {$if: tools, $then: some, $else: none}
        choice: {$switch: tool_choice.mode, $case: {auto: a, none: n}, $default: d}
        $merge: [wire_parameters, extra_body]
    response:
      text: answer
      reasoning: thoughts
      finish: {path: end, map: {done: stop, full: length, "*": other}}
      usage: {at: used, input_tokens: read, output_tokens: written}
    stream:
      framing: sse
      select: type
      events:
        word: {text: word}
        end: {finish: end}
        ping: {}
"""
CALL = "messages: [{role: user, content: Hello}]"
REPLY = "{answer: Hi, end: done, used: {read: 0}}"
STREAMED = "[{type: word, word: Hi}, {type: end, end: done}]"
TOOLS = "[{name: look, parameters: {type: object}}]"

# Paths that every call with a result takes.
PLAIN = {
    "auth.any.bearer",
    "operations.llm",
    "operations.llm.request.body.tools.$else",
    "operations.llm.request.body.loud: `else of 'yes' if stream else 'no'`",
    "operations.llm.response.text",
    "operations.llm.response.finish.path",
    "operations.llm.response.finish.map.done",
    "operations.llm.response.usage.at",
    "operations.llm.response.usage.input_tokens",
}


def covered(folder: Path, exchange: str, spec: str = SPEC) -> Mapping[Branch, int]:
    """The branches of a spec with one exchange."""
    home = folder / "acme" / "exchanges" / "llm"
    home.mkdir(parents=True)
    (folder / "acme" / "provider.yaml").write_text(spec, encoding="utf-8")
    (home / "case.yaml").write_text(exchange, encoding="utf-8")
    coverage = Coverage()
    coverage.add(Registry([str(folder)], bundled=True).record("acme"))
    return coverage.specs()[0].taken


def taken(folder: Path, given: str, reply: str = f"{{json: {REPLY}}}") -> set[str]:
    """The branches that one call takes beside those of a plain one."""
    found = covered(folder, f"given: {{model: small, {CALL}, {given}}}\nreply: {reply}\n")
    return {str(branch) for branch, times in found.items() if times} - PLAIN


def test_plain_call_takes_what_it_uses(tmp_path: Path) -> None:
    """A call without anything special takes the ways that every call goes."""
    found = covered(tmp_path, f"given: {{model: small, {CALL}}}\nreply: {{json: {REPLY}}}\n")
    assert {str(branch) for branch, times in found.items() if times} == PLAIN


@pytest.mark.parametrize(
    ("given", "branches"),
    [
        ("parameters: {temperature: 1}", {"parameters.temperature"}),
        (
            "parameters: {effort: high}",
            {"parameters.effort", "parameters.effort.map.high"},
        ),
        ("credentials: {api_key: k, user: me}", {"auth.any.basic"}),
        (f"tools: {TOOLS}", {"operations.llm.request.body.tools.$then"}),
        (
            f"tools: {TOOLS}, tool_choice: none",
            {
                "operations.llm.request.body.tools.$then",
                "operations.llm.request.body.choice.$case.none",
            },
        ),
        (
            f"tools: {TOOLS}, tool_choice: required",
            {
                "operations.llm.request.body.tools.$then",
                "operations.llm.request.body.choice.$default",
            },
        ),
    ],
)
def test_call_takes_the_branches_of_its_arguments(
    tmp_path: Path, given: str, branches: set[str]
) -> None:
    """Each argument takes the parameter, the case or the side that it leads to, and no other."""
    assert taken(tmp_path, given) == branches


def test_model_takes_its_rule_and_what_the_rule_writes(tmp_path: Path) -> None:
    """A rule for some models is taken by a call of one; its parameter stands in the rule."""
    given = f"given: {{model: tiny-1, {CALL}, parameters: {{temperature: 1}}}}\n"
    found = covered(tmp_path, f"{given}reply: {{json: {REPLY}}}\n")
    names = {str(branch) for branch, times in found.items() if times}
    assert names - PLAIN == {"model_rules.tiny", "model_rules.tiny.parameters.temperature"}


@pytest.mark.parametrize(
    ("reply", "branches"),
    [
        ("{status: 400, json: {error: gone}}", {"errors.rules.gone", "errors.message"}),
        ("{status: 402, json: {error: x}}", {"errors.status.402", "errors.message"}),
        ("{status: 503, json: {error: x}}", {"errors.status.408|5xx", "errors.message"}),
    ],
)
def test_error_takes_its_rule_or_its_status(tmp_path: Path, reply: str, branches: set[str]) -> None:
    """A rule that holds is taken before the row of a status."""
    found = taken(tmp_path, "", reply)
    assert found & {*branches, "errors.rules.slow", "errors"} == {*branches, "errors"}


def test_stream_takes_its_events_once_however_it_is_cut(tmp_path: Path) -> None:
    """Events count as the exchange has them, and not as the stream is cut anew."""
    reply = f"{{headers: {{content-type: text/event-stream}}, sse: {STREAMED}}}"
    exchange = f"given: {{model: small, {CALL}, stream: true}}\nreply: {reply}\n"
    found = covered(tmp_path, exchange)
    events = {str(branch): times for branch, times in found.items() if branch.kind == "event"}
    assert events == {
        "operations.llm.stream.events.word": 1,
        "operations.llm.stream.events.end": 1,
        "operations.llm.stream.events.ping": 0,
    }


def test_only_what_a_spec_writes_itself_counts_for_it(tmp_path: Path) -> None:
    """What is inherited counts for the parent, which its children prove."""
    home = tmp_path / "acme"
    (home / "exchanges" / "llm").mkdir(parents=True)
    own = "spec_version: 1\nprovider: acme\nextends: openai_compatible\nparameters: {n: n}\n"
    (home / "provider.yaml").write_text(f"{own}base_url: https://a.example/v1\n", encoding="utf-8")
    answer = "{choices: [{message: {content: Hi}, finish_reason: stop}]}"
    case = f"given: {{model: small, {CALL}, parameters: {{seed: 1}}}}\nreply: {{json: {answer}}}\n"
    (home / "exchanges" / "llm" / "case.yaml").write_text(case, encoding="utf-8")
    registry = Registry([str(tmp_path)], bundled=True)
    coverage = Coverage()
    for name in ("openai_compatible", "acme"):
        coverage.add(registry.record(name))
    parent, child = coverage.specs()
    assert [str(branch) for branch in child.taken] == ["parameters.n"]
    assert [str(branch) for branch in child.open] == ["parameters.n"]
    assert "parameters.seed" in {str(branch) for branch, times in parent.taken.items() if times}
    assert "parameters.top_p" in map(str, parent.open)


def test_open_branch_is_a_finding_at_its_place(tmp_path: Path) -> None:
    """Each open branch is told at its line and column, and a comment with a reason silences it."""
    spec = SPEC.replace("        ping: {}", "        ping: {}   # check: disable=L607 not seen yet")
    covered(tmp_path, f"given: {{model: small, {CALL}}}\nreply: {{json: {REPLY}}}\n", spec)
    found = check(stored([tmp_path], []), coverage=True)
    told = {f.place.path: f for f in found.findings if f.code == "L607" and f.place is not None}
    slow = told["errors.rules.slow"].place
    assert slow is not None
    assert (slow.line, slow.column) == (17, 5)
    assert told["errors.rules.slow"].message == "no recorded exchange meets this error."
    assert "operations.llm.stream.events.end" in told
    assert "operations.llm.stream.events.ping" not in told
    assert not [f for f in check(stored([tmp_path], [])).findings if f.code in ("L606", "L607")]


def test_spec_without_exchanges_is_told_so(tmp_path: Path) -> None:
    """An operation that is never called, a stream that is never read, errors that never come."""
    (tmp_path / "acme.yaml").write_text(SPEC, encoding="utf-8")
    found = check(stored([tmp_path], []), coverage=True).findings
    told = [(f.place.path, f.message) for f in found if f.code == "L601" and f.place is not None]
    assert told == [
        ("errors", "no recorded exchange ends in an error."),
        ("operations.llm", "no recorded exchange calls this operation."),
        ("operations.llm.stream", "no recorded exchange is such a stream."),
    ]


def test_ordinary_compilation_counts_nothing() -> None:
    """A provider that is compiled for calls holds none of the closures that count."""
    record = Registry([], bundled=True).record("groq")
    operation = record.usable().base_variant().llm()
    assert type(operation.response.builder_options.finish_map) is dict
    assert type(operation.stream.exceptions) is dict
