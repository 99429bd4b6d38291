"""Text to speech: audio in every form, long texts, streams, and downloads."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.audio import wrap_wav
from model_runtime.errors import (
    HostRefused,
    LimitExceeded,
    ProviderError,
    ReplyError,
    StreamInterrupted,
    TimedOut,
    UnsupportedOperation,
)

Open = Callable[..., Any]

REQUEST = """
  request:
    path: /speak
    body: {text: "{{ text }}", voice: "{{ voice }}", format: "{{ format }}"}
"""
PIECES = "  batch: {of: text, max_chars: 12, split: sentence, join: audio}\n"
STREAM = "  stream: {framing: bytes}\n"
BODY = "  response: {expect: {content_type: [audio/*]}}\n"
TEXT = "One here. Two there. Three."
TEXTS = ["One here. ", "Two there. ", "Three."]


def spec(*blocks: str) -> str:
    return "tts:" + REQUEST + "".join(blocks)


def one(audio: str) -> str:
    """A spec whose reply holds the audio in JSON."""
    return spec(f"  response: {{audio: {{{audio}}}}}\n")


def test_body_is_the_audio(open_service: Open) -> None:
    """With the media type of the reply; what is not set is not sent."""
    service = open_service(spec(BODY))
    service.answer(b"ID3", content_type="audio/mpeg; x=1")
    result = service.invoke("tts", "Hello.", voice="alloy")
    assert (result.audio, result.media_type) == (b"ID3", "audio/mpeg")
    assert service.body() == {"text": "Hello.", "voice": "alloy"}


def test_voice_of_the_model_is_used_when_none_is_given(open_service: Open) -> None:
    """`default_voice` of the schema."""
    models = "models: [{model: m, model_type: tts, model_properties: {default_voice: nova}}]"
    service = open_service(spec(BODY), more=models)
    service.answer(b"ID3", content_type="audio/mpeg")
    service.invoke("tts", "Hello.")
    assert service.body()["voice"] == "nova"


@pytest.mark.parametrize(
    ("audio", "reply"),
    [
        ("path: audio, media_type: type", {"audio": base64.b64encode(b"ID3").decode()}),
        ("path: audio, decode: hex, media_type: type", {"audio": b"ID3".hex()}),
    ],
    ids=["base64", "hex"],
)
def test_audio_in_json_is_decoded(open_service: Open, audio: str, reply: dict[str, str]) -> None:
    """As the spec says."""
    service = open_service(one(audio))
    service.answer({**reply, "type": "audio/mpeg"})
    result = service.invoke("tts", "Hello.")
    assert (result.audio, result.media_type) == (b"ID3", "audio/mpeg")


@pytest.mark.parametrize(
    ("audio", "found", "said"),
    [
        ("path: audio", "ab", "not the base64"),
        ("path: audio, decode: hex", "xy", "not the hexadecimal"),
        ("path: audio", "", "holds no audio"),
        ("path: audio", None, "holds no audio"),
    ],
    ids=["base64", "hex", "empty", "none"],
)
def test_audio_that_cannot_be_read_is_refused(
    open_service: Open, audio: str, found: object, said: str
) -> None:
    """Silence would be worse than an error."""
    service = open_service(one(audio))
    service.answer({"audio": found})
    with pytest.raises(ReplyError, match=said):
        service.invoke("tts", "Hello.")


@pytest.mark.parametrize(
    ("settings", "media_type", "rate"),
    [
        ("wrap: wav, sample_rate: 16000", "audio/pcm", 16_000),
        ("wrap: wav", "audio/pcm", 24_000),
        ("wrap: wav, media_type: type", "audio/L16;codec=pcm;rate=44100", 44_100),
    ],
    ids=["spec", "default", "media type"],
)
def test_bare_pcm_gets_a_wav_header(
    open_service: Open, settings: str, media_type: str, rate: int
) -> None:
    """So that any player can play it."""
    service = open_service(one(f"path: audio, {settings}"))
    service.answer({"audio": base64.b64encode(b"\1\0\2\0").decode(), "type": media_type})
    result = service.invoke("tts", "Hello.")
    assert result.media_type == "audio/wav"
    assert result.audio == wrap_wav(b"\1\0\2\0", sample_rate=rate)


def test_audio_with_a_wav_header_gets_no_second_one(open_service: Open) -> None:
    """Some services send bare samples in streams and files otherwise."""
    wav = wrap_wav(b"ab")
    service = open_service(one("path: audio, wrap: wav"))
    service.answer({"audio": base64.b64encode(wav).decode()})
    assert service.invoke("tts", "Hello.").audio == wav


def test_json_in_place_of_audio_is_an_error(open_service: Open) -> None:
    """A service that fails inside status 200 says why."""
    service = open_service(spec(BODY))
    service.answer({"error": {"message": "no such voice"}})
    with pytest.raises(ProviderError, match="no such voice"):
        service.invoke("tts", "Hello.")
    service.answer(b"<html>", content_type="text/html")
    with pytest.raises(ReplyError, match="text/html; expected audio"):
        service.invoke("tts", "Hello.")


# ---- downloads


def test_audio_at_an_address_is_fetched_without_credentials(open_service: Open) -> None:
    """Even from the service's own host."""
    service = open_service(one("url: audio.url, media_type: \"'audio/wav'\""))
    service.answer({"audio": {"url": f"{service.url}/files/1?signature=x"}})
    service.answer(b"RIFF", content_type="binary/octet-stream")
    result = service.invoke("tts", "Hello.")
    assert (result.audio, result.media_type) == (b"RIFF", "audio/wav")
    assert service.targets == ["POST /speak", "GET /files/1?signature=x"]
    first, second = service.loopback.requests
    assert "authorization" in first.headers
    assert "authorization" not in second.headers


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/x", "https://evil.example/x", "http://127.0.0.1:1/x", "x:"]
)
def test_download_from_another_host_is_refused(open_service: Open, url: str) -> None:
    """Unless the spec names it."""
    service = open_service(one("url: url, allow_hosts: [cdn.example.com]"))
    service.answer({"url": url})
    with pytest.raises(HostRefused):
        service.invoke("tts", "Hello.")
    assert service.targets == ["POST /speak"]


def test_download_does_not_follow_a_redirect(open_service: Open) -> None:
    """The next address was not checked."""
    service = open_service(one("url: url"))
    service.answer({"url": f"{service.url}/files/1"})
    service.answer(b"", status=302, location="http://169.254.169.254/x")
    with pytest.raises(ProviderError, match="169.254.169.254"):
        service.invoke("tts", "Hello.")
    assert len(service.targets) == 2


# ---- long texts


@pytest.mark.parametrize("media_type", ["audio/mpeg", "audio/pcm"])
def test_long_text_is_spoken_in_sentences_and_joined(open_service: Open, media_type: str) -> None:
    """One after the other, in order."""
    service = open_service(spec(BODY, PIECES))
    for piece in [b"1", b"2", b"3"]:
        service.answer(piece, content_type=media_type)
    result = service.invoke("tts", TEXT)
    assert (result.audio, result.media_type) == (b"123", media_type)
    assert service.bodies("text") == TEXTS


def test_pieces_of_wav_are_joined_under_one_header(open_service: Open) -> None:
    """Not one file after the other, of which players play the first alone."""
    service = open_service(spec(BODY, PIECES))
    for sample in [b"\1\0", b"\2\0", b"\3\0"]:
        service.answer(wrap_wav(sample, sample_rate=16_000), content_type="audio/wav")
    result = service.invoke("tts", TEXT)
    assert result.audio == wrap_wav(b"\1\0\2\0\3\0", sample_rate=16_000)


def test_word_limit_of_the_model_cuts_a_text_too(open_service: Open) -> None:
    """The schema's name for characters per request."""
    models = "models: [{model: m, model_type: tts, model_properties: {word_limit: 6}}]"
    service = open_service(spec(BODY, PIECES), more=models)
    for _ in range(2):
        service.answer(b"1", content_type="audio/mpeg")
    service.invoke("tts", "Abcde fghij")
    assert service.bodies("text") == ["Abcde ", "fghij"]


@pytest.mark.parametrize("format", ["opus", "FLAC", "ogg-24khz-16bit-mono-opus", "webm_opus"])
@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_format_that_cannot_be_joined_is_refused_before_a_call(
    open_service: Open, format: str, stream: bool
) -> None:
    """A text of one piece is spoken in it all the same."""
    service = open_service(spec(BODY, PIECES, STREAM))
    with pytest.raises(UnsupportedOperation, match="Ask for mp3, pcm or wav"):
        if stream:
            service.stream(TEXT, format=format)
        else:
            service.invoke("tts", TEXT, format=format)
    assert service.targets == []
    service.answer(b"OggS", content_type="audio/ogg")
    assert service.invoke("tts", "Short.", format=format).audio == b"OggS"


def test_pieces_that_turn_out_unjoinable_are_an_error(open_service: Open) -> None:
    """Where the service chose the format."""
    service = open_service(spec(BODY, PIECES))
    for _ in range(3):
        service.answer(b"OggS", content_type="audio/ogg")
    with pytest.raises(UnsupportedOperation, match="'audio/ogg' cannot be joined"):
        service.invoke("tts", TEXT)


# ---- streams


def test_streamed_bytes_are_handed_on_as_they_come(open_service: Open, loopback: Any) -> None:
    """The result has them all."""
    service = open_service(spec(BODY, STREAM))
    loopback.answer(*loopback.chunked(b"ab", b"cd", content_type="audio/mpeg"))
    pieces, result = service.stream("Hello.")
    assert b"".join(pieces) == result.audio == b"abcd"
    assert result.media_type == "audio/mpeg"


FRAMES = (
    spec()
    + """
  response: {audio: {path: data.audio, decode: hex, media_type: "'audio/mpeg'"}}
  stream:
    framing: sse
    done: "[DONE]"
    audio: {path: data.audio, decode: hex, skip_when: "data.status == `2`"}
"""
)


def frames(*rows: object, end: bool = True) -> bytes:
    lines = [f"data: {json.dumps(row)}\n\n" for row in rows]
    return "".join([*lines, "data: [DONE]\n\n" if end else ""]).encode()


def audio(data: bytes, status: int = 1) -> dict[str, Any]:
    return {"data": {"audio": data.hex(), "status": status}}


def test_audio_in_frames_is_decoded(open_service: Open) -> None:
    """A frame that holds the whole once more is skipped."""
    service = open_service(FRAMES)
    service.answer(
        frames(audio(b"ab"), {"data": None}, audio(b"cd"), audio(b"abcd", 2)),
        content_type="text/event-stream",
    )
    pieces, result = service.stream("Hello.")
    assert pieces == [b"ab", b"cd"]
    assert (result.audio, result.media_type) == (b"abcd", "audio/mpeg")


@pytest.mark.parametrize(
    ("data", "options", "media_type"),
    [
        (b"ID3", {}, "audio/mpeg"),
        (wrap_wav(b"ab"), {}, "audio/wav"),
        (b"\0\1", {"format": "pcm"}, "audio/pcm"),
        (b"\0\1", {}, None),
    ],
    ids=["mp3", "wav", "pcm that was asked for", "unknown"],
)
def test_media_type_that_no_reply_tells_follows_from_the_audio(
    open_service: Open, data: bytes, options: dict[str, str], media_type: str | None
) -> None:
    """By its first bytes; bare samples have none, so the format that was asked for counts."""
    service = open_service(one("path: audio"))
    service.answer({"audio": base64.b64encode(data).decode()})
    result = service.invoke("tts", "Hello.", **options)
    assert (result.audio, result.media_type) == (data, media_type)


def test_media_type_of_frames_follows_from_the_first(open_service: Open) -> None:
    """Where neither the frames nor the spec tell it."""
    service = open_service(FRAMES.replace(""", media_type: "'audio/mpeg'\"""", ""))
    body = frames(audio(b"ID3"), audio(b"\0\1"))
    service.answer(body, content_type="text/event-stream")
    _, result = service.stream("Hello.")
    assert (result.audio, result.media_type) == (b"ID3\0\1", "audio/mpeg")


def test_plain_call_of_a_service_that_only_streams_is_gathered(open_service: Open) -> None:
    """`stream.only`: the request is that of a stream, and a stream cut off is an error."""
    only = FRAMES.replace(
        "    framing: sse\n", "    framing: sse\n    only: true\n    body: {s: 1}\n"
    )
    service = open_service(only)
    service.answer(frames(audio(b"ab"), audio(b"cd")), content_type="text/event-stream")
    result = service.invoke("tts", "Hello.")
    assert (result.audio, result.media_type) == (b"abcd", "audio/mpeg")
    assert result.usage.other["characters"] == len("Hello.")
    assert service.body()["s"] == 1
    service.answer(frames(audio(b"ab"), end=False), content_type="text/event-stream")
    with pytest.raises(StreamInterrupted):
        service.invoke("tts", "Hello.")


def test_stream_without_its_end_mark_keeps_what_came(open_service: Open) -> None:
    """In `partial`."""
    service = open_service(FRAMES)
    service.answer(frames(audio(b"ab"), end=False), content_type="text/event-stream")
    with pytest.raises(StreamInterrupted) as caught:
        service.stream("Hello.")
    partial: Any = caught.value.partial
    assert partial.audio == b"ab"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (frames({"error": {"message": "busy"}}), ProviderError),
        (frames(), ReplyError),
        (b"data: {\n\n", ReplyError),
    ],
    ids=["error frame", "no audio", "no json"],
)
def test_faulty_stream_is_an_error(open_service: Open, body: bytes, error: type[Exception]) -> None:
    """Never silence."""
    service = open_service(FRAMES)
    service.answer(body, content_type="text/event-stream")
    with pytest.raises(error):
        service.stream("Hello.")


def test_json_in_place_of_streamed_audio_is_an_error(open_service: Open) -> None:
    """It must not be handed to a player."""
    service = open_service(spec(BODY, STREAM))
    service.answer({"error": {"message": "no such voice"}})
    with pytest.raises(ProviderError, match="no such voice"):
        service.stream("Hello.")


def test_endless_speech_is_given_up(open_service: Open) -> None:
    """At the limit of the spec."""
    service = open_service(spec(BODY, "  stream: {framing: bytes, max_bytes: 1KiB}\n"))
    service.answer(bytes(5_000), content_type="audio/mpeg")
    with pytest.raises(LimitExceeded, match="longer than 1024 bytes"):
        service.stream("Hello.")


# ---- streams of long texts


def test_long_text_is_streamed_piece_after_piece(open_service: Open) -> None:
    """Each request is sent when the speech before it has ended."""
    service = open_service(spec(BODY, STREAM, PIECES))
    for piece in [b"11", b"22", b"33"]:
        service.answer(piece, content_type="audio/mpeg")
    pieces, result = service.stream(TEXT)
    assert b"".join(pieces) == result.audio == b"112233"
    assert service.bodies("text") == TEXTS


def test_pieces_in_frames_are_streamed_one_after_the_other(open_service: Open) -> None:
    """The end mark of one is not the end of all."""
    service = open_service(FRAMES + PIECES)
    for data in [b"1", b"2", b"3"]:
        service.answer(frames(audio(data)), content_type="text/event-stream")
    pieces, result = service.stream(TEXT)
    assert pieces == [b"1", b"2", b"3"]
    assert result.audio == b"123"


def test_second_piece_is_not_asked_for_before_the_first_is_read(open_service: Open) -> None:
    """A listener who leaves early pays for what was spoken alone."""
    service = open_service(spec(BODY, STREAM, PIECES))
    service.answer(b"11", content_type="audio/mpeg")
    handle = service.door.runtime.tts("acme/m")
    if service.mode == "sync":
        with handle.stream(TEXT) as stream:
            assert next(stream) == b"11"
    else:

        async def read(_runtime: Any) -> None:
            async with handle.stream(TEXT) as stream:
                assert await anext(stream) == b"11"

        service.call(read)
    assert service.bodies("text") == TEXTS[:1]


def test_failure_of_a_later_piece_ends_the_stream(open_service: Open) -> None:
    """With the error of the service."""
    service = open_service(spec(BODY, STREAM, PIECES))
    service.answer(b"11", content_type="audio/mpeg")
    service.answer({"error": {"message": "quota"}}, status=500)
    with pytest.raises(ProviderError, match="quota"):
        service.stream(TEXT)


def test_break_in_a_later_piece_keeps_what_was_spoken(open_service: Open, loopback: Any) -> None:
    """Of all pieces, in `partial`."""
    service = open_service(FRAMES + PIECES)
    service.answer(frames(audio(b"1")), content_type="text/event-stream")
    service.answer(frames(audio(b"2"), end=False), content_type="text/event-stream")
    with pytest.raises(StreamInterrupted) as caught:
        service.stream(TEXT)
    partial: Any = caught.value.partial
    assert partial.audio == b"12"


def test_pieces_that_cannot_follow_each_other_are_not_begun(open_service: Open) -> None:
    """A second WAV header inside a stream would be heard as noise."""
    service = open_service(spec(BODY, STREAM, PIECES))
    service.answer(wrap_wav(bytes(4)), content_type="audio/wav")
    with pytest.raises(UnsupportedOperation, match="cannot be streamed in several pieces"):
        service.stream(TEXT)
    assert len(service.targets) == 1


@pytest.mark.parametrize("stream", [False, True], ids=["invoke", "stream"])
def test_timeout_bounds_all_pieces_together(open_service: Open, stream: bool) -> None:
    """Each piece is tried again after 4 to 8 seconds; none takes 9, and all three take more."""
    retry = "retry: {times: 1, kinds: [server], backoff: {start: 8s, factor: 1, max: 8s}}"
    service = open_service(spec(BODY, STREAM, PIECES), more=retry, retries=1)
    service.use_virtual_time()
    for _ in TEXTS:
        service.answer({"error": {"message": "busy"}}, status=503)
        service.answer(b"ID3", content_type="audio/mpeg")
    began = service.time.now
    with pytest.raises(TimedOut, match="not finished within 9 s"):
        speak(service, stream, timeout=9)
    assert service.time.now - began <= 9


def speak(service: Any, stream: bool, **options: Any) -> Any:
    """Speak the long text, whole or as a stream."""
    return service.stream(TEXT, **options) if stream else service.invoke("tts", TEXT, **options)
