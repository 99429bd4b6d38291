"""The memory of what services told."""

from __future__ import annotations

from model_runtime.runtime.memory import Memory


def test_answer_is_recalled_until_it_is_too_old() -> None:
    """By the age that the caller accepts; an age of 0 accepts nothing."""
    now = [0.0]
    memory = Memory(lambda: now[0])
    key = memory.key("list", "acme", credentials={"api_key": "a"})
    memory.keep(key, ["x"])
    now[0] = 9.0
    assert memory.recall(key, 10) == ["x"]
    assert memory.recall(key, 9) is None
    assert memory.recall(key, 0) is None


def test_other_credentials_recall_nothing() -> None:
    """What one key was told, no other key is shown."""
    memory = Memory()
    memory.keep(memory.key("list", "acme", credentials={"api_key": "a"}), ["x"])
    assert memory.recall(memory.key("list", "acme", credentials={"api_key": "b"}), 10) is None
    assert memory.recall(memory.key("list", "acme", credentials={}), 10) is None


def test_order_of_credentials_does_not_matter() -> None:
    """The same values are the same key."""
    memory = Memory()
    one = memory.key("list", credentials={"a": "1", "b": "2"})
    assert one == memory.key("list", credentials={"b": "2", "a": "1"})


def test_key_holds_no_credential_and_differs_by_memory() -> None:
    """A digest is of no use to who reads the memory of another process."""
    names = ("list", "acme")
    key = Memory().key(*names, credentials={"api_key": "sk-secret"})
    assert "sk-secret" not in repr(key)
    assert key != Memory().key(*names, credentials={"api_key": "sk-secret"})


def test_value_that_is_no_json_is_shared_with_nobody() -> None:
    """Two objects that print alike are two credentials."""

    class Opaque:
        def __repr__(self) -> str:
            return "***"

    memory = Memory()
    one, other = Opaque(), Opaque()
    assert memory.key(credentials={"k": one}) != memory.key(credentials={"k": other})


def test_oldest_answer_is_forgotten_first() -> None:
    """The memory is bounded."""
    memory = Memory(most=2)
    keys = [memory.key(name, credentials={}) for name in "abc"]
    for key in keys:
        memory.keep(key, key)
    assert [memory.recall(key, 10) is None for key in keys] == [True, False, False]
