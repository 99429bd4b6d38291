"""Readers of request bodies, one module per wire, named after the end of its path."""

from __future__ import annotations

from typing import Final

from . import api_chat, chat, converse, generate_content, messages, responses, v2_chat
from .arguments import CallArguments, Reader

READERS: Final[dict[str, Reader]] = {
    "chat": chat.read_request,
    "responses": responses.read_request,
    "messages": messages.read_request,
    "generate_content": generate_content.read_request,
    "converse": converse.read_request,
    "v2_chat": v2_chat.read_request,
    "api_chat": api_chat.read_request,
}

__all__ = ["READERS", "CallArguments", "Reader"]
