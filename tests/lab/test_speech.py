"""Speech there and back: espeak-ng speaks, Whisper understands. And the shapes of a mock."""

from __future__ import annotations

import difflib
import io
import json
import re
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from model_runtime import BadRequestError, UnsupportedOperation
from model_runtime.audio import wrap_wav

# Two threads of a model are slow beside whatever else keeps this machine busy.
pytestmark = [pytest.mark.xdist_group("speech"), pytest.mark.timeout(180)]

# The server refuses a text of more than 120 characters, and knows two voices.
SPEAKER: Final = {
    "spec_version": 1,
    "provider": "speaker",
    "extends": "openai_compatible",
    "label": "espeak-ng",
    "operations": {"tts": {"batch": {"of": "text", "max_chars": 120, "join": "audio"}}},
}
LISTENER: Final = {
    "spec_version": 1,
    "provider": "listener",
    "extends": "openai_compatible",
    "label": "Whisper",
    "errors": {"message": "not_null(detail.error, detail)"},
}
SPEAK: Final = "speaker/espeak-ng"
LISTEN: Final = "listener/whisper-1"
RATE: Final = 22_050
# Such as the smallest Whisper hears without a fault, so that a fault is ours.
SENTENCES: Final = {
    "children": "The children are playing football in the garden behind the house.",
    "shop": "I went to the market this morning and bought some bread and milk.",
    "window": "She opened the window because the room was very warm.",
}
LONG: Final = " ".join(SENTENCES.values())
EACH_SENTENCE: Final = pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES)


def spec_files(folder: Path, urls: dict[str, str]) -> list[Path]:
    """Write the specs of both servers."""
    files = []
    for spec in (SPEAKER, LISTENER):
        file = folder / f"{spec['provider']}.yaml"
        whole = {**spec, "base_url": f"{urls[spec['provider']]}/v1"}
        file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
        files.append(file)
    return files


@pytest.fixture
def caller(espeak: str, whisper: str, tmp_path: Path, make_caller: Callable[..., Any]) -> Any:
    """A runtime that knows a server that speaks and one that listens."""
    files = spec_files(tmp_path, {"speaker": espeak, "listener": whisper})
    return make_caller(specs=files, credentials={"speaker": {}, "listener": {}})


@pytest.fixture
def speaker(espeak: str, tmp_path: Path, make_caller: Callable[..., Any]) -> Any:
    """A runtime that knows the server that speaks."""
    files = spec_files(tmp_path, {"speaker": espeak, "listener": espeak})
    return make_caller(specs=files, credentials={"speaker": {}})


def words(text: str) -> list[str]:
    """The words of a text, in lower case and without punctuation."""
    return re.findall(r"[a-z']+", text.lower())


def kept(said: str, heard: str) -> float:
    """The part of the words said that was heard, in their order."""
    blocks = difflib.SequenceMatcher(None, words(said), words(heard)).get_matching_blocks()
    return sum(block.size for block in blocks) / len(words(said))


def seconds(audio: bytes) -> float:
    """How long a WAV file lasts; a length that a stream could not know is what there is."""
    with wave.open(io.BytesIO(audio)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
    return (len(audio) - 44) / 2 / RATE


def say(caller: Any, text: str, **options: Any) -> Any:
    """Speak a text in one call."""
    return caller.call("tts", SPEAK, text, voice="en-us", format="wav", **options)


def listen(caller: Any, audio: object, **options: Any) -> Any:
    """Let Whisper hear speech."""
    return caller.call("speech2text", LISTEN, audio, language="en", **options)


@EACH_SENTENCE
def test_four_fifths_of_spoken_words_come_back(caller: Any, sentence: str) -> None:
    """A sentence goes from text to speech and back to text and is the same sentence."""
    spoken = say(caller, sentence)
    assert spoken.media_type == "audio/wav"
    assert kept(sentence, listen(caller, spoken.audio).text) >= 0.8


@pytest.mark.parametrize("form", ["bytes", "file", "path"])
def test_speech_is_taken_in_each_form(caller: Any, tmp_path: Path, form: str) -> None:
    """Bytes, an open file and a path are the same speech."""
    path = tmp_path / "speech.wav"
    path.write_bytes(say(caller, SENTENCES["window"]).audio)
    with path.open("rb") as file:
        forms = {"bytes": path.read_bytes(), "file": file, "path": path}
        assert kept(SENTENCES["window"], listen(caller, forms[form]).text) >= 0.8


def test_verbose_transcript_has_duration_and_segments(caller: Any) -> None:
    """What Whisper tells about the time is in the result, in seconds."""
    spoken = say(caller, SENTENCES["window"])
    heard = listen(caller, spoken.audio, parameters={"response_format": "verbose_json"})
    assert heard.language == "en"
    assert heard.duration == pytest.approx(seconds(spoken.audio), abs=0.1)
    assert heard.segments[0]["start"] < heard.segments[-1]["end"] <= heard.duration + 0.1
    assert "".join(segment["text"] for segment in heard.segments).split() == heard.text.split()


@EACH_SENTENCE
def test_streamed_speech_is_understood(caller: Any, sentence: str) -> None:
    """Speech that arrives in pieces is the same as that of one call, and is understood."""
    pieces, result = caller.speak(SPEAK, sentence, voice="en-us", format="wav")
    assert len(pieces) > 1
    assert b"".join(pieces) == result.audio == say(caller, sentence).audio
    assert kept(sentence, listen(caller, result.audio).text) >= 0.8


def test_long_text_is_split_and_joined_as_one_wav(caller: Any) -> None:
    """A text over the server's limit is spoken in pieces; all of it is heard in one file."""
    assert len(LONG) > 120
    spoken = say(caller, LONG)
    parts = [say(caller, sentence).audio for sentence in re.findall(r"[^.]+\.", LONG)]
    assert seconds(spoken.audio) == pytest.approx(sum(map(seconds, parts)), abs=0.5)
    with wave.open(io.BytesIO(spoken.audio)) as file:
        assert file.getnframes() / RATE == seconds(spoken.audio)
    assert kept(LONG, listen(caller, spoken.audio).text) >= 0.8


def test_long_text_is_streamed_piece_after_piece(caller: Any) -> None:
    """Bare samples of several streams follow each other; with a header they are one speech."""
    pieces, result = caller.speak(SPEAK, LONG, voice="en-us", format="pcm")
    assert result.media_type == "audio/pcm"
    assert b"".join(pieces) == result.audio
    heard = listen(caller, wrap_wav(result.audio, sample_rate=RATE))
    assert kept(LONG, heard.text) >= 0.8


def test_long_text_as_streamed_wav_is_refused(speaker: Any) -> None:
    """Two WAV files one after the other are none: the caller is told before the first piece."""
    with pytest.raises(UnsupportedOperation, match="mp3 or pcm"):
        speaker.speak(SPEAK, LONG, voice="en-us", format="wav")


def test_speed_is_heard(speaker: Any) -> None:
    """A parameter reaches the voice: twice the speed takes clearly less time."""
    plain = seconds(say(speaker, SENTENCES["shop"]).audio)
    fast = seconds(say(speaker, SENTENCES["shop"], parameters={"speed": 2}).audio)
    assert fast < plain * 0.7


@pytest.mark.parametrize(
    ("voice", "format", "words_of_error"),
    [("en-xx", "wav", "unknown voice 'en-xx'"), ("en-us", "mp3", "unknown response_format 'mp3'")],
    ids=["voice", "format"],
)
@pytest.mark.parametrize("way", ["call", "speak"])
def test_refusal_to_speak_is_a_typed_error(
    speaker: Any, way: str, voice: str, format: str, words_of_error: str
) -> None:
    """What the server refuses is raised with its words, never handed on as audio."""
    arguments = ("tts", SPEAK, "Hello") if way == "call" else (SPEAK, "Hello")
    with pytest.raises(BadRequestError, match=words_of_error) as caught:
        getattr(speaker, way)(*arguments, voice=voice, format=format)
    assert (caught.value.status, caught.value.provider) == (400, "speaker")


def test_refusal_to_listen_is_a_typed_error(caller: Any) -> None:
    """A format of transcript that this server lacks is an error with its nested words."""
    audio = say(caller, "Hello").audio
    with pytest.raises(BadRequestError) as caught:
        listen(caller, audio, parameters={"response_format": "srt"})
    assert caught.value.status == 400
    assert "response_format" in caught.value.message
