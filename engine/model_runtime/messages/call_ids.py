"""Ids of tool calls: those the engine makes where a service sends none, and rewritten ones."""

from __future__ import annotations

import string
from hashlib import sha256
from typing import Final

from model_runtime import outside

ENGINE_ID_PREFIX: Final = "call_mr_"
ALPHANUMERIC: Final = string.ascii_letters + string.digits


def new_call_id() -> str:
    """Make an id for a tool call whose service sent none."""
    return f"{ENGINE_ID_PREFIX}{outside.token(12)}"


def is_engine_id(call_id: str) -> bool:
    """Whether the engine made this id, so that the service never saw it."""
    return call_id.startswith(ENGINE_ID_PREFIX)


def rewritten_id(call_id: str, length: int, alphabet: str, exact: bool) -> str:
    """Fit an id into a service's rules: the same id always becomes the same text.

    One that fits already stays. With `exact` false, shorter ids fit too.
    """
    allowed = set(alphabet)
    fits = len(call_id) == length if exact else 0 < len(call_id) <= length
    if fits and all(character in allowed for character in call_id):
        return call_id
    number = int.from_bytes(sha256(call_id.encode("utf-8", "surrogatepass")).digest() * 4)
    out: list[str] = []
    for _ in range(length):
        number, index = divmod(number, len(alphabet))
        out.append(alphabet[index])
    return "".join(out)
