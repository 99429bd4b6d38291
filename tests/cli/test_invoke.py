"""One call of a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_result_is_printed_as_json(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any
) -> None:
    """`--json` gives the whole result, and nothing is said beside it."""
    loopback.answer(answers.whole(content="Paris."))
    done = command("invoke", "llm", "acme/large", "Where?", "--specs", specs, "--json")
    assert done.code == 0
    assert done.json["text"] == "Paris."
    assert done.json["usage"]["input_tokens"] == 7


def test_parameters_and_extra_body_are_sent(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any
) -> None:
    """Both objects reach the body."""
    loopback.answer(answers.whole(content="Paris."))
    options = ("--params", '{"max_tokens": 5}', "--extra-body", '{"min_p": 0.1}')
    done = command("invoke", "llm", "acme/large", "Where?", "--specs", specs, *options)
    assert done.out == "Paris.\n"
    body = json.loads(loopback.requests[0].body)
    assert (body["max_tokens"], body["min_p"]) == (5, 0.1)


def test_parameters_that_are_no_object_are_wrong_usage(
    command: Callable[..., Any], specs: Path, loopback: Any
) -> None:
    """The message names the option; nothing is sent."""
    done = command("invoke", "llm", "acme/large", "Hi", "--specs", specs, "--params", "[1]")
    assert done.code == 2
    assert "--params" in done.err
    assert loopback.requests == []


def test_unknown_type_is_wrong_usage(command: Callable[..., Any], specs: Path) -> None:
    """A type that there is not exits with 2."""
    assert command("invoke", "chat", "acme/large", "Hi", "--specs", specs).code == 2
