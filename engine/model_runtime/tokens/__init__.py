"""Counts of tokens that need no service.

estimate    a fast estimate from the script of the text
local       exact counts by a tokenizer of an optional extra
messages    the texts of a conversation, and what a chat adds to them
"""

from .estimate import estimate_tokens
from .local import find_tokenizer
from .messages import count_answer, count_messages

__all__ = ["count_answer", "count_messages", "estimate_tokens", "find_tokenizer"]
