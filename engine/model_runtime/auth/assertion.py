"""Signed statements that stand for credentials: JSON Web Tokens (RFC 7519)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

from model_runtime.durations import read_duration
from model_runtime.errors import CredentialsInvalid, MissingExtra
from model_runtime.secrets import Secret

from .base import Scope, rendered_members, rendered_text


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtAssertion:
    """Makes a token from templates. The key is a PEM text, or the shared secret of HS256.

    `iat` and `exp` are added unless the claims set them; `lifetime` is in seconds.
    """

    alg: str
    key: object
    header: object
    claims: object
    lifetime: float

    @classmethod
    def from_spec(cls, options: Mapping[str, object]) -> Self:
        return cls(
            alg=str(options.get("alg", "RS256")),
            key=options.get("key"),
            header=options.get("header"),
            claims=options.get("claims"),
            lifetime=read_duration(options.get("lifetime", 3600)),
        )

    def sign(self, scope: Scope, now: float) -> Secret:
        """Return the signed token. Raises CredentialsInvalid when the key is none."""
        key = rendered_text(self.key, scope, "assertion.jwt.key")
        if key is None:
            raise CredentialsInvalid(
                "auth.assertion.jwt.key: the credentials hold no key to sign with. "
                "Pass the whole key file of the service account."
            )
        issued = int(now)
        more = rendered_members(self.header, scope, "assertion.jwt.header")
        header = {**more, "alg": self.alg, "typ": "JWT"}
        times = {"iat": issued, "exp": issued + int(self.lifetime)}
        claims = times | rendered_members(self.claims, scope, "assertion.jwt.claims")
        if self.alg == "HS256":
            return Secret(_sign_shared(header, claims, key))
        return Secret(_sign_private(header, claims, key, self.alg))


def _sign_shared(header: dict[str, object], claims: dict[str, object], key: str) -> str:
    """Sign with a shared secret: HMAC with SHA-256 (RFC 7515, appendix A.1)."""
    signed = f"{_segment(header)}.{_segment(claims)}"
    digest = hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_unpadded(digest)}"


def _sign_private(header: dict[str, object], claims: dict[str, object], key: str, alg: str) -> str:
    """Sign with a private key by google-auth."""
    # Environment variables often carry the line breaks of a PEM text as two characters.
    pem = key.replace("\\n", "\n") if "\n" not in key else key
    try:
        from google.auth import crypt, jwt

        kind = crypt.ES256Signer if alg == "ES256" else crypt.RSASigner
        signer = kind.from_string(pem)
    except (ImportError, AttributeError):
        raise MissingExtra("google", f"auth.assertion.jwt with {alg}") from None
    except (ValueError, TypeError):
        raise CredentialsInvalid(
            f"auth.assertion.jwt.key: it is no private key for {alg} in PEM form. "
            "Expected a text that begins with '-----BEGIN PRIVATE KEY-----'."
        ) from None
    encode: Callable[..., bytes] = jwt.encode
    return encode(signer, claims, header=header).decode("ascii")


def _segment(value: object) -> str:
    return _unpadded(json.dumps(value, separators=(",", ":")).encode())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
