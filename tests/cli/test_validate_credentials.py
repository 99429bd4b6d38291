"""The proof of credentials."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from model_runtime.cli.main import build_app

KEY = "sk-0123456789abcdef"
CHECK = "operations: {validate_credentials: {provider: {call: list_models}}}\n"


@pytest.fixture
def acme(specs: Path) -> Path:
    """The provider with a check that lists models."""
    text = (specs / "acme.yaml").read_text(encoding="utf-8")
    (specs / "acme.yaml").write_text(text + CHECK, encoding="utf-8")
    return specs


def test_good_credentials_are_told(command: Callable[..., Any], acme: Path, loopback: Any) -> None:
    """With the variables that were proven, never their values."""
    loopback.answer(loopback.reply(b'{"data": []}'))
    done = command("validate-credentials", "acme", "--specs", acme)
    assert (done.code, done.out) == (0, "acme: the credentials are valid (api_key).\n")
    assert loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_refused_credentials_fail(command: Callable[..., Any], acme: Path, loopback: Any) -> None:
    """The service's message is shown without the key."""
    body = b'{"error": {"message": "Bad key ' + KEY.encode() + b'."}}'
    loopback.answer(loopback.reply(body, 401))
    done = command("validate-credentials", "acme", "--specs", acme)
    assert done.code == 1
    assert "Bad key" in done.err and KEY not in done.err


def test_verdict_may_be_json(command: Callable[..., Any], acme: Path, loopback: Any) -> None:
    """Both ways; the exit code says the same."""
    loopback.answer(loopback.reply(b'{"data": []}'))
    loopback.answer(loopback.reply(b"{}", 401))
    line = ("validate-credentials", "acme", "--specs", acme, "--json")
    good, bad = command(*line), command(*line)
    assert (good.code, good.json) == (
        0,
        {"provider": "acme", "valid": True, "variables": ["api_key"]},
    )
    assert (bad.code, bad.json["valid"]) == (1, False)


def test_missing_credential_is_named_where_nobody_can_be_asked(
    command: Callable[..., Any], acme: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script does not wait for an answer."""
    monkeypatch.delenv("ACME_API_KEY")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    done = command("validate-credentials", "acme", "--specs", acme)
    assert done.code == 1
    assert "Set ACME_API_KEY" in done.err


def test_missing_secret_is_asked_for_without_echo(
    acme: Path, loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal; what was typed is sent and shown nowhere."""
    monkeypatch.delenv("ACME_API_KEY")
    monkeypatch.setattr("typer.testing._NamedTextIOWrapper.isatty", lambda _: True)
    loopback.answer(loopback.reply(b'{"data": []}'))
    line = ["validate-credentials", "acme", "--specs", str(acme)]
    done = CliRunner().invoke(build_app(), line, input="sk-typed\n")
    assert done.exit_code == 0, done.output
    assert loopback.requests[0].headers["authorization"] == "Bearer sk-typed"
    assert "sk-typed" not in done.output
