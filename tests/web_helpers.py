"""Small helpers of the tests of the app."""

from __future__ import annotations

KEY = "canary-7f3a9c"


def events_of(text: str) -> list[tuple[str | None, str]]:
    """The name and data of each server-sent event of a text."""
    found = []
    for block in text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append((lines.get("event"), lines["data"]))
    return found
