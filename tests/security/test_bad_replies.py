"""Servers that attack their callers: every call ends, in time, in words without secrets."""

from __future__ import annotations

import gzip
import io
import json
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doors import KEY

from model_runtime.errors import (
    HostRefused,
    InvokeError,
    LimitExceeded,
    ProviderError,
    ReplyError,
    StreamInterrupted,
    TimedOut,
)

pytestmark = pytest.mark.timeout(20)

Ask = Callable[..., Any]
SSE = {"content_type": "text/event-stream"}
JSON = {"content_type": "application/json"}


def frame(value: object) -> bytes:
    return b"data: %b\n\n" % json.dumps(value).encode()


def delta(**fields: object) -> bytes:
    return frame({"choices": [{"index": 0, "delta": fields}]})


def whole(message: dict[str, object], **more: object) -> bytes:
    choice = {"message": message, "finish_reason": "stop"}
    return json.dumps({"id": "c1", "choices": [choice], **more}).encode()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_redirect_is_an_error_that_names_the_host(
    ask: Ask, loopback: Any, status: int, stream: bool
) -> None:
    """The key goes nowhere else, and neither does the body."""
    target = f"{loopback.url}/elsewhere?key=k"
    loopback.answer(loopback.reply(b"", status, location=target))
    model = ask("openai")
    if stream:
        error = model.stream().error
    else:
        with pytest.raises(ProviderError) as caught:
            model.invoke()
        error = caught.value
    assert isinstance(error, ProviderError) and error.status == status
    assert "redirects to 127.0.0.1" in str(error) and "base_url" in str(error)
    assert len(loopback.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/models?page=2",
        "http://127.0.0.1:1/models",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "//evil.example/models",
    ],
)
def test_next_page_elsewhere_is_refused(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any, url: str
) -> None:
    """An address that a server sent leads to the service itself or nowhere."""
    spec = write_spec("operations: {list_models: {pages: {next: {url: next}, max: 3}}}\n")
    door = make_door(specs=[spec], base_urls={"acme": loopback.url})
    loopback.answer(loopback.reply(json.dumps({"data": [{"id": "m"}], "next": url}).encode()))
    with pytest.raises(HostRefused):
        door.call(lambda runtime: runtime.remote_models("acme"))
    assert len(loopback.requests) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_gzip_bomb_is_given_up_early(ask: Ask, loopback: Any, stream: bool) -> None:
    """A small reply that unpacks to 300 MB costs neither the memory nor the time."""
    bomb = gzip.compress(bytes(300 * 2**20), 1)
    loopback.answer(loopback.reply(bomb, content_encoding="gzip", **(SSE if stream else JSON)))
    started = time.perf_counter()
    if stream:
        assert isinstance(ask("openai").stream().error, LimitExceeded)
    else:
        with pytest.raises(LimitExceeded, match="after decompression"):
            ask("openai").invoke()
    assert time.perf_counter() - started < 5


def test_endless_line_is_given_up(ask: Ask, loopback: Any) -> None:
    """An event without an end is refused at the size limit, not at the end of memory."""
    loopback.answer(
        *loopback.chunked(b"data: ", end=False, **SSE), *[loopback.chunk(b"x" * 2**20)] * 20
    )
    error = ask("openai").stream().error
    assert isinstance(error, LimitExceeded) and "16777216 bytes" in str(error)


def test_endless_pings_end_at_the_total_timeout(ask: Ask, loopback: Any) -> None:
    """Signs of life do not keep a call alive beyond its total time."""
    pings: list[Any] = [0.02, loopback.chunk(b": ping\n\n")] * 400
    loopback.answer(*loopback.chunked(delta(content="Hi"), end=False, **SSE), *pings)
    started = time.perf_counter()
    seen = ask("openai").stream(timeout=0.4)
    assert isinstance(seen.error, TimedOut) and seen.error.phase == "total"
    assert seen.text == "Hi" and time.perf_counter() - started < 3


@pytest.mark.parametrize(
    "body",
    [
        b"<!doctype html><title>Sign in</title>",
        b"",
        b"null",
        b"5",
        b'"OK"',
        b"[]",
        b"{}",
        b'{"status": "ok"}',
        b"OK",
        b"\xff\xfe\x00",
        b"[" * 1_000_000,
        b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        b'{"choices": ' + b"9" * 5000 + b"}",
    ],
    ids=lambda body: ascii(body[:16]),
)
@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_success_without_an_answer_is_a_reply_error(
    ask: Ask, loopback: Any, body: bytes, stream: bool
) -> None:
    """Status 200 with a page, nothing, or JSON of another shape is no empty answer."""
    loopback.answer(loopback.reply(body, **JSON))
    if stream:
        error: InvokeError | None = ask("openai").stream().error
    else:
        with pytest.raises(ReplyError) as caught:
            ask("openai").invoke()
        error = caught.value
    assert isinstance(error, ReplyError | LimitExceeded)
    assert str(error).startswith("openai/some-model llm: ") and len(str(error)) < 500


def test_status_204_is_a_reply_error(ask: Ask, loopback: Any) -> None:
    """No content is no answer, and the message says which status it was."""
    loopback.answer(loopback.head(204))
    with pytest.raises(ReplyError, match=r"empty \(HTTP 204\)"):
        ask("openai").invoke()


@pytest.mark.parametrize(
    ("tail", "text"),
    [
        (b"", "Hel"),
        (b'data: {"choices": [{"delta": {"cont', "Hel"),
        (b'data: {"choices": [{"delta": {"content": "caf\xc3', "Hel"),
        (b"data: ", "Hel"),
    ],
    ids=["between_events", "inside_event", "inside_character", "after_field_name"],
)
@pytest.mark.parametrize("dropped", [False, True], ids=["ended", "dropped"])
def test_stream_cut_off_is_interrupted_and_keeps_what_came(
    ask: Ask, loopback: Any, tail: bytes, text: str, dropped: bool
) -> None:
    """A cut is never taken for an end, and `partial` holds what had arrived."""
    steps = loopback.chunked(
        delta(content="Hel"), *([tail] if tail else []), end=not dropped, **SSE
    )
    loopback.answer(*steps, *([0.05, loopback.CLOSE] if dropped else []))
    seen = ask("openai").stream()
    assert isinstance(seen.error, StreamInterrupted)
    assert (seen.text, seen.error.partial.text) == (text, text)
    assert not seen.error.is_retryable


def test_text_in_the_same_piece_as_an_error_is_not_lost(ask: Ask, loopback: Any) -> None:
    """Events before a fault are handed on first, however the network packed them."""
    loopback.answer(loopback.reply(delta(content="Hel") + b"data: {bad\n\n", **SSE))
    seen = ask("openai").stream()
    assert seen.text == "Hel" and isinstance(seen.error, ReplyError)


def test_hundred_thousand_tool_calls_are_refused(ask: Ask, loopback: Any) -> None:
    """Each index would cost memory; there is a limit, in streams and in whole replies."""
    calls = [
        {"index": i, "id": f"c{i}", "function": {"name": "f", "arguments": "{}"}}
        for i in range(100_000)
    ]
    body = b"".join(delta(tool_calls=calls[at : at + 1000]) for at in range(0, 100_000, 1000))
    loopback.answer(loopback.reply(body, **SSE))
    error = ask("openai").stream().error
    assert isinstance(error, LimitExceeded) and "10000 tool calls" in str(error)
    loopback.answer(loopback.reply(whole({"content": None, "tool_calls": calls}), **JSON))
    with pytest.raises(LimitExceeded, match="10000 tool calls"):
        ask("openai").invoke()


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": 1e999, "completion_tokens": -5},
        {"prompt_tokens": "7", "completion_tokens": [1], "total_tokens": True},
        [1],
        "none",
        7,
    ],
    ids=["infinite", "texts", "list", "word", "number"],
)
def test_usage_of_any_shape_costs_no_answer(ask: Ask, loopback: Any, usage: object) -> None:
    """Counts that are none are not told; the answer stands."""
    loopback.answer(loopback.reply(whole({"content": "Hi"}, usage=usage), **JSON))
    result = ask("openai").invoke()
    assert (result.text, result.usage.input_tokens) == ("Hi", None)


@pytest.mark.parametrize(
    "message",
    [
        {"content": "Hi", "tool_calls": "x"},
        {"content": "Hi", "tool_calls": [None, 5]},
        {"content": "Hi", "tool_calls": {"a": 1}},
        {"content": "Hi", "reasoning": {"a": 1}, "refusal": []},
    ],
    ids=["text", "numbers", "object", "others"],
)
def test_fields_of_another_type_do_not_crash(
    ask: Ask, loopback: Any, message: dict[str, object]
) -> None:
    """A field of the wrong type gives an answer or a ReplyError, never a bare exception."""
    loopback.answer(loopback.reply(whole(message), **JSON))
    try:
        assert ask("openai").invoke().text == "Hi"
    except ReplyError as error:
        assert "openai/some-model llm" in str(error)


# ---- the other model types

CALLS: dict[str, Callable[[Any, str], Any]] = {
    "text-embedding": lambda runtime, url: runtime.text_embedding("openai/m", base_url=url).invoke(
        ["a"]
    ),
    "rerank": lambda runtime, url: runtime.rerank("cohere/m", base_url=url).invoke("q", ["a"]),
    "speech2text": lambda runtime, url: runtime.speech2text("openai/m", base_url=url).invoke(
        io.BytesIO(b"RIFF")
    ),
    "tts": lambda runtime, url: runtime.tts("openai/m", base_url=url).invoke("a", voice="b"),
    "moderation": lambda runtime, url: runtime.moderation("openai/m", base_url=url).invoke("a"),
}


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"",
        b"{}",
        b"null",
        b"[" * 100_000,
        b'{"data": [{"index": 5, "embedding": [1]}], "results": [{"index": 99}]}',
    ],
    ids=["page", "nothing", "object", "null", "deep", "wrong_index"],
)
def test_no_model_type_takes_another_shape_for_an_answer(
    door: Any, loopback: Any, kind: str, body: bytes
) -> None:
    """Vectors, ranks, texts, sounds and judgements are read or the call fails."""
    loopback.answer(loopback.reply(body, **JSON))
    with pytest.raises((ReplyError, ProviderError)) as caught:
        door.call(lambda runtime: CALLS[kind](runtime, loopback.url))
    assert f"/m {kind}: " in str(caught.value) and len(str(caught.value)) < 500


@pytest.mark.parametrize("kind", CALLS)
def test_no_model_type_shows_an_echoed_key(door: Any, loopback: Any, kind: str) -> None:
    """Errors of every model type are free of the key, in every form that is logged."""
    fault = json.dumps({"error": {"message": f"Wrong key {KEY}"}}).encode()
    loopback.answer(loopback.reply(fault, 401, x_request_id=f"r-{KEY}"))
    with pytest.raises(ProviderError) as caught:
        door.call(lambda runtime: CALLS[kind](runtime, loopback.url))
    assert KEY not in texts_of(caught.value)


# ---- secrets

ECHOES = {
    "raw": KEY,
    "escaped": json.dumps(KEY)[1:-1],
    "url": f"https://api.example/?key={KEY}",
    "base64": "Basic c2stdGVzdC0wMTIzNDU2Nzg5YWJjZGVm",
}


class Listening:
    """Hooks that keep the texts of what they are told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def on_request(self, request: Any) -> None:
        self.told.append(("request", f"{request!r} {request.url} {request.headers}"))

    def on_event(self, event: object) -> None:
        self.told.append(("event", repr(event)))

    def on_result(self, result: object) -> None:
        self.told.append(("result", repr(result)))

    def on_error(self, error: Any) -> None:
        self.told.append(("error", f"{error!r} {error} {vars(error)}"))


def texts_of(error: BaseException) -> str:
    """Everything that a log, a traceback or a debugger's summary would show of an error."""
    lines = traceback.format_exception(error)
    return "\n".join([str(error), repr(error), repr(error.args), repr(vars(error)), *lines])


@pytest.mark.parametrize("echo", ECHOES.values(), ids=list(ECHOES))
@pytest.mark.parametrize(
    "shape", ["error", "nested", "html", "in_success", "not_json", "redirect", "frame", "event"]
)
def test_key_that_a_service_echoes_is_shown_nowhere(
    make_door: Callable[..., Any], loopback: Any, echo: str, shape: str
) -> None:
    """Message, body, arguments, traceback and hooks are free of every spelling of the key."""
    hooks = Listening()
    model = make_door(hooks=[hooks]).model("openai/m", loopback.url)
    fault = {"error": {"message": f"Wrong key {echo}", "details": [{echo: echo}]}}
    body = json.dumps(fault).encode()
    replies = {
        "error": loopback.reply(body, 401, x_request_id=f"r-{echo}"),
        "nested": loopback.reply(json.dumps({"detail": {"a": [echo]}}).encode(), 400),
        "html": loopback.reply(f"<p>{echo}</p>".encode(), 500),
        "in_success": loopback.reply(body, **JSON),
        "not_json": loopback.reply(f"<p>{echo}</p>".encode(), **JSON),
        "redirect": loopback.reply(b"", 302, location=f"https://{echo}.example/?k={echo}"),
        "frame": loopback.reply(b"data: {" + echo.encode() + b"\n\n", **SSE),
        "event": loopback.reply(b"event: error\ndata: " + body + b"\n\n", **SSE),
    }
    loopback.answer(replies[shape])
    if shape in ("frame", "event"):
        error: BaseException | None = model.stream().error
    else:
        with pytest.raises(InvokeError) as caught:
            model.invoke()
        error = caught.value
    assert error is not None
    shown = texts_of(error) + "".join(text for _, text in hooks.told)
    assert KEY not in shown and ECHOES["base64"].removeprefix("Basic ") not in shown
    assert [kind for kind, _ in hooks.told] == ["request", "error"]


def test_local_variables_of_a_traceback_show_no_key(ask: Ask, loopback: Any) -> None:
    """Tools that report errors print local variables; a request among them hides its headers."""
    loopback.answer(loopback.reply(b"{}", 500))
    with pytest.raises(ProviderError) as caught:
        ask("gemini").invoke()
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(shown.format())


def test_nothing_that_a_host_prints_shows_a_key(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any
) -> None:
    """Runtimes, providers, models and results are free of secrets."""
    hooks = Listening()
    spec = write_spec('headers: {x-token: "{{ credentials.api_key }}"}\n')
    door = make_door(specs=[spec], hooks=[hooks], credentials={"acme": {"api_key": KEY}})
    model = door.model("acme/m", loopback.url)
    loopback.answer(loopback.reply(whole({"content": "Hi"}), **JSON))
    result = model.invoke()
    provider = door.runtime.provider("acme")
    seen = [door.runtime, model.handle, model.handle._binding, provider, provider.to_dict()]
    shown = "".join(f"{item!r}{item}" for item in [*seen, result, result.to_dict()])
    assert loopback.requests[-1].headers["x-token"] == KEY
    assert KEY not in shown and KEY not in repr(hooks.told)
    assert [kind for kind, _ in hooks.told] == ["request", "result"]
