"""Reads the reply of a text-to-speech model."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model_runtime.audio import join_audio, wrap_wav
from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.messages.media import sniff
from model_runtime.results.tts import TTSResult
from model_runtime.results.usage import Usage

from .errors_plan import ErrorsPlan
from .extractors import shape_of
from .task_plans import ReplyPlan, measured, sum_usage
from .values import HeaderReader, Reader, compile_header_value, place_in

_RATE = re.compile(r"rate=(\d{4,6})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioReference:
    """A URL at which the audio is to be fetched, without credentials."""

    url: str
    allow_hosts: tuple[str, ...]
    media_type: str | None
    usage: Usage


class AudioPlan:
    """The compiled `response:` of `tts`: the body itself, a path in JSON, or a URL to fetch."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._reply = ReplyPlan(spec, findings, errors)
        audio = spec.get("audio")
        audio = audio if isinstance(audio, Mapping) else {"body": "bytes"}
        self.is_body = "path" not in audio and "url" not in audio
        self._path = ReplyPlan.optional(audio, "path", findings)
        self._url = ReplyPlan.optional(audio, "url", findings)
        self.decode = DECODERS[str(audio.get("decode", "base64"))]
        self._allow_hosts = tuple(str(host) for host in audio.get("allow_hosts") or ())
        self.media_type: HeaderReader = compile_header_value(
            audio.get("media_type", "header:content-type" if self.is_body else "`null`"),
            findings,
            place_in(audio, "media_type") if "media_type" in audio else None,
        )
        self.wraps = audio.get("wrap") == "wav"
        self._rate = int(audio.get("sample_rate", 0))
        self._channels = int(audio.get("channels", 1))
        self._bits = int(audio.get("bits", 16))

    def read(
        self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> TTSResult | AudioReference:
        """Return the speech, or where it is to be fetched."""
        if self.is_body:
            self._reply.check_type(reply)
            usage = self._usage({}, reply, scope, seconds)
            return self.finished(reply.body, self.media_type(None, reply.headers), usage)
        value = self._reply.json(reply)
        usage = self._usage(value, reply, scope, seconds)
        media_type = self.media_type(value, reply.headers)
        if self._url is not None:
            return AudioReference(
                url=self._required(self._url, value),
                allow_hosts=self._allow_hosts,
                media_type=_text(media_type),
                usage=usage,
            )
        assert self._path is not None
        audio = self.decode(self._required(self._path, value))
        return self.finished(audio, media_type or _asked_for(scope), usage)

    def _usage(
        self, value: Any, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> Usage:
        return spoken(self._reply.usage(value, seconds, reply.headers), str(scope.get("text", "")))

    def check_stream(self, reply: HttpReply) -> None:
        """Refuse a streamed reply of another media type than expected."""
        self._reply.check_type(reply)

    def finished(self, audio: bytes, media_type: object, usage: Usage) -> TTSResult:
        """The result of audio as it came: bare PCM gets its WAV header, where the spec says so."""
        kind = _text(media_type) or sniff(audio, "audio")
        if not self.wraps or audio.startswith(b"RIFF"):
            return TTSResult(audio=audio, media_type=kind, usage=usage)
        told = _RATE.search(str(media_type or ""))
        rate = self._rate or (int(told[1]) if told else 24_000)
        wav = wrap_wav(audio, sample_rate=rate, channels=self._channels, bits=self._bits)
        return TTSResult(audio=wav, media_type="audio/wav", usage=usage)

    @staticmethod
    def merge(results: Sequence[TTSResult]) -> TTSResult:
        """Join the pieces of a long text's speech."""
        if len(results) == 1:
            return results[0]
        media_type = results[0].media_type
        joined = join_audio([result.audio for result in results], media_type)
        usage = sum_usage(result.usage for result in results)
        return TTSResult(audio=joined, media_type=media_type, usage=usage)

    @staticmethod
    def _required(read: Reader, value: Any) -> str:
        found = read(value)
        if not isinstance(found, str) or not found:
            raise ReplyError(f"The reply holds no audio; it has the shape {shape_of(value)}.")
        return found


def _asked_for(scope: Mapping[str, Any]) -> str | None:
    """Bare samples look like nothing, so that the format asked for must say what they are."""
    return "audio/pcm" if scope.get("format") == "pcm" else None


def spoken(usage: Usage, text: str) -> Usage:
    """The usage of speech: services bill it by the characters of the text, and few count them."""
    return measured(usage, "characters", len(text))


def _text(value: object) -> str | None:
    return None if value is None else str(value).partition(";")[0].strip() or None


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        raise ReplyError("The audio is not the base64 that the spec expects.") from None


def _hex(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ReplyError("The audio is not the hexadecimal that the spec expects.") from None


DECODERS: dict[str, Callable[[str], bytes]] = {"base64": _base64, "hex": _hex}
