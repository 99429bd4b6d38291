"""The list of providers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def row_of(done: Any, name: str) -> dict[str, Any]:
    """Return the row of one provider."""
    return next(row for row in done.json if row["provider"] == name)


def test_table_tells_label_types_and_state(command: Callable[..., Any], specs: Path) -> None:
    """One line holds what a provider is called, what it can do and that it is configured."""
    done = command("providers", "--specs", specs)
    (line,) = [line for line in done.out.splitlines() if line.startswith("acme ")]
    assert done.code == 0
    assert line.split() == ["acme", "Acme", "llm,", "text-embedding", "yes", "2"]


def test_missing_key_names_the_variable(
    command: Callable[..., Any], specs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A provider without its key is listed with the variable to set."""
    monkeypatch.delenv("ACME_API_KEY")
    assert "no, set ACME_API_KEY" in command("providers", "--specs", specs).out
    row = row_of(command("providers", "--specs", specs, "--json"), "acme")
    assert (row["configured"], row["needs"]) == (False, ["ACME_API_KEY"])


def test_broken_spec_is_listed(command: Callable[..., Any], specs: Path) -> None:
    """A spec with faults hides neither itself nor the others."""
    (specs / "worse.yaml").write_text(
        "spec_version: 1\nprovider: worse\nextends: acme\nbogus: 1\n", encoding="utf-8"
    )
    done = command("providers", "--specs", specs, "--json")
    assert row_of(done, "worse")["faults"] == 1
    assert row_of(done, "acme")["callable"] is True


def test_abstract_specs_are_left_out(command: Callable[..., Any]) -> None:
    """What can only be extended is not listed."""
    names = [row["provider"] for row in command("providers", "--json").json]
    assert "local" in names
    assert "openai_compatible" not in names


def test_bundled_specs_tell_their_proof(command: Callable[..., Any], specs: Path) -> None:
    """As the page of providers does; one of the user's own has none."""
    done = command("providers", "--specs", specs, "--json")
    assert row_of(done, "openai")["proof"].startswith("recorded")
    assert row_of(done, "acme")["proof"] is None
    assert "](" not in command("providers").out
