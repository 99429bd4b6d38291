"""Speech to text: how files are sent, and how transcripts are read."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_runtime.audio import wrap_wav
from model_runtime.errors import InvalidParameter, ReplyError

Open = Callable[..., Any]
WAV = wrap_wav(bytes(64), sample_rate=16_000)

MULTIPART = """
speech2text:
  parameters: {prompt: prompt, granularities: "granularities[]"}
  request:
    path: /transcribe
    multipart:
      file:
        content: "{{ file.content }}"
        filename: "{{ file.filename }}"
        type: "{{ file.media_type }}"
      model: "{{ model }}"
      language: "{{ language }}"
      $merge: [wire_parameters, extra_body]
  response:
    text: text
    language: language
    duration: duration
    segments: {each: segments, text: text, start: start, end: end, speaker: speaker}
    words: {each: words, text: word, start: start, end: end}
    usage: {at: usage, input_tokens: input_tokens, other: {seconds: seconds}}
"""
RAW = """
speech2text:
  request:
    path: /listen
    query: {model: "{{ model }}", language: "{{ language }}"}
    raw: "{{ file.content }}"
    content_type: audio/wav
  response: {text: "results.channels[0].alternatives[0].transcript"}
"""
JSON = """
speech2text:
  request:
    path: /recognize
    body: {audio: "{{ file.content | base64 }}", type: "{{ file.media_type }}"}
  response: {text: "results[].alternatives[0].transcript | join(' ', @)", duration: total}
"""


def test_file_goes_as_a_part_of_a_form(open_service: Open) -> None:
    """With its own name and media type; what is not set is not sent, lists repeat their name."""
    service = open_service(MULTIPART)
    service.answer({"text": "hello"})
    parameters = {"prompt": "names", "granularities": ["word", "segment"]}
    assert service.invoke("speech2text", WAV, parameters=parameters).text == "hello"
    (request,) = service.loopback.requests
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    body = request.body
    assert b'name="file"; filename="audio.wav"\r\nContent-Type: audio/wav\r\n\r\n' + WAV in body
    assert b'name="model"\r\n\r\nm\r\n' in body
    assert b'name="prompt"\r\n\r\nnames\r\n' in body
    assert body.count(b'name="granularities[]"') == 2
    assert b'name="language"' not in body


def test_file_goes_as_the_body_itself(open_service: Open) -> None:
    """Settings stand in the query then."""
    service = open_service(RAW)
    channels = [{"alternatives": [{"transcript": "hi"}]}]
    service.answer({"results": {"channels": channels}})
    assert service.invoke("speech2text", WAV, language="de").text == "hi"
    (request,) = service.loopback.requests
    assert (request.target, request.body) == ("/listen?model=m&language=de", WAV)
    assert request.headers["content-type"] == "audio/wav"


def test_raw_body_may_be_text(open_service: Open) -> None:
    """For a service that takes the bytes of a file, or JSON with its address."""
    service = open_service(
        RAW.replace('"{{ file.content }}"', "\"{{ {'url': file.url} | json }}\"")
    )
    service.answer({"results": {"channels": [{"alternatives": [{"transcript": "hi"}]}]}})
    assert service.invoke("speech2text", "https://files.example.com/a.mp3").text == "hi"
    assert service.body() == {"url": "https://files.example.com/a.mp3"}


def test_file_goes_as_base64_in_json(open_service: Open) -> None:
    """Durations like `1.5s` are seconds."""
    service = open_service(JSON)
    parts = [{"alternatives": [{"transcript": "one"}]}, {"alternatives": [{"transcript": "two"}]}]
    service.answer({"results": parts, "total": "1.5s"})
    result = service.invoke("speech2text", WAV)
    assert (result.text, result.duration) == ("one two", 1.5)
    assert base64.b64decode(service.body()["audio"]) == WAV
    assert service.body()["type"] == "audio/wav"


def test_transcript_has_segments_words_and_usage(open_service: Open) -> None:
    """Fields that a row lacks are left out of it."""
    service = open_service(MULTIPART)
    service.answer(
        {
            "text": "hello you",
            "language": "en",
            "duration": 2,
            "segments": [{"text": "hello you", "start": 0.0, "end": 2.0, "speaker": None}],
            "words": [{"word": "hello", "start": 0.0, "end": 1.0}],
            "usage": {"input_tokens": 7, "seconds": 2},
        }
    )
    result = service.invoke("speech2text", WAV)
    assert (result.language, result.duration) == ("en", 2.0)
    assert result.segments == ({"text": "hello you", "start": 0.0, "end": 2.0},)
    assert result.words == ({"text": "hello", "start": 0.0, "end": 1.0},)
    assert (result.usage.input_tokens, result.usage.other["seconds"]) == (7, 2)


@pytest.mark.parametrize("kind", ["text/plain; charset=utf-8", "text/vtt", "application/x-subrip"])
def test_reply_of_plain_text_is_the_transcript(open_service: Open, kind: str) -> None:
    """`response_format: text` and subtitles are no JSON."""
    service = open_service(MULTIPART)
    service.answer("hällo\n".encode(), content_type=kind)
    assert service.invoke("speech2text", WAV).text == "hällo"


def test_empty_transcript_is_one(open_service: Open) -> None:
    """Silence says nothing; a reply without a text is a fault."""
    service = open_service(MULTIPART)
    service.answer({"text": ""})
    assert service.invoke("speech2text", WAV).text == ""
    service.answer({"status": "queued"})
    with pytest.raises(ReplyError, match="holds no text"):
        service.invoke("speech2text", WAV)


def as_bytes(_folder: Path) -> object:
    return WAV


def as_path(folder: Path) -> object:
    (folder / "speech.mp3").write_bytes(b"ID3\x04")
    return folder / "speech.mp3"


def as_file(_folder: Path) -> object:
    file = io.BytesIO(b"no known format")
    file.name = "/some/where/talk.flac"
    return file


@pytest.mark.parametrize(
    ("make", "filename", "media_type"),
    [
        (as_bytes, b"audio.wav", b"audio/wav"),
        (as_path, b"speech.mp3", b"audio/mpeg"),
        (as_file, b"talk.flac", b"audio/flac"),
    ],
    ids=["bytes", "path", "open file"],
)
def test_file_may_be_bytes_a_path_or_an_open_file(
    open_service: Open,
    tmp_path: Path,
    make: Callable[[Path], object],
    filename: bytes,
    media_type: bytes,
) -> None:
    """Its type follows from its first bytes, else from its name; folders stay here."""
    service = open_service(MULTIPART)
    service.answer({"text": "x"})
    service.invoke("speech2text", make(tmp_path))
    body = service.loopback.requests[0].body
    assert b'filename="' + filename + b'"\r\nContent-Type: ' + media_type + b"\r\n" in body


@pytest.mark.parametrize(
    ("file", "said"),
    [(b"", "is empty"), (io.StringIO("text"), "opened as text")],
    ids=["empty", "text"],
)
def test_file_that_is_no_audio_is_refused(open_service: Open, file: object, said: str) -> None:
    """Before anything is sent."""
    service = open_service(MULTIPART)
    with pytest.raises(InvalidParameter, match=said):
        service.invoke("speech2text", file)
    assert service.targets == []


@pytest.mark.parametrize("limit", ["1KiB", "1024"])
def test_file_over_the_limit_is_refused(open_service: Open, limit: str) -> None:
    """The message tells the limit and the size."""
    service = open_service(MULTIPART.rstrip() + f"\n  limits: {{file: {limit}}}\n")
    with pytest.raises(InvalidParameter, match="takes 1024 file at most; 2000 were given"):
        service.invoke("speech2text", bytes(2_000))


def test_language_that_the_spec_never_sends_is_refused(open_service: Open) -> None:
    """Nor an extra body where there is no JSON to lay it over."""
    service = open_service(JSON)
    with pytest.raises(InvalidParameter, match="takes no language"):
        service.invoke("speech2text", WAV, language="de")
    service = open_service(RAW)
    with pytest.raises(InvalidParameter, match="takes no extra_body"):
        service.invoke("speech2text", WAV, extra_body={"a": 1})
    assert service.targets == []


ADDRESSED = """
speech2text:
  request:
    path: /listen
    body:
      link: "{{ file.url }}"
      audio: "{{ file.content | base64 }}"
      name: "{{ file.filename }}"
      type: "{{ file.media_type }}"
  response: {text: text}
"""


@pytest.mark.parametrize(
    ("address", "name", "kind"),
    [
        ("https://files.example.com/a/talk.mp3?sig=1", "talk.mp3", "audio/mp3"),
        ("gs://bucket/talk", "talk", "audio/wav"),
        ("s3://bucket", "audio", "audio/wav"),
    ],
)
def test_file_may_be_given_by_its_address(
    open_service: Open, address: str, name: str, kind: str
) -> None:
    """The service reads it; nothing is downloaded here."""
    service = open_service(ADDRESSED)
    service.answer({"text": "hello"})
    assert service.invoke("speech2text", address).text == "hello"
    assert service.targets == ["POST /listen"]
    assert service.body() == {"link": address, "name": name, "type": kind}


def test_address_is_refused_where_the_file_itself_is_sent(open_service: Open) -> None:
    """Before anything is sent."""
    service = open_service(MULTIPART)
    with pytest.raises(InvalidParameter, match="takes no address of a file"):
        service.invoke("speech2text", "https://files.example.com/talk.mp3")
    assert service.targets == []


CHAT = """
llm:
  request:
    path: /chat
    body:
      parts:
        $each: messages
        $as: m
        $flatten: true
        $emit: {$each: m.parts, $as: p, $emit: {$use: part}}
      $merge: [wire_parameters, extra_body]
  response: {text: answer, usage: {at: usage, input_tokens: in}}
speech2text:
  call: llm
  given:
    messages:
      - role: user
        parts:
          - {type: text, text: "Write this down, in {{ language | default('full') }}."}
          - {type: audio, data: "{{ file.content }}", media_type: "{{ file.media_type }}"}
  response: {text: text}
"""
PARTS = """
fragments:
  part:
    $switch: p.type
    $case:
      text: {say: "{{ p.text }}"}
      audio: {hear: "{{ p | base64 }}", as: "{{ p | media_format }}"}
"""


def test_model_that_hears_writes_down_by_its_chat(open_service: Open) -> None:
    """`call: llm` sends the file as a part of a message; its usage is that of the transcript."""
    service = open_service(CHAT, more=PARTS)
    service.answer({"answer": "hello", "usage": {"in": 7}})
    result = service.invoke("speech2text", WAV, language="English")
    assert (result.text, result.usage.input_tokens) == ("hello", 7)
    assert service.targets == ["POST /chat"]
    assert service.body()["parts"] == [
        {"say": "Write this down, in English."},
        {"hear": base64.b64encode(WAV).decode(), "as": "wav"},
    ]


def test_chat_that_never_hears_of_a_language_takes_none(open_service: Open) -> None:
    """A setting that would be dropped in silence is refused."""
    service = open_service(CHAT.replace("{{ language | default('full') }}", "full"), more=PARTS)
    with pytest.raises(InvalidParameter, match="takes no language"):
        service.invoke("speech2text", WAV, language="de")
