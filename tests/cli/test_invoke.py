"""One call of a model."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


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


def answer(loopback: Any, body: object) -> None:
    loopback.answer(loopback.reply(json.dumps(body).encode(), content_type="application/json"))


def test_texts_are_embedded(command: Callable[..., Any], specs: Path, loopback: Any) -> None:
    """Each argument is a text; the table tells the length of its vector."""
    rows = [{"index": 0, "embedding": [0.5, 1.0]}, {"index": 1, "embedding": [0.25, 1.0]}]
    answer(loopback, {"data": rows, "usage": {"prompt_tokens": 4}})
    line = ("invoke", "text-embedding", "acme/small-embed", "cats", "dogs", "--specs", specs)
    done = command(*line, "--dimensions", "2")
    assert done.code == 0
    assert done.out.splitlines()[2].split() == ["dogs", "2", "0.2500,", "1.0000,", "..."]
    body = json.loads(loopback.requests[0].body)
    assert (body["input"], body["dimensions"]) == (["cats", "dogs"], 2)


def test_documents_are_ranked(command: Callable[..., Any], specs: Path, loopback: Any) -> None:
    """Best first, with their places in the command line."""
    rows = [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]
    answer(loopback, {"results": rows})
    line = ("invoke", "rerank", "acme/r", "dogs", "cats", "--query", "Who purrs?")
    done = command(*line, "--specs", specs)
    assert done.out.splitlines()[1].split() == ["0.9000", "1", "cats"]
    assert json.loads(loopback.requests[0].body)["query"] == "Who purrs?"


def test_file_is_transcribed(
    command: Callable[..., Any], specs: Path, loopback: Any, tmp_path: Path
) -> None:
    """The text goes to standard output."""
    audio = tmp_path / "a.wav"
    audio.write_bytes(b"RIFF....WAVEfmt ")
    answer(loopback, {"text": "Hello there."})
    done = command("invoke", "speech2text", "acme/w", audio, "--specs", specs, "--language", "en")
    assert done.out == "Hello there.\n"
    assert b"RIFF....WAVE" in loopback.requests[0].body


def test_speech_is_written_to_a_file(
    command: Callable[..., Any], specs: Path, loopback: Any, tmp_path: Path
) -> None:
    """With the voice and format that were asked for; nothing of it goes to standard output."""
    loopback.answer(loopback.reply(b"ID3audio", content_type="audio/mpeg"))
    out = tmp_path / "a.mp3"
    line = ("invoke", "tts", "acme/t", "Hi there", "--voice", "echo", "--format", "mp3")
    done = command(*line, "--out", out, "--specs", specs)
    assert (done.code, done.out, out.read_bytes()) == (0, "", b"ID3audio")
    assert "8 bytes of audio/mpeg" in done.err
    assert json.loads(loopback.requests[0].body)["voice"] == "echo"


def test_text_is_judged(command: Callable[..., Any], specs: Path, loopback: Any) -> None:
    """The verdict comes first, then the categories with their scores."""
    row = {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.75}}
    answer(loopback, {"results": [row]})
    done = command("invoke", "moderation", "acme/m", "Grr.", "--specs", specs)
    lines = done.out.splitlines()
    assert (lines[0], lines[2].split()) == ("flagged", ["hate", "yes", "0.7500"])


@pytest.mark.parametrize(
    ("line", "word"),
    [
        (("rerank", "acme/r", "a"), "--query"),
        (("tts", "acme/t", "Hi"), "--out"),
        (("speech2text", "acme/w", "nowhere.wav"), "nowhere.wav"),
        (("speech2text", "acme/w"), "one audio file"),
        (("llm", "acme/large", "Hi", "--voice", "echo"), "It is for tts"),
        (("llm", "acme/large", "Hi", "--top-n", "2"), "--top-n"),
        (("llm", "acme/large", "Hi", "--out", "x"), "--out"),
        (("moderation", "acme/m", "two", "texts"), "expected one"),
    ],
    ids=["query", "out", "no file", "nothing", "voice", "top-n", "out of llm", "two"],
)
def test_what_a_type_does_not_take_is_wrong_usage(
    command: Callable[..., Any], specs: Path, loopback: Any, line: tuple[str, ...], word: str
) -> None:
    """The message says what to do; nothing is sent."""
    done = command("invoke", *line, "--specs", specs)
    assert done.code == 2
    assert word in done.err
    assert loopback.requests == []


@pytest.mark.parametrize("kind", ["text-embedding", "moderation"])
def test_text_may_come_from_standard_input(
    command: Callable[..., Any],
    specs: Path,
    loopback: Any,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    """As `-`, or where no input is given."""
    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe."))
    answer(loopback, {"data": [{"index": 0, "embedding": [0.5]}], "results": [{"flagged": False}]})
    done = command("invoke", kind, "acme/m", "-", "--specs", specs, "--json")
    assert done.code == 0
    assert b"From a pipe." in loopback.requests[0].body
