"""Every example runs as a reader would run it, against a server on this machine."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
USAGE = {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}

Run = Callable[[str], str]


@pytest.fixture
def run(loopback: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run one example and return what it printed."""
    monkeypatch.setenv("LOCAL_BASE_URL", f"{loopback.url}/v1")
    for name in ("ACME", "QUILL", "REASONING"):
        monkeypatch.setenv(f"{name}_BASE_URL", f"{loopback.url}/v1")
    monkeypatch.setenv("QUILL_API_KEY", "a-key")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "a-key")
    monkeypatch.delenv("MODEL", raising=False)

    def run_file(name: str) -> str:
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capsys.readouterr().out

    return run_file


def chat_reply(loopback: Any, text: str | None, finish: str = "stop", **message: Any) -> bytes:
    """A whole reply of the usual chat protocol."""
    said = {"role": "assistant", "content": text, **message}
    choice = {"index": 0, "message": said, "finish_reason": finish}
    return json_reply(loopback, {"id": "c1", "choices": [choice], "usage": USAGE})


def json_reply(loopback: Any, body: object, status: int = 200, **headers: str) -> bytes:
    """A reply in JSON."""
    data = json.dumps(body).encode()
    reply: bytes = loopback.reply(data, status, content_type="application/json", **headers)
    return reply


def chat_frame(finish: str | None = None, **delta: Any) -> bytes:
    """One frame of a streamed chat reply."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"id": "c1", "choices": [choice]}).encode() + b"\n\n"


def chat_stream(loopback: Any, *frames: bytes) -> list[Any]:
    """A streamed chat reply with its usage and end mark."""
    usage = b"data: " + json.dumps({"choices": [], "usage": USAGE}).encode() + b"\n\n"
    pieces = (*frames, usage, b"data: [DONE]\n\n")
    steps: list[Any] = loopback.chunked(*pieces, content_type="text/event-stream")
    return steps


def call(index: int, city: str) -> dict[str, Any]:
    """One tool call as the chat protocol spells it."""
    function = {"name": "get_weather", "arguments": json.dumps({"city": city})}
    return {"index": index, "id": f"call_{index}", "type": "function", "function": function}


def sent(loopback: Any, number: int = -1) -> Any:
    """The JSON body of one of the requests."""
    return json.loads(loopback.requests[number].body)


def test_seven_lines_of_yaml_make_a_provider_that_answers(run: Run, loopback: Any) -> None:
    """The smallest provider calls its server under the model's own name."""
    loopback.answer(chat_reply(loopback, "Paris."))
    assert run("seven_lines.py") == "Paris.\n"
    assert loopback.requests[0].target == "/v1/chat/completions"
    assert sent(loopback)["model"] == "large"
    modeline, *lines = (EXAMPLES / "specs" / "acme.yaml").read_text("utf-8").splitlines()
    assert modeline.startswith("# yaml-language-server:") and len(lines) == 7


def test_sync_call_prints_text_finish_reason_and_tokens(run: Run, loopback: Any) -> None:
    """What the example asks for is sent, and what it prints came from the reply."""
    loopback.answer(chat_reply(loopback, "Air scatters blue light most."))
    told = run("sync_call.py").splitlines()
    assert told == [
        "Air scatters blue light most.",
        "finish reason: stop",
        "tokens: 7 in, 2 out",
    ]
    body = sent(loopback)
    assert [message["role"] for message in body["messages"]] == ["system", "user"]
    assert (body["temperature"], body["max_tokens"]) == (0.2, 100)


def test_async_call_asks_every_question(run: Run, loopback: Any) -> None:
    """Three questions at the same time give three answers in order."""
    loopback.always(chat_reply(loopback, "A city."))
    assert run("async_call.py") == "France: A city.\nJapan: A city.\nPeru: A city.\n"
    assert len(loopback.requests) == 3


def test_sync_stream_prints_reasoning_text_and_total(run: Run, loopback: Any) -> None:
    """The pieces are printed as they come, and the result knows the usage."""
    frames = (
        chat_frame(reasoning_content="short"),
        chat_frame(content="Once "),
        chat_frame(content="upon."),
        chat_frame("stop"),
    )
    loopback.answer(*chat_stream(loopback, *frames))
    assert run("sync_stream.py") == "(short)\nOnce upon.\nfinish reason: stop\ntokens: 9\n"
    assert sent(loopback)["stream"] is True


def test_async_stream_hangs_up_when_enough_has_come(run: Run, loopback: Any) -> None:
    """Leaving the loop ends the connection while the service still writes."""
    words = chat_frame(content="one two three four five six seven eight nine ten")
    begun = loopback.chunked(words, end=False, content_type="text/event-stream")
    loopback.answer(*begun, loopback.HOLD)
    assert run("async_stream.py").endswith("stopped after 48 characters\n")
    assert loopback.wait_for(lambda: loopback.hangups == 1)


def test_tools_loop_sends_the_result_and_prints_the_answer(run: Run, loopback: Any) -> None:
    """The second request holds the call and its result, in that order."""
    loopback.answer(chat_reply(loopback, None, "tool_calls", tool_calls=[call(0, "Paris")]))
    loopback.answer(chat_reply(loopback, "It is sunny."))
    assert run("tools_loop.py") == "It is sunny.\n"
    _, asked, result = sent(loopback)["messages"]
    assert asked["tool_calls"][0]["id"] == result["tool_call_id"] == "call_0"
    assert result["content"] == "18 degrees and sunny in Paris"


def test_parallel_tools_answers_both_calls_of_one_turn(run: Run, loopback: Any) -> None:
    """Two streamed calls become two results of one message."""
    calls = [{**call(i, city)} for i, city in enumerate(("Lima", "Oslo"))]
    for tool_call in calls:
        tool_call["function"]["name"] = "get_time"
    frames = (*(chat_frame(tool_calls=[item]) for item in calls), chat_frame("tool_calls"))
    loopback.answer(*chat_stream(loopback, *frames))
    loopback.answer(chat_reply(loopback, "07:00 and 14:00."))
    told = run("parallel_tools.py").splitlines()
    assert told[-1] == "07:00 and 14:00."
    assert [line[:6] for line in told[:-1]] == ["call 0", "call 1"]
    results = sent(loopback)["messages"][2:]
    assert [result["content"] for result in results] == ["07:00", "14:00"]


def test_structured_output_sends_the_schema_and_reads_the_answer(run: Run, loopback: Any) -> None:
    """The schema goes out under its title, and the answer is parsed."""
    loopback.answer(chat_reply(loopback, '{"name": "Ada Lovelace", "born": 1815}'))
    assert run("structured_output.py") == "Ada Lovelace 1815\n"
    wanted = sent(loopback)["response_format"]["json_schema"]
    assert wanted["name"] == "person"
    assert wanted["schema"]["required"] == ["name", "born"]


def test_images_go_out_as_data_url_and_as_url(run: Run, loopback: Any) -> None:
    """Bytes become a data URL with their own media type, and a URL stays one."""
    loopback.answer(chat_reply(loopback, "Red, and a harbour."))
    assert run("images.py") == "Red, and a harbour.\n"
    _, first, second = sent(loopback)["messages"][0]["content"]
    assert first["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert second["image_url"] == {
        "url": "https://images.example.com/harbour.jpg",
        "detail": "low",
    }


def test_reasoning_goes_back_with_its_signature(run: Run, loopback: Any) -> None:
    """The state of the first answer stands in the second request as it came."""
    thought = {"type": "thinking", "thinking": "7 * 143", "signature": "c2lnbmVk"}
    for blocks in ([thought, {"type": "text", "text": "No."}], [{"type": "text", "text": "Yes."}]):
        usage = {"input_tokens": 3, "output_tokens": 2}
        reply = {"id": "m1", "content": blocks, "stop_reason": "end_turn", "usage": usage}
        loopback.answer(json_reply(loopback, reply))
    assert run("reasoning_turns.py").splitlines() == [
        "thought: 7 * 143",
        "said: No.",
        "has state: True",
        "said: Yes.",
    ]
    assert sent(loopback)["messages"][1]["content"][0] == thought


def test_own_client_is_used_with_its_headers_and_hooks(run: Run, loopback: Any) -> None:
    """The host's client sends the request, so its hook sees the reply."""
    loopback.answer(chat_reply(loopback, "Hello."))
    assert run("own_client.py") == "POST /v1/chat/completions 200\nHello.\n"
    assert loopback.requests[0].headers["x-team"] == "search"


def test_each_call_uses_the_key_of_its_tenant(run: Run, loopback: Any) -> None:
    """The credentials callable is asked at each call, and the hook hears of each result."""
    loopback.always(chat_reply(loopback, "Hello."))
    assert run("hooks_and_credentials.py").splitlines() == [
        "north: 9 tokens",
        "Hello.",
        "south: 9 tokens",
        "Hello.",
    ]
    keys = [request.headers["authorization"] for request in loopback.requests]
    assert keys == ["Bearer key-of-north", "Bearer key-of-south"]


def test_own_dialect_is_spoken_and_read_by_its_spec_alone(run: Run, loopback: Any) -> None:
    """A plain call, a stream and an error of a made-up service look like any other."""
    ink = {"read": 5, "written": 3}
    reply = {"id": "q1", "pieces": [{"say": "Hail!"}], "ended": "done", "ink": ink}
    loopback.answer(json_reply(loopback, reply))
    events = (
        {"event": "piece", "at": 0, "piece": {"say": "Hail "}},
        {"event": "more", "at": 0, "say": "again!"},
        {"event": "end", "ended": "done", "ink": {"read": 5, "written": 4}},
    )
    lines = [json.dumps(event).encode() + b"\n" for event in events]
    loopback.answer(*loopback.chunked(*lines, content_type="application/x-ndjson"))
    fault = {"fault": {"code": "TOO_LONG", "words": "No more than a page."}}
    loopback.answer(json_reply(loopback, fault))

    assert run("own_dialect.py").splitlines() == [
        "Hail! stop 8",
        "Hail ",
        "again!",
        "9",
        f"quill/feather llm: POST {loopback.url}/v1/models/feather/write: HTTP 200, "
        'context_length: "No more than a page.".',
    ]
    first = sent(loopback, 0)
    assert first == {
        "brief": "Be brief.",
        "turns": [{"by": "guest", "pieces": [{"say": "Greet me."}]}],
        "settings": {"heat": 0.5, "room": 1024, "halt": ["END"]},
    }
    assert [request.target for request in loopback.requests[:2]] == [
        "/v1/models/feather/write",
        "/v1/models/feather/stream",
    ]
    assert loopback.requests[0].headers["x-quill-key"] == "a-key"


def test_every_error_is_told_in_its_own_way(run: Run, loopback: Any) -> None:
    """A wrong parameter, a wrong key, a rate limit, a long prompt, a fault and a cut stream."""
    loopback.answer(json_reply(loopback, {"error": {"message": "no such key"}}, 401))
    limited = {"error": {"message": "slow down"}}
    loopback.answer(json_reply(loopback, limited, 429, retry_after="12"))
    long = {"error": {"message": "too long", "code": "context_length_exceeded"}}
    loopback.answer(json_reply(loopback, long, 400))
    loopback.answer(json_reply(loopback, {"error": {"message": "oops"}}, 500))
    cut = loopback.chunked(chat_frame(content="Hel"), content_type="text/event-stream")
    loopback.answer(*cut)

    told = run("error_handling.py").splitlines()
    assert told[0].startswith("nothing was sent: 'heat' is not a parameter of this model.")
    assert told[1:] == [
        "check the key (auth): no such key",
        "try again after 12.0 s",
        "shorten the conversation",
        "the service said 500, server: oops",
        "broken off after 'Hel'",
    ]


def test_every_example_has_a_test_here() -> None:
    """An example that no test runs would rot."""
    text = Path(__file__).read_text(encoding="utf-8")
    missing = [path.name for path in EXAMPLES.glob("*.py") if f'run("{path.name}")' not in text]
    assert not missing
