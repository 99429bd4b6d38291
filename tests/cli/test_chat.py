"""Talking to a model."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_runtime import ModelRuntime, Usage
from model_runtime.cli.asking import describe, harmless, tokens_per_second
from model_runtime.cli.chat import Conversation, converse


def sent(loopback: Any, index: int = 0) -> Any:
    """Return the body of a request that the server got."""
    return json.loads(loopback.requests[index].body)


def test_answer_streams_to_standard_output(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any
) -> None:
    """Standard output holds the answer alone; what it took is said on standard error."""
    loopback.answer(answers.streamed({"content": "Pa"}, {"content": "ris."}))
    done = command("chat", "acme/large", "Where?", "--specs", specs)
    assert (done.code, done.out) == (0, "Paris.\n")
    assert "7 tokens in, 2 tokens out" in done.err
    assert "finish: stop" in done.err
    assert sent(loopback)["stream"] is True


def test_reasoning_stays_out_of_what_is_piped(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any
) -> None:
    """Without a terminal the reasoning goes to standard error."""
    loopback.answer(answers.streamed({"reasoning_content": "Hm."}, {"content": "Paris."}))
    done = command("chat", "acme/large", "Where?", "--specs", specs)
    assert done.out == "Paris.\n"
    assert done.err.startswith("Hm.\n")


def test_tool_calls_are_told(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any
) -> None:
    """A model that calls a tool is not silent."""
    call = {"index": 0, "id": "c1", "function": {"name": "find", "arguments": '{"a": 1}'}}
    loopback.answer(answers.streamed({"tool_calls": [call]}))
    done = command("chat", "acme/large", "Where?", "--specs", specs)
    assert 'tool call: find({"a": 1})' in done.err


def test_options_become_parameters(
    command: Callable[..., Any], specs: Path, loopback: Any, answers: Any, tmp_path: Path
) -> None:
    """Every option reaches the wire, and a plain call is a plain call."""
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object"}', encoding="utf-8")
    loopback.answer(answers.whole(content="{}"))
    done = command(
        *("chat", "acme/large", "Where?", "--specs", specs, "--no-stream", "--system", "Be brief."),
        *(
            "--temperature",
            "0.5",
            "--max-tokens",
            "9",
            "--param",
            "top_p=0.9",
            "--param",
            "user=me",
        ),
        *("--json-schema", schema),
    )
    assert (done.code, done.out) == (0, "{}\n")
    body = sent(loopback)
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    told = {name: body[name] for name in ("temperature", "max_tokens", "top_p", "user")}
    assert told == {"temperature": 0.5, "max_tokens": 9, "top_p": 0.9, "user": "me"}
    assert body["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert "stream" not in body


def test_prompt_may_come_from_standard_input(
    command: Callable[..., Any],
    specs: Path,
    loopback: Any,
    answers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A prompt that is piped in is asked once."""
    monkeypatch.setattr("sys.stdin", io.StringIO("Where?"))
    loopback.answer(answers.streamed({"content": "There."}))
    assert command("chat", "acme/large", "--specs", specs).out == "There.\n"
    assert sent(loopback)["messages"] == [{"role": "user", "content": "Where?"}]


def test_conversation_carries_the_earlier_turns(specs: Path, loopback: Any, answers: Any) -> None:
    """The second prompt is sent with the first one and its answer."""
    loopback.answer(answers.streamed({"content": "One."}))
    loopback.answer(answers.streamed({"content": "Two."}))
    with ModelRuntime([str(specs)]) as runtime:
        llm = runtime.llm("acme/large")
        talk = Conversation(llm=llm, parameters={}, response_format=None, is_streamed=True)
        talk.ask("First?")
        talk.ask("Second?")
    told = [(turn["role"], turn["content"]) for turn in sent(loopback, 1)["messages"]]
    assert told == [("user", "First?"), ("assistant", "One."), ("user", "Second?")]


def test_conversation_outlives_a_refused_call(
    specs: Path,
    loopback: Any,
    answers: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A failed turn is told and forgotten; the next one is asked, and the end of input ends all."""
    typed = iter(["First?", " ", "Second?"])

    def type_next(prompt: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", type_next)
    loopback.answer(loopback.reply(b'{"error": {"message": "no"}}', 400))
    loopback.answer(answers.streamed({"content": "Two."}))
    with ModelRuntime([str(specs)]) as runtime:
        llm = runtime.llm("acme/large")
        talk = Conversation(llm=llm, parameters={}, response_format=None, is_streamed=True)
        converse(talk, "acme/large")
    told = capsys.readouterr()
    assert "HTTP 400" in told.err
    assert told.out == "Two.\n\n"
    assert sent(loopback, 1)["messages"] == [{"role": "user", "content": "Second?"}]


def test_refused_call_exits_with_one(
    command: Callable[..., Any], specs: Path, loopback: Any
) -> None:
    """An error of the service is one line on standard error, and no traceback."""
    body = b'{"error": {"message": "no such model"}}'
    loopback.answer(loopback.reply(body, 404, content_type="application/json"))
    done = command("chat", "acme/large", "Where?", "--specs", specs)
    assert (done.code, done.out) == (1, "")
    where = f"acme/large llm: POST {loopback.url}/v1/chat/completions"
    assert done.err.startswith(f"error: {where}: HTTP 404, not_found")


def test_missing_key_is_told_before_anything_is_sent(
    command: Callable[..., Any], specs: Path, loopback: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key there is no request, and the message names the variable."""
    monkeypatch.delenv("ACME_API_KEY")
    done = command("chat", "acme/large", "Where?", "--specs", specs)
    assert done.code == 1
    assert "ACME_API_KEY" in done.err
    assert loopback.requests == []


@pytest.mark.parametrize(
    "options",
    [("--param", "top_p"), ("--json-schema", "nowhere.json")],
    ids=["no value", "no file"],
)
def test_options_without_sense_are_wrong_usage(
    command: Callable[..., Any], specs: Path, options: tuple[str, ...]
) -> None:
    """What cannot be read exits with 2."""
    assert command("chat", "acme/large", "Hi", "--specs", specs, *options).code == 2


def test_answer_cannot_drive_the_terminal() -> None:
    """Escape sequences of a model are shown and not obeyed; lines and tabs stay."""
    assert harmless("a\x1b[2Jb\n\tc\x9b") == "a\\x1b[2Jb\n\tc\\x9b"


def test_speed_is_counted_from_the_first_token() -> None:
    """Waiting for the first token is no writing."""
    usage = Usage(output_tokens=11, latency=3.0, time_to_first_token=1.0)
    assert tokens_per_second(usage) == 5
    assert describe(usage, "stop").endswith("3.00 s in all, 5 tokens/s, finish: stop")


def test_speed_is_unknown_without_counts() -> None:
    """What the service does not tell is not guessed."""
    assert tokens_per_second(Usage(latency=3.0)) is None
