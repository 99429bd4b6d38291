"""The voices of a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def speaker(specs: Path) -> Path:
    """The provider with a model that lists two voices."""
    text = (specs / "acme.yaml").read_text(encoding="utf-8")
    voices = "[{mode: anna, name: Anna, language: [de]}, {mode: bob, name: Bob, language: [en]}]"
    row = f"  - {{model: speech, model_type: tts, model_properties: {{voices: {voices}}}}}\n"
    (specs / "acme.yaml").write_text(text + row, encoding="utf-8")
    return specs


def test_voices_are_listed(command: Callable[..., Any], speaker: Path) -> None:
    """A line tells id, name and languages."""
    done = command("voices", "acme/speech", "--specs", speaker)
    assert [line.split() for line in done.out.splitlines()[1:]] == [
        ["anna", "Anna", "de"],
        ["bob", "Bob", "en"],
    ]


def test_voices_are_picked_by_language(command: Callable[..., Any], speaker: Path) -> None:
    """In the schema's own names for machines."""
    line = ("voices", "acme/speech", "--specs", speaker, "--language", "en-GB", "--json")
    assert command(*line).json == [{"mode": "bob", "name": "Bob", "language": ["en"]}]
