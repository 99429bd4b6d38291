"""Live calls that are kept as tests, and what is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from model_runtime.cli.recorded import SecretFound, as_text, refuse_secrets
from model_runtime.findings import Findings
from model_runtime.spec.schema import check_schema
from model_runtime.spec.yaml_source import read_yaml

KEY = "sk-0123456789abcdef"
SECRET = 'pa"ss/wörd+&key'


@pytest.fixture
def record(
    command: Callable[..., Any], specs: Path, tmp_path: Path
) -> Callable[..., tuple[Any, dict[str, Any]]]:
    """Record a call; the exit of the command, and the file as a tree when there is one."""

    def call(*arguments: object, file: str = "llm/plain.yaml") -> tuple[Any, dict[str, Any]]:
        out = tmp_path / "exchanges"
        done = command("record", *arguments, "--specs", specs, "--out", out)
        path = out / file
        if not path.exists():
            return done, {}
        findings = Findings()
        check_schema(read_yaml(path.read_bytes(), file, findings), "exchange.schema.json", findings)
        assert list(findings) == []
        tree: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return done, tree

    return call


def test_call_becomes_an_exchange(record: Callable[..., Any], loopback: Any, answers: Any) -> None:
    """Request, reply and result stand in a file of the exchange's schema, without the key."""
    loopback.answer(answers.whole(content="Hello."))
    done, tree = record("acme/large", "Hi")
    assert done.code == 0, done.err
    assert tree["given"] == {"model": "large", "messages": [{"role": "user", "content": "Hi"}]}
    assert tree["sends"] == {
        "method": "POST",
        "url": f"{loopback.url}/v1/chat/completions",
        "body": {"model": "large", "messages": [{"role": "user", "content": "Hi"}]},
    }
    assert tree["reply"]["json"]["choices"][0]["message"]["content"] == "Hello."
    assert tree["gives"] == {
        "text": "Hello.",
        "finish_reason": "stop",
        "usage": {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9},
    }
    assert KEY not in json.dumps(tree)


def test_stream_is_kept_frame_by_frame(
    record: Callable[..., Any], loopback: Any, answers: Any
) -> None:
    """Each event of a stream is one item, its end included."""
    loopback.answer(answers.streamed({"content": "Hel"}, {"content": "lo."}))
    _, tree = record("acme/large", "Hi", "--stream", file="llm/stream.yaml")
    assert tree["given"]["stream"] is True
    assert tree["reply"]["sse"][-1] == "[DONE]"
    assert len(tree["reply"]["sse"]) == 5
    assert tree["gives"]["text"] == "Hello."


def test_error_is_kept_too(record: Callable[..., Any], loopback: Any) -> None:
    """An error of the service becomes what the test expects to be raised."""
    body = b'{"error": {"message": "slow down"}}'
    loopback.answer(loopback.reply(body, 429, content_type="application/json", retry_after="3"))
    _, tree = record("acme/large", "Hi")
    assert tree["raises"] == {"error": "RateLimitError", "kind": "rate_limit", "status": 429}
    assert tree["reply"]["headers"]["retry-after"] == "3"


def test_ids_times_and_accounts_are_scrubbed(record: Callable[..., Any], loopback: Any) -> None:
    """What tells who called and when is replaced, the same id by the same word."""
    call = {"id": "call_8f2a9c1b", "type": "function"}
    call |= {"function": {"name": "look", "arguments": "{}"}}
    body = {
        "id": "chatcmpl-5d1f0a77",
        "created": 1760000000,
        "system_fingerprint": "fp_0123",
        "organization": "Acme Inc",
        "choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}],
    }
    head = {"content_type": "application/json", "x_request_id": "req_1", "set_cookie": "a=b"}
    loopback.answer(loopback.reply(json.dumps(body).encode(), **head))
    _, tree = record("acme/large", "Hi")
    reply = tree["reply"]
    assert reply["headers"] == {"content-type": "application/json"}
    kept = [reply["json"][name] for name in ("id", "created", "system_fingerprint", "organization")]
    assert kept == ["id-1", 0, "scrubbed", "scrubbed"]
    assert tree["gives"]["tool_calls"][0]["id"] == "id-2"
    assert reply["json"]["choices"][0]["message"]["tool_calls"][0]["id"] == "id-2"


def test_other_types_are_recorded(
    record: Callable[..., Any], loopback: Any, tmp_path: Path
) -> None:
    """A whole call may come from a file, under the names of an exchange."""
    given = tmp_path / "given.json"
    given.write_text(json.dumps({"texts": ["a"], "dimensions": 2}))
    body = b'{"data": [{"index": 0, "embedding": [0.5, 0.25]}]}'
    loopback.answer(loopback.reply(body, content_type="application/json"))
    done, tree = record(
        "acme/small-embed",
        *("--type", "text-embedding", "--given", given),
        file="text-embedding/plain.yaml",
    )
    assert done.code == 0, done.err
    assert tree["gives"] == {"embeddings": [[0.5, 0.25]]}


@pytest.mark.parametrize(
    "said",
    [KEY, base64.b64encode(f"user:{KEY}".encode()).decode(), f"https://a.example/?k={KEY}"],
    ids=["raw", "base64", "url"],
)
def test_reply_with_the_key_is_not_saved(
    record: Callable[..., Any], loopback: Any, answers: Any, said: str
) -> None:
    """A service that repeats the key makes no file, and the message does not tell the key."""
    loopback.answer(answers.whole(content=f"Your key is {said}!"))
    done, tree = record("acme/large", "Hi")
    assert (done.code, tree) == (1, {})
    assert "reply.json.choices[0].message.content: it holds the secret" in done.err
    assert KEY not in done.err


def test_secret_of_the_environment_is_not_saved(
    record: Callable[..., Any], loopback: Any, answers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret that another variable holds is looked for as well."""
    monkeypatch.setenv("OTHER_TOKEN", "tok-zyxwvutsrq")
    loopback.answer(answers.whole(content="Hello."))
    done, tree = record("acme/large", "Repeat tok-zyxwvutsrq")
    assert (done.code, tree) == (1, {})
    assert "of the variable OTHER_TOKEN" in done.err


def test_bought_token_is_replaced_by_a_name(
    record: Callable[..., Any], loopback: Any, answers: Any, specs: Path
) -> None:
    """The same everywhere: in the reply that sells it, in the URL and in what echoes it."""
    (specs / "acme.yaml").write_text(
        "spec_version: 1\nprovider: acme\nextends: openai_compatible\n"
        f"base_url: {loopback.url}/v1\nauth:\n  $replace: true\n  kind: token_exchange\n"
        f"  request: {{method: GET, url: {loopback.url}/token}}\n  token: access_token\n"
        '  apply: {query: {access_token: "{{ token }}"}}\n',
        encoding="utf-8",
    )
    sold = b'{"access_token": "tok-zyxwvutsrq"}'
    loopback.answer(loopback.reply(sold, content_type="application/json"))
    loopback.answer(answers.whole(content="You sent tok-zyxwvutsrq."))
    done, tree = record("acme/large", "Hi")
    assert done.code == 0, done.err
    bought, called = tree["rounds"]
    assert bought["reply"]["json"] == {"access_token": "token-1"}
    assert called["sends"]["url"].endswith("?access_token=token-1")
    assert tree["gives"]["text"] == "You sent token-1."
    assert "zyxw" not in json.dumps(tree)


@pytest.mark.parametrize(
    "spelled",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"ab" + SECRET.encode() + b"c").decode(),
    ],
    ids=["raw", "json", "url", "base64", "inside-base64"],
)
@pytest.mark.parametrize("place", ["value", "key", "list"])
def test_every_spelling_of_a_secret_is_refused(spelled: str, place: str) -> None:
    """Wherever it stands, a secret in any spelling is found."""
    forms = {"value": {"a": f"x{spelled}"}, "key": {f"x{spelled}": 1}, "list": {"a": [[spelled]]}}
    exchange = {"reply": {"json": forms[place]}}
    with pytest.raises(SecretFound, match=r"^reply\.json"):
        refuse_secrets(exchange, as_text(exchange), {"of a test": SECRET})


def test_file_is_not_overwritten(record: Callable[..., Any], loopback: Any, tmp_path: Path) -> None:
    """A case that is there stays, and nothing is sent."""
    file = tmp_path / "exchanges" / "llm" / "plain.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("given: {model: mine}")
    done, tree = record("acme/large", "Hi")
    assert (done.code, tree) == (2, {"given": {"model": "mine"}})
    assert loopback.requests == []


def test_text_survives_the_file() -> None:
    """Whatever a service says reads back from the file as it was."""
    said = "yes\n: # \t\u2028\x85\x7f '\"\\ \ufeff{[&*!|>%@` 12:30 ☃ 1_000"
    exchange = {"source": "no", "reply": {"json": {"on": said, "012": ["null", None, 1.5, True]}}}
    assert yaml.safe_load(as_text(exchange)) == exchange
    assert read_yaml(as_text(exchange).encode(), "a.yaml", Findings()) == exchange
