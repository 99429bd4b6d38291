"""The request that would be sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_runtime.cli.render import mask_additions, read_request
from model_runtime.exchange import HttpRequest

KEY = "sk-0123456789abcdef"


@pytest.fixture
def request_file(tmp_path: Path) -> Path:
    """A request with a message and a parameter."""
    file = tmp_path / "request.json"
    asked = {"messages": [{"role": "user", "content": "Hi"}], "parameters": {"temperature": 0}}
    file.write_text(json.dumps(asked), encoding="utf-8")
    return file


def test_request_is_printed_and_not_sent(
    command: Callable[..., Any], specs: Path, loopback: Any, request_file: Path
) -> None:
    """Method, URL, headers and body are shown; the server sees nothing."""
    done = command("render", "acme/large", "--request", request_file, "--specs", specs)
    head, _, body = done.out.partition("\n\n")
    assert head.splitlines()[0] == f"POST {loopback.url}/v1/chat/completions"
    assert json.loads(body) == {
        "model": "large",
        "messages": [{"role": "user", "content": "Hi"}],
        "temperature": 0,
    }
    assert loopback.connections == 0


def test_key_is_masked(command: Callable[..., Any], specs: Path, request_file: Path) -> None:
    """The auth header is there, its secret is not."""
    done = command("render", "acme/large", "--request", request_file, "--specs", specs)
    assert "authorization: Bearer ***" in done.out
    assert KEY not in done.out + done.err


def test_stream_is_rendered_as_one(
    command: Callable[..., Any], specs: Path, request_file: Path
) -> None:
    """`--stream` shows what a streamed call sends."""
    done = command("render", "acme/large", "--request", request_file, "--specs", specs, "--stream")
    assert '"stream": true' in done.out


def test_missing_key_is_stood_in_for(
    command: Callable[..., Any], specs: Path, request_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Since nothing is sent, no key is needed; a note says so."""
    monkeypatch.delenv("ACME_API_KEY")
    done = command("render", "acme/large", "--request", request_file, "--specs", specs)
    assert done.code == 0
    assert "authorization: Bearer ***" in done.out
    assert "ACME_API_KEY" in done.err


def test_what_auth_adds_is_masked_wherever_it_stands() -> None:
    """A key in the query and a signature in a header are hidden; what was there stays."""
    before = HttpRequest(method="GET", url="https://a.test/x?page=2", headers={"accept": "*/*"})
    after = HttpRequest(
        method="GET",
        url="https://a.test/x?page=2&key=abc",
        headers={"accept": "*/*", "authorization": "AWS4 Signature=abc", "x-key": "abc"},
    )
    hidden = mask_additions(before, after)
    assert hidden.url == "https://a.test/x?page=2&key=***"
    assert hidden.headers == {
        "accept": "*/*",
        "authorization": "AWS4 ***",
        "x-key": "***",
    }


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ('"Hi"', "Hi"),
        ('[{"role": "user", "content": "Hi"}]', [{"role": "user", "content": "Hi"}]),
        ('{"role": "user", "content": "Hi"}', {"role": "user", "content": "Hi"}),
        ('{"prompt": "Hi", "stop": ["."]}', "Hi"),
    ],
    ids=["text", "messages", "message", "object"],
)
def test_request_file_takes_every_form_of_a_prompt(text: str, prompt: object) -> None:
    """A text, a message, messages, or an object with other arguments beside them."""
    assert read_request(text, "request.json")[0] == prompt


def test_request_file_may_be_yaml() -> None:
    """A file named .yaml is read as YAML."""
    prompt, options = read_request("prompt: Hi\nparameters: {temperature: 0.5}\n", "ask.yaml")
    assert (prompt, options.parameters) == ("Hi", {"temperature": 0.5})


@pytest.mark.parametrize("text", ["{", "{}", '{"prompt": "Hi", "model": "x"}'], ids=repr)
def test_request_without_sense_is_wrong_usage(
    command: Callable[..., Any], specs: Path, tmp_path: Path, text: str
) -> None:
    """A file that is no request exits with 2 and names the option."""
    file = tmp_path / "bad.json"
    file.write_text(text, encoding="utf-8")
    done = command("render", "acme/large", "--request", file, "--specs", specs)
    assert done.code == 2
    assert "--request" in done.err
