"""Messages and their parts as the caller writes them: frozen, and JSON-ready by `to_dict`."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from .checks import Canonical, refuse
from .media import is_data_url, sniff, split_data_url
from .parts import PartObject, as_bytes, read_part

State = Mapping[str, Any]


class Part(PartObject):
    """A piece of a message. Every part may carry `provider_state`, which belongs to the
    provider that made it."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The part as JSON-ready data in our names; bytes become base64 text."""
        return _json_dict(self.as_mapping())

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Make the part from a mapping in our names or in the chat spelling."""
        part = part_from_dict(value)
        if not isinstance(part, cls):
            refuse("part", f"the mapping holds a {type(part).__name__}, not a {cls.__name__}.")
        return part


@dataclass(frozen=True, slots=True)
class Text(Part):
    """Plain text."""

    text: str
    provider_state: State | None = field(default=None, kw_only=True)

    def as_mapping(self) -> Canonical:
        return _set({"type": "text", "text": self.text}, provider_state=self.provider_state)


@dataclass(frozen=True, slots=True)
class Reasoning(Part):
    """What the model thought. Most services take it back only with the state they gave it."""

    text: str
    provider_state: State | None = field(default=None, kw_only=True)

    def as_mapping(self) -> Canonical:
        return _set({"type": "reasoning", "text": self.text}, provider_state=self.provider_state)


@dataclass(frozen=True, slots=True, init=False)
class Image(Part):
    """A picture, as bytes or as a URL.

    `data` is bytes or base64 text; a data URL is taken apart. The media type is told by the
    first bytes when it is not given. `detail` is a hint that some services take.
    """

    url: str | None
    data: bytes | None = field(repr=False)
    media_type: str | None
    detail: str | None
    provider_state: State | None

    def __init__(
        self,
        *,
        url: str | None = None,
        data: bytes | str | None = None,
        media_type: str | None = None,
        detail: str | None = None,
        provider_state: State | None = None,
    ) -> None:
        _fill_media(self, "image", url, data, media_type, provider_state)
        object.__setattr__(self, "detail", detail)

    def as_mapping(self) -> Canonical:
        return _set(_media_mapping(self, "image"), detail=self.detail)


@dataclass(frozen=True, slots=True, init=False)
class _FilePart(Part):
    """What sound, film and documents have in common: content, and a name for it."""

    _kind: ClassVar[str]
    url: str | None
    data: bytes | None = field(repr=False)
    media_type: str | None
    filename: str | None
    provider_state: State | None

    def __init__(
        self,
        *,
        url: str | None = None,
        data: bytes | str | None = None,
        media_type: str | None = None,
        filename: str | None = None,
        provider_state: State | None = None,
    ) -> None:
        _fill_media(self, self._kind, url, data, media_type, provider_state)
        object.__setattr__(self, "filename", filename)

    def as_mapping(self) -> Canonical:
        return _set(_media_mapping(self, self._kind), filename=self.filename)


@dataclass(frozen=True, slots=True, init=False)
class Audio(_FilePart):
    """Sound, as bytes, base64 text or a URL."""

    _kind: ClassVar[str] = "audio"


@dataclass(frozen=True, slots=True, init=False)
class Video(_FilePart):
    """Film, as bytes, base64 text or a URL."""

    _kind: ClassVar[str] = "video"


@dataclass(frozen=True, slots=True, init=False)
class Document(_FilePart):
    """A file to be read: PDF, plain text, office formats; as bytes, base64 text or a URL."""

    _kind: ClassVar[str] = "document"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall(Part):
    """A tool that the model wants called.

    `arguments` is None when the text the service sent is no JSON object; `raw_arguments` then
    holds that text.
    """

    id: str
    name: str
    arguments: Mapping[str, Any] | None
    raw_arguments: str | None = None
    provider_state: State | None = None

    def as_mapping(self) -> Canonical:
        return _set(
            {"type": "tool_call", "id": self.id, "name": self.name},
            arguments=self.arguments,
            raw_arguments=self.raw_arguments,
            provider_state=self.provider_state,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult(Part):
    """What a tool answered: a text, or parts where the service takes them.

    `id` is the id of the call. `name` may be left out: it is looked up from the call.
    """

    id: str
    name: str | None = None
    content: str | Sequence[Part | str | Mapping[str, Any]]
    is_error: bool = False
    provider_state: State | None = None

    def as_mapping(self) -> Canonical:
        return _set(
            {"type": "tool_result", "id": self.id, "content": self.content},
            name=self.name,
            is_error=self.is_error or None,
            provider_state=self.provider_state,
        )


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """One turn of a conversation: a role and its parts, in order.

    Roles: system, developer, user, assistant, tool. A text stands for one Text part.
    """

    role: str
    parts: tuple[Part, ...]
    provider_state: State | None

    def __init__(
        self,
        role: str,
        parts: str | Sequence[Part | str | Mapping[str, Any]] = (),
        *,
        provider_state: State | None = None,
    ) -> None:
        given = ([Text(parts)] if parts else []) if isinstance(parts, str) else parts
        object.__setattr__(self, "role", role)
        object.__setattr__(self, "parts", tuple(_part(part) for part in given))
        object.__setattr__(self, "provider_state", provider_state)

    def as_mapping(self) -> Canonical:
        """The message in our names; its parts stay objects."""
        return _set({"role": self.role, "parts": self.parts}, provider_state=self.provider_state)

    def to_dict(self) -> dict[str, Any]:
        """The message as JSON-ready data in our names."""
        return _json_dict(self.as_mapping())

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Message:
        """Make a message from its canonical dict, or from what `to_dict` gave."""
        parts = [part_from_dict(part) for part in value["parts"]]
        return cls(value["role"], parts, provider_state=value.get("provider_state"))


def part_from_dict(value: Mapping[str, Any]) -> Part:
    """Make a part object from a mapping in our names or in the chat spelling."""
    fields = read_part(value, "part")
    kind = fields.pop("type")
    if kind == "text":
        return Text(**fields)
    if kind == "reasoning":
        return Reasoning(**fields)
    if kind == "tool_call":
        return ToolCall(**{"id": "", "arguments": None, **fields})
    if kind == "tool_result":
        content = fields.pop("content")
        inner = content if isinstance(content, str) else tuple(map(part_from_dict, content))
        return ToolResult(**{"id": "", **fields, "content": inner})
    return _media_part(kind, fields)


def _media_part(kind: str, fields: Canonical) -> Part:
    if kind == "image":
        return Image(**_kept(fields, "detail", "filename"))
    kept = _kept(fields, "filename", "detail")
    if kind == "audio":
        return Audio(**kept)
    return Video(**kept) if kind == "video" else Document(**kept)


def _kept(fields: Canonical, own: str, other: str) -> Canonical:
    """A field that the class lacks goes into the state, where nothing is lost."""
    if other not in fields:
        return fields
    state = {**fields.get("provider_state", {}), other: fields[other]}
    return {**{k: v for k, v in fields.items() if k != other}, "provider_state": state}


def _part(value: Part | str | Mapping[str, Any]) -> Part:
    if isinstance(value, Part):
        return value
    return Text(value) if isinstance(value, str) else part_from_dict(value)


def _set(base: Canonical, **optional: object) -> Canonical:
    for key, value in optional.items():
        if value is not None:
            base[key] = value
    return base


def _media_mapping(part: Image | _FilePart, kind: str) -> Canonical:
    return _set(
        {"type": kind},
        url=part.url,
        data=part.data,
        media_type=part.media_type,
        provider_state=part.provider_state,
    )


def _fill_media(
    part: Part,
    kind: str,
    url: str | None,
    data: bytes | str | None,
    media_type: str | None,
    provider_state: State | None,
) -> None:
    where = kind.capitalize()
    if isinstance(data, str) and is_data_url(data):
        data, url = None, data
    if url is not None and data is None and is_data_url(url):
        data, named = split_data_url(url, where)
        url, media_type = None, media_type or named
    content = None if data is None else as_bytes(data, f"{where}.data")
    if content is not None and media_type is None:
        media_type = sniff(content, kind)
    fields = {"url": url, "data": content, "media_type": media_type}
    for name, value in {**fields, "provider_state": provider_state}.items():
        object.__setattr__(part, name, value)


def _json_dict(mapping: Canonical) -> dict[str, Any]:
    return {key: _json_ready(item) for key, item in mapping.items()}


def _json_ready(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, PartObject):
        return _json_ready(value.as_mapping())
    if isinstance(value, Mapping):
        return _json_dict({**value})
    if isinstance(value, list | tuple):
        return [_json_ready(item) for item in value]
    return value
