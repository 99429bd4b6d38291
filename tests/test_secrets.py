"""Secrets mask themselves, and the redactor finds them in every spelling."""

from __future__ import annotations

import base64
import copy
import json
import pickle
from urllib.parse import quote, quote_plus

import pytest

from model_runtime.secrets import Redactor, Secret, mask, reveal

KEY = 'sk-ab/c+d"e\u00e9 1234'


@pytest.mark.parametrize(
    "shown",
    [
        str(Secret(KEY)),
        repr(Secret(KEY)),
        f"{Secret(KEY)}",
        repr([Secret(KEY)]),
    ],
    ids=["str", "repr", "format", "inside a list"],
)
def test_secret_never_shows_itself(shown: str) -> None:
    """Printing a secret in any way shows stars."""
    assert "sk-" not in shown
    assert "***" in shown


def test_secret_is_not_written_out() -> None:
    """JSON, joining and pickling refuse a secret instead of leaking it."""
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(KEY)})
    with pytest.raises(TypeError):
        pickle.dumps(Secret(KEY))
    assert not isinstance(Secret(KEY), str)


def test_secret_survives_copies_of_what_holds_it() -> None:
    """A deep copy of credentials keeps the secret as it is."""
    held = {"key": Secret(KEY)}
    assert copy.deepcopy(held) == copy.copy(held) == held


def test_secret_of_a_secret_is_the_same() -> None:
    """Wrapping twice changes nothing, and reveal gives the value back."""
    assert Secret(Secret(KEY)) == Secret(KEY)
    assert reveal(Secret(Secret(KEY))) == KEY
    assert reveal("plain") == "plain"
    assert hash(Secret(KEY)) == hash(Secret(KEY))
    assert Secret(KEY) != KEY


def test_empty_secret_is_false() -> None:
    """A condition on a credential sees whether there is one."""
    assert not Secret("")
    assert Secret("x")


def test_members_of_secret_json_are_secret() -> None:
    """A part of a secret key file is as secret as the file; a missing one is None."""
    whole = Secret({"private_key": "pem", "inner": {"a": 1}})
    assert whole.member("private_key") == Secret("pem")
    assert whole.member("absent") is None
    assert Secret("text").member("private_key") is None


@pytest.mark.parametrize(
    "spelled",
    [
        KEY,
        json.dumps(KEY),
        json.dumps(KEY, ensure_ascii=False),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        quote_plus(KEY),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
    ],
    ids=["raw", "json", "json wide", "url", "url lower", "form", "base64", "base64 url"],
)
def test_redactor_finds_each_spelling(spelled: str) -> None:
    """Whatever form a secret takes on the wire, no error message keeps it."""
    clean = Redactor([Secret(KEY)])(f"GET /v1?key={spelled}&x=1 failed")
    assert spelled not in clean
    assert clean.startswith("GET /v1?key=")
    assert clean.endswith("&x=1 failed")


@pytest.mark.parametrize("before", ["", "u", "us", "user:"])
@pytest.mark.parametrize("after", ["", "a", "ab", ":abc"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_redactor_finds_a_secret_inside_base64(before: str, after: str, encode: object) -> None:
    """A basic-auth header is taken apart enough that the password cannot be read from it."""
    assert callable(encode)
    spelled = encode((before + "hunter2-hunter2" + after).encode()).decode()
    clean = Redactor([Secret("hunter2-hunter2")])(f"Authorization: Basic {spelled}")
    assert "***" in clean
    assert len(clean.partition("Basic ")[2].replace("***", "")) <= len(before + after) * 4 / 3 + 8


def test_redactor_takes_secrets_out_of_json_structures() -> None:
    """Keys and values are cleaned and the shape stays; parts of secret JSON count."""
    redactor = Redactor([Secret({"private_key": "abcdef", "list": ["ghijkl"]})])
    body = {"abcdef": ["x ghijkl", 1, None], "kept": True}
    assert redactor.clean(body) == {"***": ["x ***", 1, None], "kept": True}


def test_redactor_leaves_very_short_secrets_alone() -> None:
    """A secret of three characters would take every message apart."""
    assert Redactor(["abc"])("abc abcabc") == "abc abcabc"


def test_longer_secret_goes_before_one_that_it_contains() -> None:
    """No tail of a longer secret stays when a shorter one is its beginning."""
    assert Redactor(["abcd", "abcd-efgh"])("x abcd-efgh y") == "x *** y"


def test_mask_shows_only_the_ends_of_long_secrets() -> None:
    """Three characters at the front and two at the back, or nothing."""
    assert mask("sk-1234567890") == "sk-...90"
    assert mask("short") == "***"
