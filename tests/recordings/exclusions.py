"""What is not asked of the library, each with its reason."""

from __future__ import annotations

from typing import Any, Final

# Exchanges whose reply is read otherwise. One that is read right fails a test.
REPLIES: Final = {
    "openai-a060290d3dc8": "Several replies were joined into one body by the fixture's author: "
    "the reasoning of the first is streamed before the second begins.",
}

# What requests may hold that has no canonical name, by dialect: keys that stand below each other
# anywhere in a body, the last one with a value where it is that which matters.
REQUESTS: Final[dict[str, dict[str, str]]] = {
    "openai_chat": {},
    "openai_responses": {
        "file_id": "A file by its id at the service has no content to read.",
        "output/type=input_image": "Media in a tool result are not sent on this wire.",
        "output/type=input_file": "Media in a tool result are not sent on this wire.",
        "type=item_reference": "An item that is stored at the service has no content to read.",
    },
    "anthropic": {
        "cache_control": "Marks of what to cache have no canonical name.",
        "citations": "Citations are asked for per document, which has no canonical name.",
        "source/type=file": "A file by its id at the service has no content to read.",
        "role=system": "System messages in the middle are moved to the front.",
    },
    "gemini": {
        "functionResponse/parts": "Media in a tool result are not sent on this wire.",
        "function_response/parts": "Media in a tool result are not sent on this wire.",
    },
    "bedrock": {
        "cachePoint": "Marks of what to cache have no canonical name.",
        "citations": "Citations are asked for per document, which has no canonical name.",
        "source/s3Location": "A file in the service's own store has no content to read.",
    },
    "cohere": {},
    "ollama": {},
}


def reason(dialect: str, body: dict[str, Any]) -> str | None:
    """Why a recorded request is not compared, if it is not."""
    found = (why for path, why in REQUESTS[dialect].items() if holds(body, path.split("/")))
    return next(found, None)


def holds(value: object, path: list[str]) -> bool:
    """Whether keys stand below each other somewhere in a JSON value."""
    if isinstance(value, list):
        return any(holds(item, path) for item in value)
    return isinstance(value, dict) and (
        begins(value, path) or any(holds(item, path) for item in value.values())
    )


def begins(value: object, path: list[str]) -> bool:
    """Whether keys stand below each other right at the top of a JSON value, or of an item of it."""
    if isinstance(value, list):
        return any(begins(item, path) for item in value)
    key, equals, wanted = path[0].partition("=")
    if not isinstance(value, dict) or value.get(key) is None:
        return False
    is_wanted = not equals or value[key] == wanted
    return is_wanted and (len(path) == 1 or begins(value[key], path[1:]))
