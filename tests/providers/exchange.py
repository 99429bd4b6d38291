"""Exchanges written by hand beside the runner: one call, what it sends, what comes back.

The files have the form of `json_schemas/exchange.schema.json`. A reply in binary frames is written
under `x-eventstream` as a list of `{type, data}` or `{exception, data}`.
"""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from model_runtime.findings import Findings
from model_runtime.spec.yaml_source import read_yaml

FOLDER: Final = Path(__file__).parent
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One file: `spec` is its content, `rounds` the requests and replies in order."""

    provider: str
    name: str
    spec: Json

    @property
    def given(self) -> Json:
        """The canonical call."""
        return dict(self.spec["given"])

    @property
    def rounds(self) -> list[Json]:
        """What is sent and answered, in order."""
        return list(self.spec.get("rounds") or [self.spec])

    @property
    def reply(self) -> Json:
        """The reply that is read."""
        return dict(self.rounds[-1]["reply"])

    @property
    def frames(self) -> list[bytes]:
        """The frames of the reply to a streamed call; [] for another call."""
        return frames_of(self.reply) if self.given.get("stream") else []


def load_all() -> list[Exchange]:
    """Every exchange beside this module."""
    return [load(path) for path in sorted(FOLDER.glob("*/*.yaml"))]


def load(path: Path) -> Exchange:
    """The exchange of a file."""
    findings = Findings()
    spec = read_yaml(path.read_text("utf-8"), str(path.relative_to(FOLDER)), findings)
    findings.raise_errors(str(path))
    assert isinstance(spec, dict)
    return Exchange(path.parent.name, path.stem, spec)


def body_of(reply: Json) -> bytes:
    """The bytes of a reply."""
    if "json" in reply:
        return json.dumps(reply["json"], ensure_ascii=False).encode()
    return b64decode(reply["base64"]) if "base64" in reply else b"".join(frames_of(reply))


def frames_of(reply: Json) -> list[bytes]:
    """The frames of a reply; those of a text are its lines."""
    text = reply.get("text", "").encode().splitlines(keepends=True)
    events = map(sse_frame, reply.get("sse", ()))
    return [*text, *events, *map(binary_frame, reply.get("x-eventstream", ()))]


def sse_frame(frame: object) -> bytes:
    """A frame of an event stream: a text, a JSON value, or a map of `event` and `data`."""
    event, data = None, frame
    if isinstance(frame, dict) and set(frame) == {"event", "data"}:
        event, data = frame["event"], frame["data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def binary_frame(frame: Json) -> bytes:
    """A frame of application/vnd.amazon.eventstream."""
    kind = "exception" if "exception" in frame else "event"
    headers = {
        ":message-type": kind,
        f":{kind}-type": frame.get("exception") or frame["type"],
        ":content-type": "application/json",
    }
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value)) + value
        for name, value in ((name, value.encode()) for name, value in headers.items())
    )
    payload = json.dumps(frame["data"], ensure_ascii=False).encode()
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", crc32(prelude)) + head + payload
    return message + struct.pack(">I", crc32(message))
