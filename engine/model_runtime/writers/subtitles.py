"""Writes transcripts as subtitles. Format: SubRip (srt) and WebVTT (vtt)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from model_runtime.errors import UnsupportedOperation
from model_runtime.results.speech2text import SpeechToTextResult


def srt(result: SpeechToTextResult) -> str:
    """SubRip: numbered, with a comma before the milliseconds."""
    cues = [f"{n}\n{_times(cue, ',')}\n{_text(cue)}\n" for n, cue in enumerate(_cues(result), 1)]
    return "\n".join(cues)


def vtt(result: SpeechToTextResult) -> str:
    """WebVTT."""
    cues = [f"{_times(cue, '.')}\n{_text(cue)}\n" for cue in _cues(result)]
    return "\n".join(["WEBVTT\n", *cues])


def _cues(result: SpeechToTextResult) -> Iterator[Mapping[str, Any]]:
    if not result.segments:
        raise UnsupportedOperation(
            "the service told no times, so there are no subtitles. Ask for json or text."
        )
    yield from result.segments


def _text(cue: Mapping[str, Any]) -> str:
    return str(cue.get("text", "")).strip()


def _times(cue: Mapping[str, Any], point: str) -> str:
    start, end = float(cue.get("start") or 0), float(cue.get("end") or 0)
    return f"{_clock(start, point)} --> {_clock(end, point)}"


def _clock(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}{point}{thousandths:03}"
