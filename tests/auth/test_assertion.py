"""Signed statements that stand for credentials."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import sys
from typing import Any

import pytest

from model_runtime.auth.assertion import JwtAssertion
from model_runtime.errors import CredentialsInvalid, MissingExtra
from model_runtime.secrets import Secret, reveal


def make(**options: object) -> JwtAssertion:
    """Make an assertion from compiled options."""
    return JwtAssertion.from_spec(options)


def parts(token: Secret) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """Take a token apart: header, claims, what was signed, signature."""
    text = str(reveal(token))
    head, claims, signature = text.split(".")

    def decode(part: str) -> bytes:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

    signed = f"{head}.{claims}".encode()
    return json.loads(decode(head)), json.loads(decode(claims)), signed, decode(signature)


@pytest.fixture(scope="module")
def rsa_key() -> Any:
    """A private key, made here."""
    from cryptography.hazmat.primitives.asymmetric import rsa

    return rsa.generate_private_key(65537, 2048)


def pem(key: Any) -> str:
    """A private key as text."""
    from cryptography.hazmat.primitives import serialization as form

    raw = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return str(raw.decode())


def test_shared_secret_signs_with_hmac() -> None:
    """HS256 needs no library; times are added, and further header members stay."""
    jwt = make(
        alg="HS256",
        key=lambda scope: Secret("shared"),
        header={"sign_type": "SIGN"},
        claims={"api_key": lambda scope: Secret("id")},
        lifetime=60.0,
    )
    header, claims, signed, signature = parts(jwt.sign({}, 1000.7))
    assert header == {"alg": "HS256", "typ": "JWT", "sign_type": "SIGN"}
    assert claims == {"iat": 1000, "exp": 1060, "api_key": "id"}
    assert signature == hmac.new(b"shared", signed, hashlib.sha256).digest()


def test_claims_of_the_spec_win_over_the_added_times() -> None:
    """A vendor may count in milliseconds."""
    jwt = make(alg="HS256", key="k", claims={"exp": 99}, lifetime=60.0)
    assert parts(jwt.sign({}, 1.0))[1] == {"iat": 1, "exp": 99}


@pytest.mark.parametrize("flatten", [False, True], ids=["lines", "escaped lines"])
def test_rsa_key_signs(rsa_key: Any, flatten: bool) -> None:
    """RS256 verifies with the public key, also when line breaks came as two characters."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    text = pem(rsa_key).replace("\n", "\\n") if flatten else pem(rsa_key)
    jwt = make(alg="RS256", key=text, header={"kid": "k1"}, claims={"iss": "me"}, lifetime="1h")
    header, claims, signed, signature = parts(jwt.sign({}, 0.0))
    assert header == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    assert claims == {"iat": 0, "exp": 3600, "iss": "me"}
    rsa_key.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())


def test_elliptic_key_signs() -> None:
    """ES256 gives the two numbers of the signature, 32 bytes each."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils

    key = ec.generate_private_key(ec.SECP256R1())
    header, _, signed, signature = parts(make(alg="ES256", key=pem(key)).sign({}, 0.0))
    assert header["alg"] == "ES256"
    numbers = (int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    encoded = utils.encode_dss_signature(*numbers)
    key.public_key().verify(encoded, signed, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
@pytest.mark.parametrize("key", ["sk-no-key", "-----BEGIN PRIVATE KEY-----\nsk-no-key\n"])
def test_text_that_is_no_key_is_refused_unseen(alg: str, key: str) -> None:
    """The message says what was expected and keeps the text to itself."""
    with pytest.raises(CredentialsInvalid, match="no private key") as caught:
        make(alg=alg, key=Secret(key)).sign({}, 0.0)
    assert "sk-no" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_missing_key_is_told() -> None:
    """A key file without the member that the spec reads is named."""
    with pytest.raises(CredentialsInvalid, match="no key to sign with"):
        make(alg="HS256", key=None).sign({}, 0.0)


def test_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without google-auth the error says what to install."""
    monkeypatch.setitem(sys.modules, "google.auth", None)
    with pytest.raises(MissingExtra, match=r"model-runtime\[google\]"):
        make(alg="RS256", key="k").sign({}, 0.0)
