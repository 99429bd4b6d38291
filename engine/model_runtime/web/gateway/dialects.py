"""The dialects of the gateway: how each reads a request, writes an answer and tells an error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.errors import ModelRuntimeError
from model_runtime.readers import READERS, Reader
from model_runtime.vocabulary import ErrorKind
from model_runtime.writers import WRITERS, MakeWriter
from model_runtime.writers.errors import (
    chat_error,
    chat_fault,
    messages_error,
    messages_fault,
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a dialect words errors, and how it names an answer."""

    error: Callable[[ModelRuntimeError], Json]
    fault: Callable[[str, ErrorKind], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way to ask for an answer of a language model.

    `refused` are fields that ask for what no other provider could give, each with what it would
    take; a field with a harmless value in `harmless` is let through.
    """

    read: Reader
    write: MakeWriter
    wording: Wording
    id_prefix: str
    refused: Mapping[str, str]
    harmless: Mapping[str, tuple[object, ...]]
    tells_usage: Callable[[Mapping[str, Any]], bool]


TASKS: Final = Wording(error=chat_error, fault=chat_fault)
MESSAGES: Final = Wording(error=messages_error, fault=messages_fault)


def _asks_for_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and bool(options.get("include_usage"))


DIALECTS: Final[dict[str, Dialect]] = {
    "chat": Dialect(
        read=READERS["chat"],
        write=WRITERS["chat"],
        wording=TASKS,
        id_prefix="chatcmpl-",
        refused={
            "n": "several answers; send several requests",
            "modalities": "spoken answers; use the path for speech",
            "audio": "spoken answers; use the path for speech",
        },
        harmless={"n": (1,), "modalities": (["text"],)},
        tells_usage=_asks_for_usage,
    ),
    "responses": Dialect(
        read=READERS["responses"],
        write=WRITERS["responses"],
        wording=TASKS,
        id_prefix="resp_",
        refused={
            "previous_response_id": "kept conversations; send the whole input",
            "conversation": "kept conversations; send the whole input",
            "background": "answers in the background; leave it out",
            "prompt": "kept prompts; send the input itself",
        },
        harmless={"background": (False,)},
        tells_usage=lambda body: True,
    ),
    "messages": Dialect(
        read=READERS["messages"],
        write=WRITERS["messages"],
        wording=MESSAGES,
        id_prefix="msg_",
        refused={"container": "kept containers; leave it out"},
        harmless={},
        tells_usage=lambda body: True,
    ),
}
