"""Cuts the stream of an exchange anew: what a network does to it must not change its meaning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final

from model_runtime.compile.operation import LLMOperation
from model_runtime.errors import ModelRuntimeError
from model_runtime.outside import set_outside

from .bodies import frames_of
from .cases import Case
from .tape import MOMENT

# How lines may end, by the key that the reply is written under.
_ENDINGS: Final = {"sse": (b"\n", b"\r", b"\r\n"), "text": (b"\n", b"\r\n")}
_SAMPLES: Final = 12

Reading = tuple[Any, list[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cuts:
    """The replies of one streamed call, read from pieces.

    `is_exhaustive` cuts at every byte; else some places are tried, those beside line ends first.
    `may_end` tells that the spec takes a stream without an end mark for complete.
    """

    case: Case
    operation: LLMOperation
    is_exhaustive: bool = False
    may_end: bool = False

    @property
    def _reply(self) -> dict[str, Any]:
        return dict(self.case.rounds[-1].get("reply") or {})

    def read(self, pieces: Iterable[bytes]) -> Reading:
        """Feed pieces to a new reader; give the result or the error, and the events."""
        headers = {k.lower(): str(v) for k, v in self._reply.get("headers", {}).items()}
        reader = self.operation.reader(headers, started=0.0, clock=lambda: 0.0)
        events: list[Any] = []
        try:
            with set_outside(lambda: MOMENT):
                for piece in pieces:
                    events += reader.feed(piece)
                events += reader.finish()
                return reader.result(), events
        except ModelRuntimeError as error:
            return error, events

    def differences(self, injected: bytes | None = None) -> Iterator[str]:
        """Everything that goes wrong. `injected` is a frame that tells an error."""
        frames = frames_of(self._reply)
        whole = self.read([b"".join(frames)])
        yield from self._cut(frames, _shown(whole))
        if "gives" in self.case.spec and not self.may_end:
            yield from self._shortened(frames, whole[0])
            if injected is not None:
                yield from self._broken(frames, injected)

    def _cut(self, frames: list[bytes], whole: str) -> Iterator[str]:
        for ending, body in self._bodies(frames):
            if _shown(self.read(body[at : at + 1] for at in range(len(body)))) != whole:
                yield f"the stream reads otherwise byte by byte{ending}"
            for at in self._places(body):
                if _shown(self.read((body[:at], body[at:]))) != whole:
                    before = body[max(0, at - 20) : at]
                    yield f"the stream reads otherwise when it is cut after {before!r}{ending}"
                    break
        if "sse" in self._reply:
            noisy = b": keep-alive\n\n".join(frames)
            if _shown(self.read([noisy])) != whole:
                yield "the stream reads otherwise with comments between its events"

    def _bodies(self, frames: list[bytes]) -> Iterator[tuple[str, bytes]]:
        body = b"".join(frames)
        kind = next((kind for kind in _ENDINGS if kind in self._reply), None)
        for ending in _ENDINGS[kind] if kind else ():
            yield f", lines ending in {ending!r}", body.replace(b"\n", ending)
        if kind is None:
            yield "", body

    def _places(self, body: bytes) -> list[int]:
        places = list(range(1, len(body)))
        if self.is_exhaustive:
            return places
        near = [at for at in places if {*body[at - 1 : at + 1]} & {10, 13}]
        return near[:: max(1, len(near) // _SAMPLES)] + places[:: max(1, len(places) // _SAMPLES)]

    def _shortened(self, frames: list[bytes], whole: Any) -> Iterator[str]:
        """What ends early is an error, or complete but for what comes after the end."""
        for index, begun in enumerate(list(accumulate(frames))[:-1]):
            outcome, _ = self.read([begun])
            if not isinstance(outcome, ModelRuntimeError) and _heart(outcome) != _heart(whole):
                yield f"the stream ends after frame {index + 1} of {len(frames)} without an error"

    def _broken(self, frames: list[bytes], injected: bytes) -> Iterator[str]:
        """An error between two frames is raised, wherever it comes before the end."""
        for index in range(len(frames)):
            begun = b"".join(frames[:index])
            if not isinstance(self.read([begun])[0], ModelRuntimeError):
                return
            if not isinstance(self.read([begun + injected])[0], ModelRuntimeError):
                yield f"an error after frame {index} of {len(frames)} is not raised"


def _heart(result: Any) -> tuple[Any, ...]:
    return result.text, len(result.tool_calls), result.finish_reason


def _shown(reading: Reading) -> str:
    outcome, events = reading
    return f"{outcome!r} {events!r}"
