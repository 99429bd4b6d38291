"""AWS keys of this machine: found where AWS's own tools find them, when nobody passed others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doors import DOORS
from wire import JSON, completion, packed

from model_runtime.auth.aws_chain import AwsChain
from model_runtime.errors import InvokeError, MissingCredential

SPEC = """
spec_version: 1
provider: signed
extends: openai_compatible
base_url: %s
credentials:
  api_key: $unset
  access_key: {env: SIGNED_ACCESS_KEY, required: false}
  secret_key: {env: SIGNED_SECRET_KEY, required: false}
  profile: {type: text-input, env: SIGNED_PROFILE, required: false}
auth:
  $replace: true
  kind: aws_sigv4
  service: signed
  region: eu-west-1
  access_key: "{{ credentials.access_key }}"
  secret_key: "{{ credentials.secret_key }}"
  profile: "{{ credentials.profile }}"
  chain: true
"""
PROFILES = """
[default]
aws_access_key_id = AKIDDEFAULT
aws_secret_access_key = the-secret-of-default
[work]
aws_access_key_id = AKIDWORK
aws_secret_access_key = the-secret-of-work
aws_session_token = the-token-of-work
[program]
credential_process = %s
"""
SIGNER = re.compile(r"Credential=(\w+)/")

Open = Callable[..., Any]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with profiles and nothing else: no keys in the environment, no instance."""
    program = tmp_path / "keys.sh"
    keys = {"Version": 1, "AccessKeyId": "AKIDPROGRAM", "SecretAccessKey": "made-by-a-program"}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(keys)}'\n", "utf-8")
    program.chmod(0o755)
    profiles = tmp_path / "credentials"
    profiles.write_text(PROFILES % program, "utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return profiles


@pytest.fixture(params=["sync", "async"])
def open_signed(
    request: pytest.FixtureRequest, tmp_path: Path, loopback: Any, home: Path
) -> Iterator[Open]:
    """Open a runtime that takes credentials from the environment, unless a test passes some."""
    doors: list[Any] = []

    def make(**options: Any) -> Any:
        spec = tmp_path / "signed.yaml"
        spec.write_text(SPEC % loopback.url, "utf-8")
        loopback.always(loopback.reply(packed(completion()), **JSON))
        given = {"credentials": None, "base_urls": {"signed": loopback.url}, **options}
        doors.append(DOORS[request.param](specs=[spec], **given))
        return doors[-1].model("signed/m")

    yield make
    for door in doors:
        door.close()


def signer(loopback: Any) -> str:
    """The access key that the last request was signed with."""
    found = SIGNER.search(loopback.requests[-1].headers["authorization"])
    assert found
    return found[1]


def test_empty_keys_are_looked_for_as_aws_does(open_signed: Open, loopback: Any) -> None:
    """In the usual profile, where nothing is set."""
    open_signed().invoke()
    assert signer(loopback) == "AKIDDEFAULT"


@pytest.mark.parametrize(("profile", "key"), [("work", "AKIDWORK"), ("program", "AKIDPROGRAM")])
def test_profile_is_chosen_by_its_name(
    open_signed: Open, loopback: Any, monkeypatch: pytest.MonkeyPatch, profile: str, key: str
) -> None:
    """Its keys may be temporary, or made by a program."""
    monkeypatch.setenv("SIGNED_PROFILE", profile)
    open_signed().invoke()
    assert signer(loopback) == key
    token = loopback.requests[-1].headers.get("x-amz-security-token")
    assert token == ("the-token-of-work" if profile == "work" else None)


def test_keys_of_the_environment_come_first(
    open_signed: Open, loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chain is asked for nothing when the form has its keys."""
    monkeypatch.setenv("SIGNED_ACCESS_KEY", "AKIDGIVEN")
    monkeypatch.setenv("SIGNED_SECRET_KEY", "given-secret")
    open_signed().invoke()
    assert signer(loopback) == "AKIDGIVEN"


@pytest.mark.parametrize(
    "options",
    [{"credentials": {"signed": {}}}, {"credentials": lambda *_: {}}, {"untrusted": True}],
    ids=["mapping", "callable", "untrusted"],
)
def test_passed_credentials_never_become_those_of_the_machine(
    open_signed: Open, loopback: Any, options: dict[str, Any]
) -> None:
    """A user who leaves his keys out must not act with those of the host."""
    with pytest.raises(MissingCredential, match="access_key"):
        open_signed(**options).invoke()
    assert loopback.requests == []


def test_found_secret_that_the_service_echoes_is_masked(open_signed: Open, loopback: Any) -> None:
    """As one that was passed is."""
    model = open_signed()
    fault = {"error": {"message": "bad the-secret-of-default"}}
    loopback.answer(loopback.reply(packed(fault), 403, **JSON))
    with pytest.raises(InvokeError) as caught:
        model.invoke()
    assert caught.value.message == "bad ***"


@pytest.mark.parametrize("profile", ["nobody", None], ids=["unknown-profile", "nothing-there"])
def test_chain_without_keys_says_so(home: Path, profile: str | None) -> None:
    """With what can be done."""
    home.write_text("", "utf-8")
    with pytest.raises(MissingCredential, match=r"auth\.chain: .*(nobody|Pass them)"):
        AwsChain().find(profile)


def test_found_keys_show_no_secret(home: Path) -> None:
    """Neither as text nor in a debugger."""
    assert "the-secret" not in repr(AwsChain().find(None))
