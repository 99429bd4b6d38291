"""The list of models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_listed_models_are_shown_with_their_context(
    command: Callable[..., Any], specs: Path
) -> None:
    """A line tells model, type, context, features and status."""
    done = command("models", "--specs", specs, "--provider", "acme")
    assert done.out.splitlines()[1].split() == ["acme/large", "llm", "4096", "tool-call", "active"]


def test_models_are_picked_by_type(command: Callable[..., Any], specs: Path) -> None:
    """`--type` leaves the other types out."""
    done = command("models", "--specs", specs, "--type", "text-embedding", "--json")
    assert [row["model"] for row in done.json if row["provider"] == "acme"] == ["small-embed"]


def test_unknown_type_names_the_known_ones(command: Callable[..., Any]) -> None:
    """A type that there is not exits with 2."""
    done = command("models", "--type", "chat")
    assert done.code == 2
    assert "text-embedding" in done.err


ROWS = b'{"data": [{"id": "fresh"}, {"id": "large", "context_length": 8192}]}'


def test_remote_models_are_told_with_their_changes(
    command: Callable[..., Any], specs: Path, loopback: Any
) -> None:
    """`--remote` lists what the service lists, and what it lists no more."""
    loopback.answer(loopback.reply(ROWS))
    done = command("models", "--specs", specs, "--provider", "acme", "--remote", "--json")
    assert [(row["model"], row["change"]) for row in done.json] == [
        ("fresh", "new"),
        ("large", "changed"),
        ("small-embed", "gone"),
    ]
    assert done.json[1]["changes"] == {"context_size": {"listed": 4096, "remote": 8192}}
    assert loopback.requests[0].target == "/v1/models"


def test_remote_table_says_what_changed(
    command: Callable[..., Any], specs: Path, loopback: Any
) -> None:
    """Both values stand in the line; the counts are said on standard error."""
    loopback.answer(loopback.reply(ROWS))
    done = command("models", "--specs", specs, "--provider", "acme", "--remote", "--type", "llm")
    assert "new" in done.out and "context_size: 4096 -> 8192" in done.out
    assert "small-embed" not in done.out
    assert "1 new, 0 gone, 1 changed, 0 same" in done.err


def test_remote_without_provider_is_wrong_usage(command: Callable[..., Any]) -> None:
    """One service is asked, never all of them at once."""
    done = command("models", "--remote")
    assert done.code == 2
    assert "--provider" in done.err
