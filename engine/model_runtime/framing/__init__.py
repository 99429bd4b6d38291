"""How a stream of bytes is cut into frames: one module and one row of the table per kind.

A framing has state and serves one stream: `FRAMINGS[kind].from_spec(options)` makes a fresh one.
"""

from __future__ import annotations

from typing import Final

from .aws_eventstream import AwsEventStreamFraming
from .base import Frame, Framing
from .bytes import BytesFraming
from .delimited import DelimitedFraming
from .json_array import JsonArrayFraming
from .ndjson import NdjsonFraming
from .sse import SseFraming, looks_like_sse

FRAMINGS: Final[dict[str, type[Framing]]] = {
    "aws_eventstream": AwsEventStreamFraming,
    "bytes": BytesFraming,
    "delimited": DelimitedFraming,
    "json_array": JsonArrayFraming,
    "ndjson": NdjsonFraming,
    "sse": SseFraming,
}

__all__ = ["FRAMINGS", "Frame", "Framing", "looks_like_sse"]
