"""Writers of answers, one module per wire, named after the end of its path: twins of `readers`."""

from __future__ import annotations

from typing import Final

from .base import Heading, MakeWriter, Writer
from .chat import ChatWriter
from .messages import MessagesWriter
from .responses import ResponsesWriter

WRITERS: Final[dict[str, MakeWriter]] = {
    "chat": ChatWriter,
    "responses": ResponsesWriter,
    "messages": MessagesWriter,
}

__all__ = ["WRITERS", "Heading", "MakeWriter", "Writer"]
