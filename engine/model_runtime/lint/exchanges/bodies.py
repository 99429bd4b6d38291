"""The bytes of a recorded reply, whole or in the frames that a stream sends."""

from __future__ import annotations

import json
import struct
from base64 import b64decode
from collections.abc import Mapping
from importlib.resources.abc import Traversable
from typing import Any
from zlib import crc32

Reply = Mapping[str, Any]


def body_of(reply: Reply, folder: Traversable | None = None) -> bytes:
    """The whole body. A `file` stands in the folder of the exchange."""
    if "json" in reply:
        return json.dumps(reply["json"], ensure_ascii=False).encode()
    if "base64" in reply:
        return b64decode(reply["base64"])
    if "file" in reply:
        if folder is None:
            raise FileNotFoundError(f"{reply['file']}: the spec has no folder of its own")
        return folder.joinpath(reply["file"]).read_bytes()
    return b"".join(frames_of(reply))


def frames_of(reply: Reply) -> list[bytes]:
    """The frames of a streamed reply; those of a text are its lines."""
    text = str(reply.get("text", "")).encode().splitlines(keepends=True)
    events = map(_sse_frame, reply.get("sse", ()))
    chunks = map(b64decode, reply.get("chunks", ()))
    return [*text, *events, *chunks, *map(_binary_frame, reply.get("x-eventstream", ()))]


def _sse_frame(frame: object) -> bytes:
    event, data = None, frame
    if isinstance(frame, Mapping) and set(frame) == {"event", "data"}:
        event, data = frame["event"], frame["data"]
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {event}\n" if event else "").encode() + f"data: {text}\n\n".encode()


def _binary_frame(frame: Mapping[str, Any]) -> bytes:
    """A frame of application/vnd.amazon.eventstream, of `{type, data}` or `{exception, data}`."""
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
