"""Credentials at rest: in the keyring, in an encrypted file, in memory."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from model_runtime.credentials import stores
from model_runtime.credentials.store import CredentialStore
from model_runtime.credentials.stores import (
    STORE_KEY,
    EncryptedFileStore,
    KeyringStore,
    MemoryStore,
    open_store,
)
from model_runtime.errors import CredentialsInvalid


class FakeKeyring:
    """A keyring of the system, as its library shows it."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


MAKERS: dict[str, Callable[[Path], CredentialStore]] = {
    "memory": lambda folder: MemoryStore(),
    "keyring": lambda folder: KeyringStore(FakeKeyring()),
    "file": lambda folder: EncryptedFileStore(folder / "kept.json", "phrase"),
}


@pytest.fixture(autouse=True)
def cheap_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real cost of a key is right for people and too much for tests."""
    monkeypatch.setattr(stores, "_COST", {"n": 2**4, "r": 8, "p": 1})


@pytest.mark.parametrize("kind", MAKERS)
def test_stores_keep_values_by_provider_and_model(kind: str, tmp_path: Path) -> None:
    """A model's own values come first, the provider's stand in, and deleting forgets."""
    store = MAKERS[kind](tmp_path)
    assert store.read("acme") is None
    store.write("acme", {"api_key": "k"})
    store.write("acme", {"api_key": "own"}, "llm", "large")
    assert store.read("acme", "llm", "large") == {"api_key": "own"}
    assert store.read("acme", "llm", "small") == {"api_key": "k"}
    store.delete("acme", "llm", "large")
    store.delete("acme", "llm", "large")
    assert store.read("acme", "llm", "large") == {"api_key": "k"}


def test_file_survives_the_process_and_shows_nothing(tmp_path: Path) -> None:
    """The next process reads the values; the file holds no trace of them and is the user's own."""
    path = tmp_path / "deep" / "kept.json"
    EncryptedFileStore(path, "phrase").write("acme", {"api_key": "canary-81"})
    assert EncryptedFileStore(path, "phrase").read("acme") == {"api_key": "canary-81"}
    text = path.read_text()
    assert "canary" not in text and "acme" not in text
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


def test_wrong_phrase_is_told(tmp_path: Path) -> None:
    """The message says what to set, and the file stays."""
    path = tmp_path / "kept.json"
    EncryptedFileStore(path, "phrase").write("acme", {"api_key": "k"})
    with pytest.raises(CredentialsInvalid, match=STORE_KEY):
        EncryptedFileStore(path, "other")


@pytest.mark.parametrize("text", ["", "{}", '{"kdf": 3}', "not json"])
def test_strange_file_is_told(tmp_path: Path, text: str) -> None:
    """A file that is no store is named and left alone."""
    path = tmp_path / "kept.json"
    path.write_text(text)
    with pytest.raises(CredentialsInvalid, match="is no store"):
        EncryptedFileStore(path, "phrase")
    assert path.read_text() == text


def test_store_of_the_machine_is_the_file_where_its_key_is_set(tmp_path: Path) -> None:
    """The variable chooses the encrypted file."""
    found = open_store(tmp_path / "kept.json", {STORE_KEY: "phrase"})
    assert isinstance(found, EncryptedFileStore)
