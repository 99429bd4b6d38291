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


def test_remote_models_are_asked_for(
    command: Callable[..., Any], specs: Path, loopback: Any
) -> None:
    """`--remote` lists what the service itself lists."""
    loopback.answer(loopback.reply(b'{"data": [{"id": "fresh"}]}'))
    done = command("models", "--specs", specs, "--provider", "acme", "--remote", "--json")
    assert [row["model"] for row in done.json] == ["fresh"]
    assert loopback.requests[0].target == "/v1/models"


def test_remote_without_provider_is_wrong_usage(command: Callable[..., Any]) -> None:
    """One service is asked, never all of them at once."""
    done = command("models", "--remote")
    assert done.code == 2
    assert "--provider" in done.err
