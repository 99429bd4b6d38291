"""A spec of a server on this machine, and the command line run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from model_runtime.cli.main import run

KEY = "sk-0123456789abcdef"


@dataclass(frozen=True)
class Done:
    """What a command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run one command line and return its exit code, output and error output."""

    def call(*arguments: object) -> Done:
        code = run([str(argument) for argument in arguments])
        told = capsys.readouterr()
        return Done(code, told.out, told.err)

    return call


@pytest.fixture
def specs(tmp_path: Path, loopback: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one spec: the provider `acme`, which is the loopback server."""
    folder = tmp_path / "specs"
    folder.mkdir()
    (folder / "acme.yaml").write_text(
        f"""\
spec_version: 1
provider: acme
label: Acme
extends: openai_compatible
base_url: {loopback.url}/v1
credentials: {{api_key: {{env: ACME_API_KEY, required: true}}}}
models:
  - model: large
    model_type: llm
    features: [tool-call]
    model_properties: {{context_size: 4096}}
  - {{model: small-embed, model_type: text-embedding}}
""",
        encoding="utf-8",
    )
    monkeypatch.setenv("ACME_API_KEY", KEY)
    return folder


def reply_json(**message: Any) -> bytes:
    """Write a whole reply of the chat protocol."""
    from loopback import reply

    body = {
        "choices": [{"message": {"role": "assistant", **message}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9},
    }
    return reply(json.dumps(body).encode(), content_type="application/json")


def reply_stream(*deltas: dict[str, Any]) -> bytes:
    """Write a whole streamed reply of the chat protocol."""
    from loopback import reply

    frames: list[Any] = [{"choices": [{"delta": delta}]} for delta in deltas]
    frames.append({"choices": [{"delta": {}, "finish_reason": "stop"}]})
    usage = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}
    frames.append({"choices": [], "usage": usage})
    text = "".join(f"data: {json.dumps(frame)}\n\n" for frame in frames) + "data: [DONE]\n\n"
    return reply(text.encode(), content_type="text/event-stream")


@pytest.fixture
def answers() -> Any:
    """The two forms of an answer, to script the server with."""

    class Answers:
        whole = staticmethod(reply_json)
        streamed = staticmethod(reply_stream)

    return Answers
