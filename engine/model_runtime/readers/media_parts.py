"""Media parts of wires that tell the sort of content by its media type or format alone."""

from __future__ import annotations

from typing import Any

from model_runtime.messages.media import kind_of

from .arguments import Json


def media_part(media_type: object, **content: Any) -> Json:
    """A part in our names for content of a media type: image, audio, video, else document."""
    kind = kind_of(media_type) if isinstance(media_type, str) else "document"
    return {"type": kind, "media_type": media_type, **content}
