"""Canonical messages: what the caller writes, normalised once, and the filters templates call.

content, tools        the public classes
normalize             every spelling of a conversation -> canonical dicts
parts, checks, media  one part; checks and copies; media types
chat_spelling       Chat Completions' names put into ours
call_ids              ids of tool calls made or rewritten by the engine
passes, schemas       the message algebra and the dialects of JSON Schema
filters               the table that templates see
"""

from __future__ import annotations

from .call_ids import ENGINE_ID_PREFIX, new_call_id
from .content import (
    Audio,
    Document,
    Image,
    Message,
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
    Video,
    part_from_dict,
)
from .filters import MESSAGE_FILTERS, MessageFilter
from .normalize import normalize_messages, restrict_state
from .parts import parse_arguments
from .tools import Tool, normalize_response_format, normalize_tool_choice, normalize_tools

__all__ = [
    "ENGINE_ID_PREFIX",
    "MESSAGE_FILTERS",
    "Audio",
    "Document",
    "Image",
    "Message",
    "MessageFilter",
    "Part",
    "Reasoning",
    "Text",
    "Tool",
    "ToolCall",
    "ToolResult",
    "Video",
    "new_call_id",
    "normalize_messages",
    "normalize_response_format",
    "normalize_tool_choice",
    "normalize_tools",
    "parse_arguments",
    "part_from_dict",
    "restrict_state",
]
