"""Bad inputs 35 to 40, and 94 to 125: whatever a server sends, the call ends in time and in words.

`test_inputs_table.py` lists the numbers. `test_bad_replies.py` and `tests/chaos` go further.
"""

from __future__ import annotations

import gzip
import json
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from doors import KEY

from model_runtime.errors import (
    ConnectionFailed,
    HostRefused,
    InvokeError,
    LimitExceeded,
    ProviderError,
    RateLimitError,
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


END = frame({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}) + b"data: [DONE]\n\n"


@pytest.fixture
def answered(ask: Ask, loopback: Any) -> Callable[..., InvokeError]:
    """Call a chat service that gives one reply, and return the error."""

    def run(*steps: Any, **arguments: Any) -> InvokeError:
        loopback.answer(*steps)
        with pytest.raises(InvokeError) as caught:
            ask("openai").invoke(**arguments)
        assert str(caught.value).startswith("openai/some-model llm: ")
        assert len(str(caught.value)) < 1000
        return caught.value

    return run


@pytest.fixture
def streamed(ask: Ask, loopback: Any) -> Callable[..., Any]:
    """Stream from a chat service that sends these bytes in one chunk each."""

    def run(*pieces: bytes, end: bool = True, **arguments: Any) -> Any:
        loopback.answer(*loopback.chunked(*pieces, end=end, **SSE), *([] if end else [0.02]))
        if not end:
            loopback._scripts[-1] = (*loopback._scripts[-1], loopback.CLOSE)
        return ask("openai").stream(**arguments)

    return run


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_35_redirect_with_the_key_attached(
    answered: Callable[..., InvokeError], loopback: Any, status: int
) -> None:
    """No redirect is followed, and the target is named without its query."""
    target = f"{loopback.url}/elsewhere?key=k"
    error = answered(loopback.reply(b"", status, location=target))
    assert isinstance(error, ProviderError) and "redirects to 127.0.0.1" in str(error)
    assert "key=k" not in str(error) and len(loopback.requests) == 1


@pytest.mark.parametrize("url", ["https://evil.example/x", "file:///etc/passwd", "//evil.example"])
def test_36_sent_url_on_another_origin(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any, url: str
) -> None:
    """A list goes on at the service itself or not at all."""
    spec = write_spec("operations: {list_models: {pages: {next: {url: next}, max: 3}}}\n")
    door = make_door(specs=[spec], base_urls={"acme": loopback.url})
    loopback.answer(loopback.reply(json.dumps({"data": [{"id": "m"}], "next": url}).encode()))
    with pytest.raises(HostRefused):
        door.call(lambda runtime: runtime.remote_models("acme"))
    assert len(loopback.requests) == 1


def test_37_gzip_bomb(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """A small reply that is a large one is dropped."""
    bomb = gzip.compress(bytes(2**24), 9) * 10
    error = answered(loopback.reply(bomb, content_encoding="gzip", **JSON))
    assert isinstance(error, LimitExceeded) and "after decompression" in str(error)


def test_37_endless_line(streamed: Callable[..., Any]) -> None:
    """An event without an end is refused at its limit."""
    assert isinstance(streamed(b"data: ", *[b"x" * 2**20] * 17).error, LimitExceeded)


def test_37_endless_pings(ask: Ask, loopback: Any) -> None:
    """Signs of life do not prolong a call."""
    pings: list[Any] = [0.02, loopback.chunk(b": ping\n\n")] * 200
    loopback.answer(*loopback.chunked(delta(content="Hi"), end=False, **SSE), *pings)
    seen = ask("openai").stream(timeout=0.3)
    assert isinstance(seen.error, TimedOut) and seen.error.partial.text == "Hi"


@pytest.mark.parametrize("body", [b"<html>", b"", b"{}", b"null", b"[]", b'"OK"', b"\xff\xfe"])
def test_38_success_without_an_answer(
    answered: Callable[..., InvokeError], loopback: Any, body: bytes
) -> None:
    """A page or nothing with status 200 is no empty answer."""
    assert isinstance(answered(loopback.reply(body, **JSON)), ReplyError)


def test_38_success_that_is_an_error(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """An error object with status 200 is an error."""
    body = b'{"error": {"message": "no such model", "code": "model_not_found"}}'
    assert isinstance(answered(loopback.reply(body, **JSON)), ProviderError)


def test_38_status_204(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """No content is no answer."""
    assert isinstance(answered(loopback.head(204)), ReplyError)


@pytest.mark.parametrize("end", [True, False], ids=["ended", "dropped"])
@pytest.mark.parametrize(
    "tail",
    [b"", b'data: {"choices": [{"delta": {"content": "caf\xc3', b'data: {"cho'],
    ids=["between_events", "in_a_character", "in_an_event"],
)
def test_39_stream_cut_off(streamed: Callable[..., Any], tail: bytes, end: bool) -> None:
    """A cut is no end, and what had come is kept."""
    seen = streamed(delta(content="Hel"), *([tail] if tail else []), end=end)
    assert isinstance(seen.error, StreamInterrupted)
    assert seen.text == seen.error.partial.text == "Hel"


def test_39_error_event_after_text(streamed: Callable[..., Any]) -> None:
    """An error behind text is the error of the call, and the text is kept."""
    fault = {"error": {"message": "overloaded", "type": "server_error"}}
    seen = streamed(delta(content="Hel"), frame(fault))
    assert isinstance(seen.error, ProviderError) and seen.error.partial.text == "Hel"


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([{"index": 0, "id": "a"}, {"index": 0, "id": ""}], 1),
        ([{"id": "a"}, {"id": "b"}], 2),
        ([{"id": "a"}, {}], 1),
        ([{"index": "0", "id": "a"}, {"index": "0"}], 1),
        ([{"index": -1, "id": "a"}, {"index": 10**30, "id": "b"}], 2),
        ([{"index": [1], "id": "a"}, {"index": {"a": 1}, "id": "b"}], 2),
    ],
    ids=["repeated", "no_index", "no_id", "text", "far", "odd"],
)
def test_40_fragments_of_tool_calls(
    streamed: Callable[..., Any], pieces: list[dict[str, Any]], expected: int
) -> None:
    """Repeated, missing and odd indexes and ids make no call too many and lose none."""
    first = {**pieces[0], "function": {"name": "f", "arguments": '{"a"'}}
    second = {**pieces[1], "function": {"arguments": ": 1}"}}
    if expected == 2:
        second["function"]["name"] = "g"
    seen = streamed(delta(tool_calls=[first]), delta(tool_calls=[second]), END)
    assert len(seen.result.tool_calls) == expected


def test_40_arguments_cut_short(streamed: Callable[..., Any]) -> None:
    """Arguments that are no JSON are kept as text."""
    call = {"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a": '}}
    (made,) = streamed(delta(tool_calls=[call]), END).result.tool_calls
    assert (made.arguments, made.raw_arguments) == (None, '{"a": ')


def test_40_hundred_thousand_tool_calls(streamed: Callable[..., Any]) -> None:
    """Each would cost memory, so they are counted."""
    calls = [{"index": i, "id": f"c{i}", "function": {"name": "f"}} for i in range(100_000)]
    pieces = [delta(tool_calls=calls[at : at + 5000]) for at in range(0, 100_000, 5000)]
    assert isinstance(streamed(*pieces).error, LimitExceeded)


@pytest.mark.parametrize("prelude", [b"\xff\xff\xff\xff" * 4, b"\x00\x00\x00\x10" * 4])
def test_40_event_stream_with_a_bad_frame(door: Any, loopback: Any, prelude: bytes) -> None:
    """A length of four gigabytes, or a checksum that is none, ends the call."""
    pytest.importorskip("botocore")
    loopback.answer(loopback.reply(prelude, content_type="application/vnd.amazon.eventstream"))
    given = {"access_key": "AKIAEXAMPLE", "secret_key": KEY, "region": "us-east-1"}
    seen = door.model("bedrock/m", loopback.url, credentials=given).stream()
    assert isinstance(seen.error, ReplyError | LimitExceeded)


@pytest.mark.parametrize("echo", [KEY, json.dumps(KEY), "Basic c2stdGVzdC0wMTIzNDU2Nzg5YWJjZGVm"])
def test_40_error_that_echoes_the_key(
    answered: Callable[..., InvokeError], loopback: Any, echo: str
) -> None:
    """The key is in no message, body or traceback; `test_canary.py` goes through every form."""
    body = json.dumps({"error": {"message": f"Wrong key {echo}"}}).encode()
    error = answered(loopback.reply(body, 401, x_request_id=echo))
    shown = "".join(traceback.format_exception(error)) + repr(vars(error)) + repr(error.args)
    assert KEY not in shown and "c2stdGVzdC0wMTIzNDU2" not in shown


# ---- of our own


def test_94_two_lengths(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """A reply whose length is told in two ways could be read in two ways."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 20\r\n\r\n{}"
    assert isinstance(answered(head), ConnectionFailed)


@pytest.mark.parametrize("length", [b"-1", b"+2", b"0x2", b"1e3", b"2 2", b"\xb2", b"9" * 40])
def test_95_length_that_is_no_number(
    answered: Callable[..., InvokeError], loopback: Any, length: bytes
) -> None:
    """Nothing is guessed."""
    head = b"HTTP/1.1 200 OK\r\ncontent-length: " + length + b"\r\n\r\n{}"
    assert isinstance(answered(head, loopback.CLOSE), ConnectionFailed | LimitExceeded)


def test_96_length_and_chunks(ask: Ask, loopback: Any) -> None:
    """Chunks win, as RFC 9112 says, and the connection is not used again."""
    body = whole({"content": "Hi"})
    head = b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n"
    loopback.answer(head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
    loopback.answer(loopback.reply(body, **JSON))
    assert ask("openai").invoke().text == "Hi" and ask("openai").invoke().text == "Hi"
    assert loopback.connections == 2


@pytest.mark.parametrize("size", [b"zz", b"-1", b"0x5", b"", b"1" * 20, b"5 5"])
def test_97_chunk_without_a_size(
    answered: Callable[..., InvokeError], loopback: Any, size: bytes
) -> None:
    """A chunk says how long it is."""
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    error = answered(head + size + b"\r\nhello\r\n0\r\n\r\n", loopback.CLOSE)
    assert isinstance(error, ConnectionFailed)


@pytest.mark.parametrize("coding", ["gzip", "chunked, gzip", "identity", "x-chunked"])
def test_98_transfer_coding_that_is_not_chunked(
    answered: Callable[..., InvokeError], loopback: Any, coding: str
) -> None:
    """Other codings were not asked for."""
    head = loopback.head(200, transfer_encoding=coding)
    assert isinstance(answered(head, loopback.CLOSE), ConnectionFailed)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "aws-chunked"])
def test_99_content_coding_that_was_not_asked_for(
    answered: Callable[..., InvokeError], loopback: Any, coding: str
) -> None:
    """A body that cannot be read is told by its coding."""
    error = answered(loopback.reply(whole({"content": "Hi"}), content_encoding=coding))
    assert isinstance(error, ReplyError) and repr(coding) in str(error)


@pytest.mark.parametrize("cut", [5, 15, -1])
def test_100_compressed_body_cut_off(
    answered: Callable[..., InvokeError], loopback: Any, cut: int
) -> None:
    """Half of a compressed body is no body."""
    packed = gzip.compress(whole({"content": "Hi"}))[:cut]
    assert isinstance(answered(loopback.reply(packed, content_encoding="gzip")), ReplyError)


def test_101_body_that_is_not_compressed(
    answered: Callable[..., InvokeError], loopback: Any
) -> None:
    """A head that says gzip over plain JSON is a fault of the service."""
    body = whole({"content": "Hi"})
    assert isinstance(answered(loopback.reply(body, content_encoding="gzip")), ReplyError)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nx-a b: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n x: c\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nx: a\0b\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"ICY 200 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x16\r\n\r\n",
    ],
)
def test_102_head_that_is_not_http(
    answered: Callable[..., InvokeError], loopback: Any, head: bytes
) -> None:
    """A head is what RFC 9112 says, or the connection fails."""
    assert isinstance(answered(head, loopback.CLOSE), ConnectionFailed)


def test_103_switch_of_protocols(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """Nobody asked for another protocol."""
    assert isinstance(answered(loopback.head(101), loopback.CLOSE), ConnectionFailed)


def test_104_bytes_behind_a_reply(ask: Ask, loopback: Any) -> None:
    """A second reply that nobody asked for answers no later request."""
    body = whole({"content": "Hi"})
    stray = loopback.reply(whole({"content": "stray"}), **JSON)
    loopback.answer(loopback.reply(body, **JSON) + stray)
    loopback.answer(loopback.reply(body, **JSON))
    assert [ask("openai").invoke().text for _ in range(2)] == ["Hi", "Hi"]


@pytest.mark.parametrize("body", [b"[" * 1_000_000, b'{"a":' * 100_000 + b"1" + b"}" * 100_000])
def test_105_reply_of_any_depth(
    answered: Callable[..., InvokeError], loopback: Any, body: bytes
) -> None:
    """Depth runs out of no stack."""
    assert isinstance(answered(loopback.reply(body, **JSON)), ReplyError)


@pytest.mark.parametrize("number", ["9" * 5000, "1e999", "-1e999", "NaN", "Infinity"])
def test_106_number_that_is_none(ask: Ask, loopback: Any, number: str) -> None:
    """A count of such a size is not told, and costs no answer; nor does a bare crash come of it."""
    body = whole({"content": "Hi"}, usage={"prompt_tokens": "N"}).replace(b'"N"', number.encode())
    loopback.answer(loopback.reply(body, **JSON))
    try:
        assert ask("openai").invoke().usage.input_tokens is None
    except ReplyError:
        assert number == "9" * 5000


@pytest.mark.parametrize("usage", [[1], "none", 7, {"prompt_tokens": -5}, {"prompt_tokens": [1]}])
def test_107_usage_of_another_shape(ask: Ask, loopback: Any, usage: object) -> None:
    """Counts that are none are not told."""
    loopback.answer(loopback.reply(whole({"content": "Hi"}, usage=usage), **JSON))
    result = ask("openai").invoke()
    assert (result.text, result.usage.input_tokens) == ("Hi", None)


@pytest.mark.parametrize("content", [{"a": 1}, [1, 2], [[[]]], 5, True])
def test_108_content_of_another_type(ask: Ask, loopback: Any, content: object) -> None:
    """It is read as text or the call fails; there is no bare exception."""
    loopback.answer(loopback.reply(whole({"content": content}), **JSON))
    try:
        assert isinstance(ask("openai").invoke().text, str)
    except ReplyError as error:
        assert "openai/some-model llm" in str(error)


def test_109_text_with_halves_of_characters(ask: Ask, loopback: Any) -> None:
    """A lone surrogate in a reply can be printed and sent on."""
    loopback.answer(loopback.reply(b'{"choices":[{"message":{"content":"a\\ud800b"}}]}', **JSON))
    ask("openai").invoke().text.encode("utf-8")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c"], ids=ascii)
def test_110_line_that_is_none(streamed: Callable[..., Any], mark: str) -> None:
    """Only CR and LF end a line of a stream."""
    text = json.dumps({"choices": [{"delta": {"content": f"a{mark}b"}}]}, ensure_ascii=False)
    if mark < " ":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    assert streamed(b"data: " + text.encode() + b"\n\n", END).text == f"a{mark}b"


@pytest.mark.parametrize("junk", [b"data: {bad\n\n", b"data: \xff\n\n", b"data: [1\n\n"])
def test_111_frame_that_is_no_json(streamed: Callable[..., Any], junk: bytes) -> None:
    """The text before is handed on, and the frame named."""
    seen = streamed(delta(content="Hel") + junk)
    assert isinstance(seen.error, ReplyError) and seen.text == seen.error.partial.text == "Hel"


@pytest.mark.parametrize("value", [[], 5, "x", None, {"choices": 5}, {"choices": [[1]]}])
def test_112_frame_of_another_shape(streamed: Callable[..., Any], value: object) -> None:
    """A frame that means nothing is passed over, or ends the call in words."""
    seen = streamed(delta(content="Hi"), frame(value), END)
    assert seen.text == "Hi"
    assert seen.error is None or isinstance(seen.error, ReplyError)


def test_113_events_behind_the_end(streamed: Callable[..., Any]) -> None:
    """The end mark is the end."""
    seen = streamed(delta(content="Hi"), END, delta(content=" there"), frame({"error": "late"}))
    assert seen.error is None and seen.result.text == "Hi"


def test_114_stream_that_is_a_page(streamed: Callable[..., Any]) -> None:
    """HTML in place of events is told as what it is."""
    error = streamed(b"<!doctype html><title>Sign in</title>").error
    assert isinstance(error, ReplyError) and "<!doctype html>" in str(error)


def test_115_stream_of_nothing(streamed: Callable[..., Any]) -> None:
    """Nor is an empty body an empty answer."""
    assert isinstance(streamed().error, ReplyError)


def test_116_id_with_a_nul(streamed: Callable[..., Any]) -> None:
    """The standard's odd corners are kept."""
    assert streamed(b"id: a\0b\nretry: x\n", delta(content="Hi"), END).text == "Hi"


@pytest.mark.parametrize("delay", ["soon", "-5", "9" * 400, "Mon, 99 Foo 2099", "NaN", ""])
def test_117_delay_that_is_none(
    answered: Callable[..., InvokeError], loopback: Any, delay: str
) -> None:
    """A wait that cannot be read is not told."""
    error = answered(loopback.reply(b"{}", 429, retry_after=delay))
    assert isinstance(error, RateLimitError) and (error.retry_after or 0) >= 0
    assert error.retry_after is None or error.retry_after == float(delay)


def test_118_delay_of_a_year(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any
) -> None:
    """A service that asks for a year is not waited for: the caller gets the error at once."""
    loopback.answer(loopback.reply(b"{}", 429, retry_after="31536000"))
    door = make_door(specs=[write_spec()], retries=5, base_urls={"acme": loopback.url})
    with pytest.raises(RateLimitError) as caught:
        door.model("acme/m").invoke()
    assert caught.value.retry_after == 31_536_000 and len(loopback.requests) == 1


def test_119_delay_beyond_the_total(
    make_door: Callable[..., Any], write_spec: Callable[..., Path], loopback: Any
) -> None:
    """A wait that would pass the deadline is not begun."""
    loopback.answer(loopback.reply(b"{}", 429, retry_after="30"))
    door = make_door(specs=[write_spec()], retries=5, base_urls={"acme": loopback.url})
    with pytest.raises(TimedOut) as caught:
        door.model("acme/m").invoke(timeout=2)
    assert isinstance(caught.value.__cause__, RateLimitError) and len(loopback.requests) == 1


def test_120_error_of_a_megabyte(answered: Callable[..., InvokeError], loopback: Any) -> None:
    """A message of a service is cut where nobody would read on."""
    body = json.dumps({"error": {"message": "x" * 2**20}}).encode()
    assert isinstance(answered(loopback.reply(body, 500)), ProviderError)


def test_121_error_that_drives_a_terminal(
    answered: Callable[..., InvokeError], loopback: Any
) -> None:
    """What a service says can be shown."""
    body = json.dumps({"error": {"message": "\x1b[2J\x1b]0;owned\x07 no"}}).encode()
    told = str(answered(loopback.reply(body, 400)))
    assert "\x1b" not in told and "\x07" not in told and "no" in told


@pytest.mark.parametrize("body", [b"", b"\xff", b"<html>", b"[]", b"null", b'{"error": null}'])
@pytest.mark.parametrize("status", [400, 401, 404, 413, 429, 500, 503, 599])
def test_122_error_without_words(
    answered: Callable[..., InvokeError], loopback: Any, status: int, body: bytes
) -> None:
    """A status alone is enough to know the kind of an error."""
    error = answered(loopback.reply(body, status))
    assert isinstance(error, ProviderError) and error.status == status


@pytest.mark.parametrize("location", ["", "//evil.example", "javascript:1", "\x7f", "http://[::1"])
def test_123_redirect_to_nowhere(
    answered: Callable[..., InvokeError], loopback: Any, location: str
) -> None:
    """A redirect that cannot be read is an error like any other."""
    error = answered(loopback.reply(b"", 302, location=location))
    assert isinstance(error, ProviderError) and len(loopback.requests) == 1


def test_124_cookies(ask: Ask, loopback: Any) -> None:
    """What a service sets is not sent back."""
    for _ in range(2):
        loopback.answer(loopback.reply(whole({"content": "Hi"}), set_cookie="a=b; Path=/"))
        ask("openai").invoke()
    assert "cookie" not in loopback.requests[1].headers


def test_125_vectors_of_another_number(door: Any, loopback: Any) -> None:
    """Two texts and one vector do not fit, nor do indexes that are none."""
    for rows in ([{"index": 0, "embedding": [1]}], [{"index": 5, "embedding": [1]}] * 2):
        loopback.answer(loopback.reply(json.dumps({"data": rows}).encode(), **JSON))
        with pytest.raises(ReplyError):
            door.call(
                lambda runtime: runtime.text_embedding("openai/m", base_url=loopback.url).invoke(
                    ["a", "b"]
                )
            )
