"""What recorded exchanges expect, brought up to date: values, and the text of their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_runtime.lint.exchanges import exchange_findings
from model_runtime.lint.exchanges.changes import REMOVE, CannotUpdate, Changes, Items, Put
from model_runtime.lint.exchanges.rewriting import rewritten
from model_runtime.lint.exchanges.update import Update, update_of
from model_runtime.registry import ProviderRecord, Registry

SPEC = """\
spec_version: 1
provider: acme
extends: openai_compatible
base_url: https://api.acme.example/v2
"""
ASKED = "given: {model: small, messages: [{role: user, content: ping}]"
PONG = "reply: {json: {choices: [{message: {content: pong}, finish_reason: stop}]}}\n"
SLOW = 'reply: {status: 429, headers: {retry-after: "7"}, json: {error: {message: Slow (down).}}}\n'
STREAM = """\
reply:
  headers: {content-type: text/event-stream}
  sse:
    - {choices: [{delta: {content: po}}]}
    - {choices: [{delta: {content: ng}}]}
    - {choices: [{delta: {}, finish_reason: stop}]}
    - "[DONE]"
"""


def record_of(folder: Path, exchange: str, spec: str = SPEC) -> ProviderRecord:
    """A spec with one exchange."""
    home = folder / "acme" / "exchanges" / "llm"
    home.mkdir(parents=True, exist_ok=True)
    (folder / "acme" / "provider.yaml").write_bytes(spec.encode())
    (home / "case.yaml").write_bytes(exchange.encode())
    return Registry([str(folder)], bundled=True).record("acme")


def updated(folder: Path, exchange: str) -> str:
    """The text of an exchange after an update; it holds then."""
    found = update_of(record_of(folder, exchange))
    assert found.left == []
    new = next((new for _, new in found.texts.values()), exchange)
    assert exchange_findings(record_of(folder, new)) == []
    assert update_of(record_of(folder, new)) == Update()
    return new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("sends: {path: /v1/x}   # where", 'sends: {path: "/v2/chat/completions"}   # where'),
        ("sends: {method: GET}", "sends: {method: POST}"),
        ("sends: {no_header: [authorization, x-a]}", "sends: {no_header: [x-a]}"),
        (
            "sends:\n  headers:\n    x-a: b   # gone\n    authorization: x   # kept",
            'sends:\n  headers:\n    authorization: "Bearer test-key"   # kept',
        ),
        ("sends: {query: {a: 1}}", "sends: {query: {}}"),
        ("gives: {text: ping, id: null}", "gives: {text: pong, id: null}"),
        ("gives:\n  text: |\n    ping\n  id: null", "gives:\n  text: pong\n  id: null"),
        ("gives:\n  text:\n    ping   # what", "gives:\n  text: pong   # what"),
        ("raises: {error: RateLimitError}", "gives: {text: pong, finish_reason: stop}"),
    ],
)
def test_what_an_answer_is_expected_to_be_follows_it(tmp_path: Path, old: str, new: str) -> None:
    """Only the values that differ change; comments, quotes and other keys stay."""
    lead = f"# a test\n{ASKED}}}   # asked\n{PONG}"
    assert updated(tmp_path, f"{lead}{old}\n") == f"{lead}{new}\n"


def test_body_is_made_equal(tmp_path: Path) -> None:
    """Of a body, what is sent no more goes, what is sent anew comes, and the rest stays."""
    lead = f"{ASKED}, parameters: {{seed: 1}}}}\n{PONG}"
    old = """\
sends:
  body:
    model: "small"   # the model
    # what is asked
    messages:
      - {role: user, content: pung}   # badly
    top_p: 1
"""
    new = """\
sends:
  body:
    model: "small"   # the model
    # what is asked
    messages:
      - {role: user, content: ping}   # badly
    seed: 1
"""
    assert updated(tmp_path, lead + old) == lead + new


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            'raises: {error: BadRequestError, retry_after: 8, message: "[Ff]ast"}',
            'raises: {error: RateLimitError, retry_after: 7, message: "Slow \\\\(down\\\\)\\\\."}',
        ),
        ("raises: {retryable: false, kind: quota}", "raises: {retryable: true, kind: rate_limit}"),
        (
            "gives:\n  text: pong\n  usage: {input_tokens: 1}",
            "raises: {error: RateLimitError, kind: rate_limit, status: 429}",
        ),
    ],
)
def test_what_an_error_is_expected_to_be_follows_it(tmp_path: Path, old: str, new: str) -> None:
    """An error's fields follow it; a call that raises now gives nothing more."""
    lead = f"{ASKED}}}\n{SLOW}"
    assert updated(tmp_path, f"{lead}{old}\n") == f"{lead}{new}\n"


def test_events_keep_those_that_hold(tmp_path: Path) -> None:
    """Of a list that has become longer or shorter, items that hold keep their lines."""
    lead = f"{ASKED}, stream: true}}\n{STREAM}events:\n"
    old = """\
  # first
  - {type: text_delta, text: po}   # the first half
  - {type: text_delta, text: n}
  - {type: text_delta, text: g}
  - {type: usage}
  # last
  - {type: finish, finish_reason: stop}
"""
    new = """\
  # first
  - {type: text_delta, text: po}   # the first half
  - {type: text_delta, text: ng}
  - {type: usage}
  # last
  - {type: finish, finish_reason: stop}
"""
    assert updated(tmp_path, lead + old) == lead + new


def test_exchange_inside_a_spec_is_updated_there(tmp_path: Path) -> None:
    """A test in the spec's own file changes there, and nothing else of the spec does."""
    tests = f"""\
operations:   # what it does
  llm:
    tests:
      - name: one
        {ASKED}}}
        {PONG}        gives: {{text: pong}}
      - name: two   # differs
        {ASKED}}}
        {PONG}        gives: {{text: ping}}
"""
    record = record_of(tmp_path, f"{ASKED}}}\n{PONG}", SPEC + tests)
    ((file, (old, new)),) = update_of(record).texts.items()
    assert file.endswith("provider.yaml")
    assert old == SPEC + tests
    assert new == old.replace("text: ping", "text: pong")


TRANSCRIPTS = """\
operations:
  speech2text:
    tests:
      - given:
          model: small
          file: {content: UklGRg==, filename: a.wav}
          parameters: {timestamp_granularities: [word, segment]}
        sends:
          multipart:
            file: {base64: UklGRg==, filename: a.wav, type: audio/wav}
            model: small
            "timestamp_granularities[]": %s
        reply: {json: {text: pong}}
"""


@pytest.mark.parametrize("told", ["[word]", "word", "[segment, word]"])
def test_parts_of_one_name_are_a_list(tmp_path: Path, told: str) -> None:
    """In the order in which they are sent."""
    path = tmp_path / "acme.yaml"
    path.write_text(SPEC + TRANSCRIPTS % told, "utf-8")
    found = update_of(Registry([str(path)], bundled=True).record("acme"))
    ((_, new),) = found.texts.values()
    path.write_text(new, "utf-8")
    assert exchange_findings(Registry([str(path)], bundled=True).record("acme")) == []
    assert '["word", "segment"]' in new or "[word, segment]" in new or "- segment" in new


def test_line_ends_stay(tmp_path: Path) -> None:
    """A file with the line ends of another system keeps them."""
    sends = "sends:\n  headers:\n    x-a: b\n    authorization: x\n"
    text = f"{ASKED}}}\n{PONG}{sends}gives: {{text: a}}\n"
    new = updated(tmp_path, text.replace("\n", "\r\n"))
    assert new.count("\r\n") == new.count("\n") == 6


def test_exchange_that_holds_is_left_alone(tmp_path: Path) -> None:
    """What still holds is no update, however it is written."""
    assert update_of(record_of(tmp_path, f"{ASKED}}}\n{PONG}gives: {{text: pong}}\n")) == Update()


def test_more_requests_than_replies_need_people(tmp_path: Path) -> None:
    """Where a reply is missing no update can help, and the place is told."""
    rounds = f"{ASKED}}}\nrounds:\n  - {PONG}  - {PONG}"
    found = update_of(record_of(tmp_path, rounds))
    assert found.texts == {}
    assert found.left[0].endswith("sends 1 requests where 2 have a reply.")


def test_aliases_need_people(tmp_path: Path) -> None:
    """A text that stands for several is not changed."""
    given = ASKED.replace("given:", "given: &a")
    found = update_of(record_of(tmp_path, f"{given}}}\nx-b: *a\n{PONG}gives: {{text: ping}}\n"))
    assert found.texts == {}
    assert "YAML aliases" in found.left[0]


@pytest.mark.parametrize(
    ("text", "changes", "new"),
    [
        ("a: 1\nb: 2\n", {"a": REMOVE}, "b: 2\n"),
        ("a: 1   # one\nb: 2\n", {"b": REMOVE, "c": Put([1])}, "a: 1   # one\nc: [1]\n"),
        ("a:\n  b: 1\n", {"a": {"b": REMOVE}}, "a:\n  {}\n"),
        ("a: {}\n", {"a": {"b": Put(None)}}, "a: {b: null}\n"),
        ("a: {b: 1}\n", {"a": {"b": REMOVE, "c": Put("no")}}, 'a: {c: "no"}\n'),
        ("a: {b: 1, c: 2}\n", {"a": {"c": Put(3), "d": Put(4)}}, "a: {b: 1, c: 3, d: 4}\n"),
        ("a: {\n  b: 1,\n  c: 2,\n  d: 3\n}\n", {"a": {"c": REMOVE}}, "a: {\n  b: 1,\n  d: 3\n}\n"),
        ("a: [1, 2, 3]   # x\n", {"a": Items((0, Put(9), 2))}, "a: [1, 9, 3]   # x\n"),
        ("a: [1]\n", {"a": Items(())}, "a: []\n"),
        ("a:\n- 1\n- 2\nb: 1\n", {"a": Items((1, Put("x")))}, "a:\n- 2\n- x\nb: 1\n"),
        ("a:\n  - 1\n", {"a": Items(())}, "a:\n  []\n"),
        ("a:\n  - b: 1\n    c: 2\n", {"a": {0: {"b": REMOVE}}}, "a:\n  - c: 2\n"),
        ("a:\nb: 1\n", {"a": Put(1)}, "a: 1\nb: 1\n"),
        ("a:\n  - 1\nb: 1\n", {"a": Put({"c": "d e"})}, 'a: {c: "d e"}\nb: 1\n'),
        ('"a": 1', {"a": Put(2)}, '"a": 2'),
    ],
)
def test_text_changes_where_its_values_do(text: str, changes: Changes, new: str) -> None:
    """Each kind of change, in blocks and in one line."""
    assert rewritten(text, changes) == new


def test_change_inside_a_text_is_refused() -> None:
    """A change that the file has no place for is told, and nothing is guessed."""
    with pytest.raises(CannotUpdate, match="line 2: expected a map or a list, found a text"):
        rewritten("x: 1\na: 1\n", {"a": {"b": Put(1)}})
