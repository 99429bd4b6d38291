"""Where a prompt is marked for a service's cache."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from model_runtime.compile.cache_marks import mark_cache

Message = dict[str, Any]
MARK = {"type": "ephemeral"}


def say(role: str, *texts: str) -> Message:
    """A message of some texts."""
    return {"role": role, "parts": [{"type": "text", "text": text} for text in texts]}


TALK = [
    say("system", "a"),
    say("developer", "b", "c"),
    say("user", "d"),
    say("assistant", "e"),
    say("user", "f"),
    say("assistant", "g"),
    say("user", "h", "i"),
]


def marked(messages: list[Message]) -> list[str]:
    """The texts that are marked."""
    return [
        part["text"]
        for message in messages
        for part in message["parts"]
        if "cache_control" in part.get("provider_state", {})
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["c", "f", "i"]),
        ({"users": 1}, ["c", "i"]),
        ({"users": 0}, ["c"]),
        ({"system": False, "users": 9}, ["d", "f", "i"]),
        ({"most": 2}, ["f", "i"]),
        ({"users": 9, "most": 4}, ["c", "d", "f", "i"]),
        ({"min_tokens": 20}, ["f", "i"]),
        ({"min_tokens": 10_000}, []),
    ],
)
def test_marks_stand_at_the_system_and_the_last_users(
    options: dict[str, Any], expected: list[str]
) -> None:
    """At the last part of each, as many as there may be, and not before there is enough."""
    before = copy.deepcopy(TALK)
    assert marked(mark_cache(TALK, options)) == expected
    assert before == TALK


def test_mark_holds_what_the_spec_says() -> None:
    """Such as how long the cache is kept; other state of the part stays."""
    given = [{"role": "user", "parts": [{"type": "text", "text": "a", "provider_state": {"k": 1}}]}]
    mark = {"type": "ephemeral", "ttl": "1h"}
    (message,) = mark_cache(given, {"mark": mark})
    assert message["parts"][0]["provider_state"] == {"k": 1, "cache_control": mark}


def test_marks_of_the_caller_stay_and_no_others_are_made() -> None:
    """Of too many the last count."""
    own = [
        {**part, "provider_state": {"cache_control": {"n": index}}}
        for index, part in enumerate(say("user", *"abcdef")["parts"])
    ]
    given = [{"role": "user", "parts": own}, say("user", "z")]
    assert marked(mark_cache(given)) == ["c", "d", "e", "f"]
    assert marked(mark_cache(given, {"most": 9})) == list("abcdef")
    assert "provider_state" not in mark_cache(given)[0]["parts"][0]


def test_empty_conversation_has_no_marks() -> None:
    """Nor has a message without parts."""
    assert mark_cache([]) == []
    assert marked(mark_cache([{"role": "user", "parts": []}])) == []


def test_unknown_option_is_refused() -> None:
    """A typing error is told."""
    with pytest.raises(ValueError, match="there is no option 'user'; known: mark, system, users"):
        mark_cache([], {"user": 1})
