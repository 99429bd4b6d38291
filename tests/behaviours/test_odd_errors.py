"""How services really say no: each shape of error once, through both runtimes."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from wire import JSON, SSE, chunk, completion, packed, sse

from model_runtime.errors import (
    AuthorizationError,
    BadRequestError,
    ContentFilterError,
    LimitExceeded,
    NotFoundError,
    ProviderError,
    RateLimitError,
    ReplyError,
    ServerUnavailableError,
    StreamInterrupted,
)

Ask = Callable[..., Any]


def test_error_event_after_text_is_an_error_of_its_kind(ask: Ask, loopback: Any) -> None:
    """A stream of status 200 may end with an error event and no end mark; text stays delivered."""
    fault = {
        "error": {"message": "Tool does not match", "code": "tool_use_failed", "status_code": 400}
    }
    body = sse(chunk("Hel"), end=b"") + b"event: error\ndata: " + packed(fault) + b"\n\n"
    loopback.answer(loopback.reply(body, **SSE))
    seen = ask("groq").stream()
    assert seen.text == "Hel"
    assert isinstance(seen.error, BadRequestError) and "Tool does not match" in str(seen.error)
    assert seen.error.body == fault


def test_failed_event_inside_a_stream_is_an_error(ask: Ask, loopback: Any) -> None:
    """A response that failed says so in an event of a stream of status 200."""
    frames = [
        {"type": "response.created", "response": {"id": "r1"}},
        {
            "type": "response.failed",
            "response": {"error": {"code": "server_error", "message": "Oops"}},
        },
    ]
    loopback.answer(loopback.reply(sse(*frames, end=b""), **SSE))
    error = ask("openai_responses").stream().error
    assert isinstance(error, ProviderError) and error.message == "Oops"


FILTERED = {
    "error": {"code": "content_filter", "message": "The prompt was filtered", "status": 400}
}


@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_error_body_of_status_200_is_an_error(ask: Ask, loopback: Any, stream: bool) -> None:
    """Gateways answer 200 and put the error into the body, whatever was asked."""
    loopback.answer(loopback.reply(packed(FILTERED), **JSON))
    model = ask("azure_openai")
    if stream:
        assert isinstance(model.stream().error, ContentFilterError)
    else:
        with pytest.raises(ContentFilterError, match="The prompt was filtered"):
            model.invoke()


def test_json_error_labelled_event_stream_is_read(ask: Ask, loopback: Any) -> None:
    """An error before the first event is JSON, whatever its label says."""
    fault = {"error": {"code": 400, "message": "Unknown name", "status": "INVALID_ARGUMENT"}}
    loopback.answer(loopback.reply(packed(fault), 400, **SSE))
    error = ask("gemini").stream().error
    assert isinstance(error, BadRequestError) and error.message == "Unknown name"


@pytest.mark.parametrize(
    ("provider", "status", "body", "kind", "message"),
    [
        ("bedrock", 403, b'{"message":"No access"}', AuthorizationError, "No access"),
        ("cohere", 401, b'{"id":"x","message":"Wrong key"}', AuthorizationError, "Wrong key"),
        ("mistralai", 401, b'{"detail":"Bad key"}\n', AuthorizationError, "Bad key"),
        ("x", 400, b'{"code":"c","error":"Wrong argument"}', BadRequestError, "Wrong argument"),
        ("ollama", 404, b'{"error":"no such model"}', NotFoundError, "no such model"),
        ("huggingface_hub", 404, b"Not Found", NotFoundError, "Not Found"),
        ("openai", 429, b'[{"error":{"message":"Slow"}}]', RateLimitError, "Slow"),
        (
            "openai",
            502,
            b"<html><h1>Bad Gateway</h1></html>",
            ServerUnavailableError,
            "Bad Gateway",
        ),
        ("openai", 400, b'{"detail":[{"msg":"too short"}]}', BadRequestError, "too short"),
    ],
    ids=["message", "id", "detail", "string", "bare", "plain", "list", "html", "report"],
)
def test_every_shape_of_error_body_is_told(
    ask: Ask,
    loopback: Any,
    provider: str,
    status: int,
    body: bytes,
    kind: type[ProviderError],
    message: str,
) -> None:
    """The kind comes from the status and the message from wherever the service put it."""
    loopback.answer(loopback.reply(body, status))
    with pytest.raises(kind) as caught:
        ask(provider).invoke()
    assert message in caught.value.message and caught.value.status == status


def test_empty_error_body_still_tells_its_status(ask: Ask, loopback: Any) -> None:
    """A 500 without a word is a server error, and its message is not an empty quotation."""
    loopback.answer(loopback.reply(b"", 500))
    with pytest.raises(ServerUnavailableError) as caught:
        ask("openai").invoke()
    assert "HTTP 500" in str(caught.value) and '""' not in str(caught.value)


def test_status_201_and_202_are_success(ask: Ask, loopback: Any) -> None:
    """Any status from 200 to 299 with a body is an answer."""
    for status in (201, 202):
        loopback.answer(loopback.reply(packed(completion()), status, **JSON))
        assert ask("openai").invoke().text == "Hi"


# ---- binary event streams


def message(payload: object, **headers: str) -> bytes:
    """Write a message of the binary event stream with text headers."""
    fields = {":content-type": "application/json"}
    fields |= {":" + name.replace("_", "-"): value for name, value in headers.items()}
    head = b""
    for name, value in fields.items():
        kind_and_size = struct.pack(">BH", 7, len(value))
        head += bytes([len(name)]) + name.encode() + kind_and_size + value.encode()
    data = packed(payload)
    prelude = struct.pack(">II", 16 + len(head) + len(data), len(head))
    body = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + data
    return body + struct.pack(">I", zlib.crc32(body))


BINARY = {"content_type": "application/vnd.amazon.eventstream"}
PIECE = message(
    {"contentBlockIndex": 0, "delta": {"text": "Hi"}},
    message_type="event",
    event_type="contentBlockDelta",
)


def test_exception_frame_is_an_error_of_its_kind(ask: Ask, loopback: Any) -> None:
    """A binary stream tells its error in a frame of its own; text before it stays delivered."""
    pytest.importorskip("botocore")
    fault = message(
        {"message": "Too many requests"},
        message_type="exception",
        exception_type="throttlingException",
    )
    loopback.answer(*loopback.chunked(PIECE[:5], PIECE[5:] + fault[:20], fault[20:], **BINARY))
    seen = ask("bedrock").stream()
    assert seen.text == "Hi"
    assert isinstance(seen.error, RateLimitError) and "Too many requests" in str(seen.error)


@pytest.mark.parametrize(
    ("damage", "kind", "says"),
    [
        (PIECE[:-1] + b"\0", ReplyError, "damaged"),
        (struct.pack(">II", 2**32 - 1, 0) + b"\0" * 8, LimitExceeded, "4294967295"),
        (PIECE[:-9], StreamInterrupted, "ended before"),
    ],
    ids=["checksum", "four_gigabytes", "cut_short"],
)
def test_damaged_binary_frame_is_refused_at_once(
    ask: Ask, loopback: Any, damage: bytes, kind: type[Exception], says: str
) -> None:
    """A wrong checksum or an impossible length is told, and nothing waits for gigabytes."""
    pytest.importorskip("botocore")
    loopback.answer(*loopback.chunked(PIECE, damage, **BINARY))
    seen = ask("bedrock").stream()
    assert seen.text == "Hi"
    assert isinstance(seen.error, kind) and says in str(seen.error)
