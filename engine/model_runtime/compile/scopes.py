"""Which names an expression sees, by field and operation, and what stands behind each name.

Absent is what a typing error would give too, so every name and attribute is checked against
these shapes when a spec is compiled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["any", "text", "number", "boolean", "list", "map", "bytes"]
Field = Literal[
    "request", "headers", "auth", "token_request", "base_url", "model_rule_when", "job", "steps"
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shape:
    """What is known of a value before a call. Shapes are compared by identity.

    `fields` None means that any attribute may be there. `refused` says why a value must not be
    read where this shape is in scope; `name` is how messages call it.
    """

    kind: Kind = "any"
    name: str = "the value"
    fields: Mapping[str, Shape] | None = None
    item: Shape | None = None
    is_secret: bool = False
    refused: str = ""

    @property
    def has_refused_fields(self) -> bool:
        """Whether the value as a whole would carry a refused one along."""
        return any(shape.refused for shape in (self.fields or {}).values())


ANY: Final = Shape()
TEXT: Final = Shape(kind="text")
NUMBER: Final = Shape(kind="number")
BOOLEAN: Final = Shape(kind="boolean")
BYTES: Final = Shape(kind="bytes")
OPEN_MAP: Final = Shape(kind="map")
OPEN_LIST: Final = Shape(kind="list")
SECRET: Final = Shape(is_secret=True, name="a secret")

PART_TYPE: Final = Shape(kind="text", name="the type of a part")
_part_fields: dict[str, Shape] = {
    "type": PART_TYPE,
    "text": TEXT,
    "data": BYTES,
    "url": TEXT,
    "media_type": TEXT,
    "filename": TEXT,
    "detail": TEXT,
    "id": TEXT,
    "name": TEXT,
    "arguments": OPEN_MAP,
    "raw_arguments": TEXT,
    "is_error": BOOLEAN,
    "provider_state": OPEN_MAP,
}
PART: Final = Shape(kind="map", name="a part", fields=_part_fields)
PARTS: Final = Shape(kind="list", name="a list of parts", item=PART)
# The content of a tool result is text or parts, so its kind is open.
_part_fields["content"] = Shape(name="the content of a tool result", item=PART)

MESSAGE: Final = Shape(
    kind="map",
    name="a message",
    fields={"role": TEXT, "parts": PARTS, "name": TEXT, "provider_state": OPEN_MAP},
)
MESSAGES: Final = Shape(kind="list", name="the messages", item=MESSAGE)
TOOL: Final = Shape(
    kind="map",
    name="a tool",
    fields={
        "name": TEXT,
        "description": TEXT,
        "parameters": OPEN_MAP,
        "strict": BOOLEAN,
        "provider_state": OPEN_MAP,
    },
)
TOOLS: Final = Shape(kind="list", name="the tools", item=TOOL)
TOOL_CHOICE: Final = Shape(kind="map", name="tool_choice", fields={"mode": TEXT, "name": TEXT})
RESPONSE_FORMAT: Final = Shape(
    kind="map",
    name="response_format",
    fields={"type": TEXT, "name": TEXT, "schema": OPEN_MAP, "strict": BOOLEAN},
)
FILE: Final = Shape(
    kind="map",
    name="file",
    fields={"content": BYTES, "url": TEXT, "filename": TEXT, "media_type": TEXT},
)

_CALL: Final[dict[str, Shape]] = {
    "model": TEXT,
    "model_properties": OPEN_MAP,
    "parameters": OPEN_MAP,
    "wire_parameters": OPEN_MAP,
    "stream": BOOLEAN,
    "extra_body": OPEN_MAP,
    "credentials": OPEN_MAP,
}

# The kind is open: each item is a text, or a list of parts.
TEXTS: Final = Shape(kind="list", name="the texts", item=Shape(name="a text or parts", item=PART))

TEXT_OR_PARTS: Final = Shape(name="the text or parts", item=PART)

OPERATION_NAMES: Final[dict[str, dict[str, Shape]]] = {
    "llm": {
        **_CALL,
        "messages": MESSAGES,
        "tools": TOOLS,
        "tool_choice": TOOL_CHOICE,
        "response_format": RESPONSE_FORMAT,
    },
    "text-embedding": {**_CALL, "texts": TEXTS, "input_type": TEXT, "dimensions": NUMBER},
    "rerank": {
        **_CALL,
        "query": ANY,
        "documents": TEXTS,
        "top_n": NUMBER,
        "score_threshold": NUMBER,
        "next": ANY,
    },
    "speech2text": {**_CALL, "file": FILE, "language": TEXT},
    "tts": {**_CALL, "text": TEXT, "voice": TEXT, "format": TEXT},
    "moderation": {**_CALL, "text": TEXT_OR_PARTS},
    "list_models": {"credentials": OPEN_MAP},
    "describe_model": {"model": TEXT, "credentials": OPEN_MAP},
    "validate_credentials": {"credentials": OPEN_MAP},
    "voices": {
        "model": TEXT,
        "model_properties": OPEN_MAP,
        "language": TEXT,
        "credentials": OPEN_MAP,
    },
}

_FIELD_NAMES: Final[dict[str, dict[str, Shape]]] = {
    "auth": {"credentials": OPEN_MAP, "model": TEXT, "token": SECRET},
    "token_request": {"credentials": OPEN_MAP, "assertion": SECRET},
    "base_url": {"credentials": OPEN_MAP, "model": TEXT, "model_properties": OPEN_MAP},
    "model_rule_when": {"credentials": OPEN_MAP, "model": TEXT, "model_properties": OPEN_MAP},
}
_ADDED_NAMES: Final[dict[str, dict[str, Shape]]] = {
    "request": {},
    "headers": {},
    "steps": {"steps": OPEN_MAP},
    "job": {"steps": OPEN_MAP, "job": OPEN_MAP},
}
_SECRETS_ALLOWED: Final = frozenset({"headers", "auth", "token_request"})
_REFUSAL: Final = "a secret credential is read only in auth, headers and token requests"


def _scopes() -> dict[str, dict[str, tuple[str, ...]]]:
    fixed = {field: {"": tuple(names)} for field, names in _FIELD_NAMES.items()}
    by_operation = {
        field: {name: (*names, *added) for name, names in OPERATION_NAMES.items()}
        for field, added in _ADDED_NAMES.items()
    }
    return {**by_operation, **fixed}


# field -> operation ("" where the operation does not matter) -> names
SCOPES: Final = _scopes()


def scope_names(
    field: Field,
    operation: str,
    *,
    credentials: Mapping[str, Shape | bool],
    parameters: Iterable[str] | None,
) -> dict[str, Shape]:
    """Return the names in scope of a field of an operation.

    `credentials` maps each variable to a shape, or to whether it is secret. `parameters` None
    means that any parameter may be read. `count_tokens.llm` sees what `llm` sees.
    """
    if field in _FIELD_NAMES:
        names = dict(_FIELD_NAMES[field])
    else:
        names = {**operation_names(operation), **_ADDED_NAMES[field]}
    names["credentials"] = _credential_shape(credentials, field in _SECRETS_ALLOWED)
    if parameters is not None and "parameters" in names:
        fields = dict.fromkeys(parameters, ANY)
        names["parameters"] = Shape(kind="map", name="parameters", fields=fields)
    return names


def operation_names(operation: str) -> dict[str, Shape]:
    """Return the names that every template of an operation sees."""
    if operation in OPERATION_NAMES:
        return OPERATION_NAMES[operation]
    inner = operation.partition(".")[2] or "llm"
    return OPERATION_NAMES.get(inner, _CALL)


def _credential_shape(credentials: Mapping[str, Shape | bool], allowed: bool) -> Shape:
    fields: dict[str, Shape] = {}
    for variable, known in credentials.items():
        is_secret = known.is_secret if isinstance(known, Shape) else known
        if is_secret and not allowed:
            fields[variable] = Shape(is_secret=True, name=variable, refused=_REFUSAL)
        elif isinstance(known, Shape):
            fields[variable] = known
        else:
            fields[variable] = SECRET if known else ANY
    return Shape(kind="map", name="credentials", fields=fields)
