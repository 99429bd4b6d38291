"""Stores that keep credentials at rest: the keyring of the system, or an encrypted file.

Both need the extra `serve`. They hold one JSON object per provider, and one per model that has its
own values.
"""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from model_runtime.errors import CredentialsInvalid, MissingExtra

from .store import CredentialStore

STORE_KEY: Final = "MODEL_RUNTIME_STORE_KEY"
_SERVICE: Final = "model-runtime"
# OWASP's advice for scrypt: 128 MiB of memory for each try at the key.
_COST: Final = {"n": 2**17, "r": 8, "p": 1}

Values = dict[str, Any]


class MemoryStore:
    """Keeps credentials while the process lives."""

    def __init__(self) -> None:
        self._kept: dict[str, Values] = {}

    def read(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> Mapping[str, Any] | None:
        """What is kept, the provider's own where the model has none."""
        own = self._kept.get(_name(provider, model_type, model))
        return own if own is not None else self._kept.get(provider)

    def write(
        self,
        provider: str,
        values: Mapping[str, Any],
        model_type: str | None = None,
        model: str | None = None,
    ) -> None:
        """Keep values, in place of those before."""
        self._kept = {**self._kept, _name(provider, model_type, model): dict(values)}

    def delete(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> None:
        """Forget what is kept."""
        gone = _name(provider, model_type, model)
        self._kept = {name: values for name, values in self._kept.items() if name != gone}


class Keyring(Protocol):
    """What is used of a keyring."""

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class KeyringStore:
    """Keeps credentials in the keyring of the operating system, each as one entry of JSON."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def read(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> Mapping[str, Any] | None:
        """What is kept, the provider's own where the model has none."""
        for name in dict.fromkeys((_name(provider, model_type, model), provider)):
            text = self._keyring.get_password(_SERVICE, name)
            if text is not None:
                values: Values = json.loads(text)
                return values
        return None

    def write(
        self,
        provider: str,
        values: Mapping[str, Any],
        model_type: str | None = None,
        model: str | None = None,
    ) -> None:
        """Keep values, in place of those before."""
        text = json.dumps(dict(values))
        self._keyring.set_password(_SERVICE, _name(provider, model_type, model), text)

    def delete(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> None:
        """Forget what is kept."""
        name = _name(provider, model_type, model)
        if self._keyring.get_password(_SERVICE, name) is not None:
            self._keyring.delete_password(_SERVICE, name)


class EncryptedFileStore(MemoryStore):
    """Keeps credentials in one file, encrypted with a key that is made of a passphrase.

    Cipher: Fernet (AES-128 in CBC mode with HMAC-SHA256); key: scrypt with a salt of the file's
    own. Every change is written to a new file that then takes the old one's place.
    """

    def __init__(self, path: Path, passphrase: str) -> None:
        super().__init__()
        self._path = path
        self._lock = threading.Lock()
        salt, token = _read_file(path)
        self._salt = salt or os.urandom(16)
        self._cipher = _cipher(passphrase, self._salt)
        if token is not None:
            self._kept = _opened(self._cipher, token, path)

    def write(
        self,
        provider: str,
        values: Mapping[str, Any],
        model_type: str | None = None,
        model: str | None = None,
    ) -> None:
        """Keep values, in place of those before."""
        with self._lock:
            super().write(provider, values, model_type, model)
            self._save()

    def delete(
        self, provider: str, model_type: str | None = None, model: str | None = None
    ) -> None:
        """Forget what is kept."""
        with self._lock:
            super().delete(provider, model_type, model)
            self._save()

    def _save(self) -> None:
        token = self._cipher.encrypt(json.dumps(self._kept).encode()).decode()
        salt = base64.b64encode(self._salt).decode()
        text = json.dumps({"version": 1, "kdf": {"name": "scrypt", "salt": salt}, "data": token})
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self._path)


def open_store(path: Path, environ: Mapping[str, str] | None = None) -> CredentialStore | None:
    """The store of this machine: the encrypted file where its key is set, else the keyring.

    None where there is neither. The key is the text of MODEL_RUNTIME_STORE_KEY.
    """
    passphrase = (os.environ if environ is None else environ).get(STORE_KEY)
    if passphrase:
        return EncryptedFileStore(path, passphrase)
    keyring = _system_keyring()
    return KeyringStore(keyring) if keyring is not None else None


def _system_keyring() -> Keyring | None:
    try:
        import keyring
        from keyring.backends import fail, null
    except ModuleNotFoundError:
        raise MissingExtra("serve", "the keyring of the system") from None
    found: Any = keyring.get_keyring()
    return None if isinstance(found, fail.Keyring | null.Keyring) else found


def _name(provider: str, model_type: str | None, model: str | None) -> str:
    return provider if model is None else f"{provider}/{model_type}/{model}"


def _read_file(path: Path) -> tuple[bytes | None, bytes | None]:
    """The salt and the token of a file; two Nones where there is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, None
    try:
        kept = json.loads(text)
        return base64.b64decode(kept["kdf"]["salt"]), str(kept["data"]).encode()
    except (ValueError, KeyError, TypeError):
        raise CredentialsInvalid(
            f"{path} is no store of credentials. Move it away, or name another file."
        ) from None


def _cipher(passphrase: str, salt: bytes) -> Any:
    try:
        from cryptography.fernet import Fernet
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
    except ModuleNotFoundError:
        raise MissingExtra("serve", "the encrypted store of credentials") from None
    key = Scrypt(salt=salt, length=32, **_COST).derive(passphrase.encode())
    return Fernet(base64.urlsafe_b64encode(key))


def _opened(cipher: Any, token: bytes, path: Path) -> dict[str, Values]:
    from cryptography.fernet import InvalidToken

    try:
        kept: dict[str, Values] = json.loads(cipher.decrypt(token))
    except InvalidToken:
        raise CredentialsInvalid(
            f"{path} cannot be opened with the text of {STORE_KEY}. "
            "Set the text that it was written with, or move the file away."
        ) from None
    return kept
