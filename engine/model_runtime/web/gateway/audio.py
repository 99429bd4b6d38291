"""The paths of speech: to text, and from text."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from model_runtime import SpeechToTextResult
from model_runtime.writers import subtitles
from model_runtime.writers import tasks as write

from .dialects import TASKS
from .faults import Fault
from .gate import Gate, answering, json_body
from .replies import json_reply

_FORMATS: Final = ("json", "text", "srt", "vtt", "verbose_json")
_SUBTITLES: Final = {"srt": subtitles.srt, "vtt": subtitles.vtt}
_MEDIA_TYPES: Final = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "opus": "audio/ogg",
    "aac": "audio/aac",
    "flac": "audio/flac",
    "pcm": "audio/pcm",
}


def routes(gate: Gate) -> list[Route]:
    """The two routes."""

    async def transcribe(request: Request) -> Response:
        return await _transcribe(gate, request)

    async def speak(request: Request) -> Response:
        return await _speak(gate, request)

    return [
        Route("/v1/audio/transcriptions", answering(TASKS, transcribe), methods=["POST"]),
        Route("/v1/audio/speech", answering(TASKS, speak), methods=["POST"]),
    ]


async def _transcribe(gate: Gate, request: Request) -> Response:
    caller = gate.caller(request)
    async with request.form(max_files=1) as form:
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        model = gate.model_of(fields.get("model"))
        wanted = fields.get("response_format", "json")
        if wanted not in _FORMATS:
            expected = ", ".join(_FORMATS)
            raise Fault("invalid_request", f"response_format is {wanted!r}; expected {expected}.")
        sound = _sound(form.get("file"))
        content = io.BytesIO(await sound.read())
        content.name = sound.filename or "audio"
    async with gate.call(caller, "speech2text", model) as call:
        result = await gate.runtime.speech2text(model).invoke(
            content, language=fields.get("language")
        )
        call.used(result.usage)
    return _transcript(result, wanted)


def _sound(value: object) -> UploadFile:
    if not isinstance(value, UploadFile):
        raise Fault("invalid_request", "file: expected a file of sound in a multipart body.")
    return value


def _transcript(result: SpeechToTextResult, wanted: str) -> Response:
    if wanted == "text":
        return PlainTextResponse(result.text + "\n")
    if wanted in _SUBTITLES:
        return PlainTextResponse(_SUBTITLES[wanted](result))
    shape = write.verbose_transcription if wanted == "verbose_json" else write.transcription
    return json_reply(shape(result))


async def _speak(gate: Gate, request: Request) -> Response:
    caller = gate.caller(request)
    body = await json_body(request)
    model = gate.model_of(body.get("model"))
    text, audio_format = body.get("input"), body.get("response_format")
    if not isinstance(text, str) or not text:
        raise Fault("invalid_request", "input: expected a text.")
    if body.get("stream_format") == "sse":
        raise Fault("invalid_request", "stream_format: only 'audio' is given. Leave it out.")
    async with AsyncExitStack() as opened:
        await opened.enter_async_context(gate.call(caller, "tts", model))
        stream = await opened.enter_async_context(
            gate.runtime.tts(model).stream(text, voice=body.get("voice"), format=audio_format)
        )
        pieces = aiter(stream)
        # A call that fails before its first sound has a status of its own.
        first = await anext(pieces, b"")
        kept = opened.pop_all()
    return StreamingResponse(
        _sounds(kept, first, pieces), media_type=_MEDIA_TYPES.get(str(audio_format), "audio/mpeg")
    )


async def _sounds(
    kept: AsyncExitStack, first: bytes, pieces: AsyncIterator[Any]
) -> AsyncIterator[bytes]:
    async with kept:
        yield first
        async for piece in pieces:
            yield piece
