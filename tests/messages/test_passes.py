"""The message algebra."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter
from model_runtime.messages import MESSAGE_FILTERS, passes, prompts

Json = dict[str, Any]


def say(role: str, *texts: str) -> Json:
    return {"role": role, "parts": [passes.text_part(text) for text in texts]}


def result(id: str, content: object = "r") -> Json:
    return {"type": "tool_result", "id": id, "content": content}


IMAGE: Json = {"type": "image", "url": "https://example.com/a"}
CALL: Json = {"type": "tool_call", "id": "c1", "name": "f", "arguments": {}}
CONVERSATION = [
    say("system", "be brief"),
    say("user", "hi", ""),
    {"role": "assistant", "parts": [CALL]},
    {"role": "tool", "parts": [result("c1", [IMAGE])]},
    say("developer", "be kind"),
    say("user", "go"),
    say("user", "on"),
    say("assistant", "well "),
]


@pytest.mark.parametrize(
    "name",
    [
        "alternate",
        "drop_empty",
        "drop_empty_text",
        "ensure_first_user",
        "fold_system",
        "join_adjacent",
        "merge_system",
        "split_tool_images",
        "system_to_user",
        "tool_results_first",
        "trim_last_assistant",
    ],
)
def test_pass_changes_nothing_that_it_is_given(name: str) -> None:
    """A pass gives a new conversation, bears an empty one, and settles after one run."""
    given = copy.deepcopy(CONVERSATION)
    run = MESSAGE_FILTERS[name].function
    once = run(given)
    assert given == CONVERSATION
    assert run(copy.deepcopy(once)) == once
    run([])


def test_neighbours_are_joined_after_renaming() -> None:
    """Tool results and the user's words become one turn of the user."""
    given = [{"role": "tool", "parts": [result("c1")]}, say("user", "a"), say("user", "b")]
    (joined,) = passes.join_adjacent(given, {"tool": "user"})
    assert joined["role"] == "user"
    assert [part["type"] for part in joined["parts"]] == ["tool_result", "text", "text"]


def test_joining_keeps_what_messages_say_beside_their_parts() -> None:
    """The state of joined messages is joined too."""
    given = [{**say("user", "a"), "provider_state": {"k": 1}}, say("user", "b")]
    given += [{**say("user", "c"), "provider_state": {"l": 2}}]
    assert passes.join_adjacent(given)[0]["provider_state"] == {"k": 1, "l": 2}


def test_blank_texts_are_dropped() -> None:
    """Texts of white space alone go away, other parts stay."""
    given = [{"role": "user", "parts": [passes.text_part(" \n"), IMAGE]}]
    assert passes.drop_empty_text(given) == [{"role": "user", "parts": [IMAGE]}]


def test_user_begins() -> None:
    """A conversation that the assistant begins gets a word of the user before it."""
    given = [say("system", "s"), say("assistant", "a")]
    roles = [message["role"] for message in passes.ensure_first_user(given)]
    assert roles == ["system", "user", "assistant"]
    assert passes.ensure_first_user([say("user", "u")]) == [say("user", "u")]


def test_turns_alternate() -> None:
    """User and assistant take turns, the user first."""
    given = [say("assistant", "a"), say("assistant", "b"), say("user", "c"), say("user", "d")]
    roles = [message["role"] for message in passes.alternate(given)]
    assert roles == ["user", "assistant", "user"]


def test_results_stand_right_behind_their_calls() -> None:
    """Results that came late or between other words are grouped behind the assistant's turn."""
    given = [
        {"role": "assistant", "parts": [CALL]},
        {"role": "tool", "parts": [result("c1")]},
        say("user", "wait"),
        {"role": "user", "parts": [passes.text_part("and"), result("c2")]},
        say("assistant", "done"),
    ]
    assert passes.tool_results_first(given) == [
        given[0],
        {"role": "tool", "parts": [result("c1"), result("c2")]},
        say("user", "wait"),
        say("user", "and"),
        given[4],
    ]


def test_only_the_system_at_the_beginning_stays_the_system() -> None:
    """What it says later is said by the user."""
    given = [say("system", "a"), say("developer", "b"), say("user", "c"), say("system", "d")]
    roles = [message["role"] for message in passes.late_system_to_user(given)]
    assert roles == ["system", "developer", "user", "user"]
    assert passes.late_system_to_user([]) == []


def test_system_texts_are_merged_at_the_start() -> None:
    """One system message in front holds what all of them said."""
    given = [say("user", "u"), say("system", "a"), say("developer", "b")]
    assert passes.merge_system(given) == [say("system", "a\n\nb"), say("user", "u")]


def test_system_is_folded_into_the_first_user_message() -> None:
    """Services without a system role hear it from the user."""
    assert passes.fold_system([say("system", "s"), say("user", "u")]) == [say("user", "s\n\nu")]
    assert passes.fold_system([say("system", "s")]) == [say("user", "s")]
    picture = [say("system", "s"), {"role": "user", "parts": [IMAGE]}]
    assert passes.fold_system(picture)[0]["parts"][1] == IMAGE


def test_last_words_of_the_assistant_are_trimmed() -> None:
    """Only the end of a last assistant message loses its white space."""
    given = [say("assistant", "a "), say("user", "u "), say("assistant", "b \n")]
    assert passes.trim_last_assistant(given) == [*given[:2], say("assistant", "b")]


def test_images_of_tools_move_behind_the_run_of_results() -> None:
    """Results stay together, and every one of them still says something."""
    given = [
        {"role": "tool", "parts": [result("c1", [IMAGE])]},
        {"role": "tool", "parts": [result("c2", [passes.text_part("t"), IMAGE])]},
        say("assistant", "a"),
    ]
    found = passes.split_tool_images(given, "below")
    assert [message["role"] for message in found] == ["tool", "tool", "user", "assistant"]
    assert found[0]["parts"] == [result("c1", "below")]
    assert found[1]["parts"] == [result("c2", [passes.text_part("t")])]
    assert found[2]["parts"] == [IMAGE, IMAGE]


def test_lone_user_message_is_its_own_prompt() -> None:
    """A model that completes text gets a single prompt as it is."""
    assert prompts.flatten_prompt([say("user", "Once upon")]) == "Once upon"


def test_conversation_becomes_a_labelled_prompt() -> None:
    """Each turn is labelled, and the assistant speaks next."""
    given = [say("developer", "s"), say("user", "u"), {"role": "tool", "parts": [result("c")]}]
    found = prompts.flatten_prompt(given, {"user": "Human"})
    assert found == "System: s\n\nHuman: u\n\nTool: r\n\nAssistant:"


def test_prompt_that_the_assistant_began_is_continued() -> None:
    """A last word of the assistant is left open."""
    found = prompts.flatten_prompt([say("user", "u"), say("assistant", "I am")])
    assert found == "User: u\n\nAssistant: I am"


CHATML = {
    "system": "<s>{}</s>",
    "user": "<u>{}</u>",
    "assistant": "<a>{}</a>",
    "answer": "<a>",
}


def test_prompt_is_filled_by_the_models_own_template() -> None:
    """Each turn stands in its role's text, and the assistant's next turn is begun."""
    turns = [say("developer", "s"), say("user", "{}"), say("assistant", "a"), say("user", "v")]
    assert prompts.fill_prompt(turns, CHATML) == "<s>s</s><u>{}</u><a>a</a><u>v</u><a>"
    begun = [say("user", "u"), say("assistant", "I am")]
    assert prompts.fill_prompt(begun, CHATML) == "<u>u</u><a>I am"


def test_prompt_without_a_place_for_a_role_is_refused() -> None:
    """What nobody would read is not left out in silence."""
    with pytest.raises(InvalidParameter, match="no place for the role 'tool'"):
        prompts.fill_prompt([{"role": "tool", "parts": [result("c")]}], CHATML)
    with pytest.raises(InvalidParameter, match="takes text only"):
        prompts.fill_prompt([{"role": "user", "parts": [IMAGE]}], CHATML)


def test_media_in_a_prompt_are_refused() -> None:
    """A picture is not dropped silently."""
    with pytest.raises(InvalidParameter, match="takes text only, not image parts"):
        prompts.flatten_prompt([{"role": "user", "parts": [IMAGE]}])
    answer = {**result("c"), "content": [IMAGE]}
    with pytest.raises(InvalidParameter, match="takes text only, not image parts"):
        prompts.flatten_prompt([{"role": "tool", "parts": [answer]}])
