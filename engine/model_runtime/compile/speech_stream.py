"""Streamed speech: bytes as they come, or frames whose JSON holds encoded audio."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model_runtime.audio import can_append
from model_runtime.branches import watched
from model_runtime.durations import read_size
from model_runtime.errors import LimitExceeded, ReplyError, StreamInterrupted, UnsupportedOperation
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.framing import FRAMINGS
from model_runtime.framing.base import Frame, Framing, cut
from model_runtime.json_text import decode_json
from model_runtime.messages.media import sniff
from model_runtime.results.tts import TTSResult
from model_runtime.results.usage import Usage
from model_runtime.spec.tree import own_place

from .audio_plan import DECODERS, AudioPlan, spoken
from .errors_plan import ErrorsPlan, is_error
from .values import Reader, compile_value, place_in

_MAX_BYTES = 200 * 1024 * 1024


class SpeechStreamPlan:
    """The compiled `stream:` block of `tts`.

    With the framing `bytes` each chunk is audio. With another one `audio: {path, decode}` reads
    the audio of a frame; `done`, the data of a frame, or `audio.done_when` is the end.
    """

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self.errors = errors
        self.framing = str(spec.get("framing", "bytes"))
        self._new_framing = watched(
            lambda options: FRAMINGS[self.framing].from_spec(options),
            findings.branches,
            "stream",
            own_place(spec),
        )
        self.options = {**spec, "max_bytes": _MAX_BYTES}
        self.max_bytes = read_size(spec.get("max_bytes", _MAX_BYTES))
        self.only = bool(spec.get("only", False))
        self.done = spec.get("done")
        audio = spec.get("audio")
        audio = audio if isinstance(audio, Mapping) else {}
        self.path = compile_value(audio.get("path", "audio"), findings, place_in(audio, "path"))
        self.decode = DECODERS[str(audio.get("decode", "base64"))]
        self.skip = _optional(audio, "skip_when", findings)
        self.done_when = _optional(audio, "done_when", findings)
        self.is_error: Reader | None = None
        if errors.in_success:
            self.is_error = compile_value(errors.in_success, findings, None)

    @property
    def has_end(self) -> bool:
        """Whether a stream that ends without its end mark was cut off."""
        return bool(self.done) or self.done_when is not None

    def open_framing(self) -> Framing:
        """A new framing for one stream."""
        return self._new_framing(self.options)


def _optional(spec: Mapping[str, Any], key: str, findings: Findings) -> Reader | None:
    return compile_value(spec[key], findings, place_in(spec, key)) if key in spec else None


class SpeechReader:
    """Reads one stream of speech; its events are pieces of audio.

    A long text is spoken by several streams: `before` are the readers of those before this one,
    and `is_piece` says that what is read here is one piece of several, `text`. `settle` completes
    the result, and `on_result` is told it at the end.
    """

    def __init__(
        self,
        plan: SpeechStreamPlan,
        response: AudioPlan,
        status: int,
        headers: dict[str, str],
        *,
        text: str = "",
        before: Sequence[SpeechReader] = (),
        is_piece: bool = False,
        settle: Callable[[TTSResult], TTSResult] | None = None,
        on_result: Callable[[TTSResult], None] | None = None,
    ) -> None:
        self._plan = plan
        self._response = response
        self._status = status
        self._headers = headers
        self._framing = plan.open_framing()
        self._pieces: list[bytes] = []
        self._size = 0
        self._text = text
        self._settle = settle
        self._on_result = on_result
        self._before = tuple(before)
        self._is_piece = is_piece
        self._media_type: object = headers.get("content-type")
        self._is_typed = False
        self._is_checked = False
        self.ended = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take the next bytes and return the audio that they complete."""
        if not self._is_checked:
            self._check(chunk)
        found = [self._audio(frame) for frame in cut(self._framing, chunk)]
        return self._kept([piece for piece in found if piece])

    def finish(self) -> list[bytes]:
        """Say that the body has ended."""
        found = [self._audio(frame) for frame in self._framing.finish()]
        pieces = self._kept([piece for piece in found if piece])
        if self._plan.has_end and not self.ended:
            raise StreamInterrupted(
                "The speech ended before its end mark; what had arrived is in `partial`.",
                partial=self.partial(),
            )
        if not self._size:
            raise ReplyError("The service sent no audio.")
        if self._on_result is not None:
            self._on_result(self.result())
        return pieces

    def result(self) -> TTSResult:
        """All the speech in one, with that of the readers before."""
        readers = (*self._before, self)
        audio = b"".join(piece for reader in readers for piece in reader._pieces)
        usage = spoken(Usage(), "".join(reader._text for reader in readers))
        result = self._response.finished(audio, self._media_type, usage)
        return result if self._settle is None else self._settle(result)

    def partial(self) -> TTSResult:
        """The speech that has arrived so far."""
        return self.result()

    def _check(self, chunk: bytes) -> None:
        """Refuse a reply that is no audio by its first bytes; an error stands in them whole."""
        self._is_checked = True
        if self._plan.framing == "bytes":
            self._response.check_stream(HttpReply(self._status, self._headers, chunk))

    def _audio(self, frame: Frame) -> bytes:
        data = frame.data
        if self._plan.framing == "bytes":
            return data if isinstance(data, bytes) else data.encode()
        if data == self._plan.done:
            self.ended = True
            return b""
        if not data:
            return b""
        return self._decoded(decode_frame(data))

    def _decoded(self, value: Any) -> bytes:
        plan = self._plan
        if plan.is_error is not None and is_error(plan.is_error(value)):
            raise plan.errors.read(None, self._headers, value)
        if plan.done_when is not None and plan.done_when(value):
            self.ended = True
        found = plan.path(value)
        if not isinstance(found, str) or not found:
            return b""
        audio = plan.decode(found)
        self._learn_type(value, audio)
        return b"" if plan.skip is not None and plan.skip(value) else audio

    def _learn_type(self, value: Any, audio: bytes) -> None:
        """Keep the audio's own type: what the last frame tells, else what the first one begins
        with. That of the reply is the type of the frames."""
        told = self._response.media_type(value, {})
        if told is not None:
            self._media_type = told
        elif not self._is_typed:
            self._media_type = sniff(audio, "audio")
        self._is_typed = True

    def _refuse_unjoinable(self) -> None:
        """Refuse pieces that the listener could not play one after the other, before the first."""
        if self._response.wraps or can_append(media_type := _kind(self._media_type)):
            return
        raise UnsupportedOperation(
            f"Speech of the type {media_type!r} cannot be streamed in several pieces. "
            "Ask for mp3 or pcm, for a shorter text, or use invoke()."
        )

    def _kept(self, pieces: list[bytes]) -> list[bytes]:
        if pieces and self._is_piece and not self._size:
            self._refuse_unjoinable()
        for piece in pieces:
            self._size += len(piece)
        if self._size > self._plan.max_bytes:
            raise LimitExceeded(f"The speech is longer than {self._plan.max_bytes} bytes.")
        self._pieces += pieces
        return pieces


def _kind(media_type: object) -> str | None:
    return None if media_type is None else str(media_type)


def decode_frame(data: str | bytes) -> Any:
    """The JSON of a frame. ReplyError when it is none."""
    try:
        return decode_json(data)
    except ValueError:
        raise ReplyError(f"A frame of the stream is not JSON: {data[:80]!r}.") from None
