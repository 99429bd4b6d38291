"""Separates reasoning that stands inside the text between two tags."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkTags:
    """The tags around inline reasoning. With `implicit_open` the text starts inside it.

    An opening tag that stands there all the same is taken off.
    """

    open: str = "<think>"
    close: str = "</think>"
    implicit_open: bool = False


class ThinkSplitter:
    """Cuts text into (is_reasoning, piece) pairs; the tags may be cut anywhere between chunks.

    Only a block at the start of the answer is reasoning: a tag later on is the model's own text.
    """

    __slots__ = ("_held", "_state", "_tags", "_unmarked")

    def __init__(self, tags: ThinkTags) -> None:
        self._tags = tags
        self._held = ""
        self._state = "before"
        self._unmarked = "inside" if tags.implicit_open else "text"

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """Take the next text and return the pieces that are decided."""
        if self._state == "text":
            return [(False, text)]
        text = self._held + text
        self._held = ""
        return _STEPS[self._state](self, text)

    def finish(self) -> list[tuple[bool, str]]:
        """Return what was held back because it might have been the start of a tag."""
        held, self._held = self._held, ""
        state = self._unmarked if self._state == "before" else self._state
        return [(state == "inside", held)] if held else []

    def _before(self, text: str) -> list[tuple[bool, str]]:
        start = text.lstrip()
        if start.startswith(self._tags.open):
            self._state = "inside"
            return self._inside(start[len(self._tags.open) :])
        if self._tags.open.startswith(start):
            self._held = text
            return []
        self._state = self._unmarked
        return self._inside(text) if self._unmarked == "inside" else [(False, text)]

    def _inside(self, text: str) -> list[tuple[bool, str]]:
        close = self._tags.close
        before, found, after = text.partition(close)
        if found:
            self._state = "after"
            pieces = [(True, before)] if before else []
            return [*pieces, *self._after(after)]
        keep = _tail_that_may_start(text, close)
        self._held = text[len(text) - keep :] if keep else ""
        done = text[: len(text) - keep] if keep else text
        return [(True, done)] if done else []

    def _after(self, text: str) -> list[tuple[bool, str]]:
        """Drop the line breaks between the reasoning and the answer."""
        text = text.lstrip("\n")
        if not text:
            return []
        self._state = "text"
        return [(False, text)]


_STEPS = {
    "before": ThinkSplitter._before,
    "inside": ThinkSplitter._inside,
    "after": ThinkSplitter._after,
}


def _tail_that_may_start(text: str, tag: str) -> int:
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if tag.startswith(text[len(text) - length :]):
            return length
    return 0
