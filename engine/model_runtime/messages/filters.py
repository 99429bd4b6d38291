"""The filters that templates call on canonical messages, parts and schemas, in one table."""

from __future__ import annotations

import base64 as b64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from model_runtime.absent import Absent, AbsentType

from . import passes, prompts, schemas
from .call_ids import ALPHANUMERIC, is_engine_id, rewritten_id
from .checks import Canonical, refuse, shown
from .media import format_name
from .passes import MEDIA_TYPES, text_of, text_part


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """A filter: a function of the piped value and its arguments.

    `max_args` is None where any number is taken. A filter that takes no Absent is not called
    with it: Absent stays Absent.
    """

    function: Callable[..., object]
    min_args: int = 0
    max_args: int | None = 0
    takes_absent: bool = False


def text(value: object) -> str:
    """The text of a text, a part, a message, a list of messages, or a tool result's content.

    The texts of messages are joined by an empty line. Of a message the text parts count; a list
    of parts must hold nothing that would be lost.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text_of_dict(value)
    if not isinstance(value, list):
        refuse("filter text", f"{shown(value)} has no text. Expected a message or parts.")
    if any("parts" in item for item in value):
        return "\n\n".join(filter(None, (text_of(message) for message in value)))
    return "".join(_text_of_dict(part) for part in value if part["type"] != "reasoning")


def _text_of_dict(value: Canonical) -> str:
    if "parts" in value:
        return text_of(value)
    if value.get("type") == "tool_result":
        return text(value["content"])
    if "text" not in value:
        refuse("messages", f"this service takes text here, not {shown(value.get('type'))} parts.")
    return str(value["text"])


def text_or_null(value: object) -> str | None:
    """The text, or null when there is none."""
    return text(value) or None


def text_or_omit(value: object) -> str | AbsentType:
    """The text, or Absent when there is none."""
    return text(value) or Absent


def text_join(value: object, separator: str) -> str:
    """The texts of a message's or list's text parts, joined by a separator."""
    if isinstance(value, str):
        return value
    items = value if isinstance(value, list) else [value]
    texts = [part["text"] for item in items for part in _parts(item) if part["type"] == "text"]
    return separator.join(texts)


def only_text(value: object) -> bool:
    """Whether a message or a tool result's content is one plain text, so that `text` is all."""
    found = _parts(value)
    plain = len(found) <= 1 and all(part["type"] == "text" for part in found)
    return plain and not any("provider_state" in part for part in found)


def all_text(value: object) -> bool:
    """Whether a message or a tool result's content has only text parts."""
    return all(part["type"] == "text" for part in _parts(value))


def is_text(value: object) -> bool:
    """Whether a tool result's content is a text and not a list of parts."""
    return isinstance(value, str)


def _parts(value: object) -> list[Canonical]:
    """The parts of a message, of a list of messages or parts, of a tool result, of a text."""
    if isinstance(value, str):
        return [text_part(value)] if value else []
    if isinstance(value, list):
        return [part for i in value for part in i.get("parts", [i])]
    if not isinstance(value, dict):
        refuse("filter", f"{shown(value)} has no parts. Expected a message or parts.")
    if value.get("type") == "tool_result":
        return _parts(value["content"])
    return list(value["parts"]) if "parts" in value else [value]


def parts(value: object, *types: str) -> list[Canonical]:
    """The parts of these types, of a message or a list of messages or parts."""
    return [part for part in _parts(value) if part["type"] in types]


def without_parts(value: object, *types: str) -> list[Canonical]:
    """The parts of other types; of a list of messages, the messages without those parts."""
    if isinstance(value, list) and any("parts" in item for item in value):
        return passes.drop_parts(value, types)
    return [part for part in _parts(value) if part["type"] not in types]


def role(messages: object, *names: str) -> list[Canonical]:
    """The messages of these roles."""
    return [message for message in _messages(messages) if message["role"] in names]


def without_role(messages: object, *names: str) -> list[Canonical]:
    """The messages of other roles."""
    return [message for message in _messages(messages) if message["role"] not in names]


def _messages(value: object) -> list[Canonical]:
    if not isinstance(value, list):
        refuse("filter", f"{shown(value)} was given. Expected a list of messages.")
    return value


def base64(part: object) -> str:
    """The data of a media part, or bytes, in base64. A URL is refused: nothing is downloaded."""
    return b64.b64encode(part if isinstance(part, bytes) else _data(part)).decode("ascii")


def data_text(part: object) -> str:
    """The data of a media part as text, for services that take plain text documents as such."""
    try:
        return _data(part).decode("utf-8")
    except UnicodeDecodeError:
        refuse("messages", f"this service takes {_plural(part)} of this type as UTF-8 text only.")


def _data(part: object) -> bytes:
    data = _media(part).get("data")
    if not isinstance(data, bytes):
        refuse("messages", f"this service takes {_plural(part)} as data only. Pass data, not url.")
    return data


def data_url(part: object) -> str:
    """The URL of a media part, or a data URL of its data."""
    media = _media(part)
    if isinstance(media.get("url"), str):
        return str(media["url"])
    if "data" not in media:
        refuse("messages", f"this service takes {_plural(part)} as data or url. Pass one.")
    return f"data:{media.get('media_type', 'application/octet-stream')};base64,{base64(part)}"


def media_url(part: object) -> str:
    """The URL of a media part. Data is refused, for services that take URLs only."""
    url = _media(part).get("url")
    if not isinstance(url, str):
        refuse("messages", f"this service takes {_plural(part)} by URL only. Pass url, not data.")
    return url


def _media(part: object) -> Mapping[str, object]:
    if not isinstance(part, dict) or part.get("type") not in MEDIA_TYPES:
        refuse("messages", f"{shown(part)} is no media part. Expected {', '.join(MEDIA_TYPES)}.")
    return part


def _plural(part: object) -> str:
    return f"{part.get('type')}s" if isinstance(part, dict) else "media"


def media_format(value: object) -> str | AbsentType:
    """The short format name of a media type or media part: `mp3`, `jpeg`, `pdf`, `docx` ..."""
    media_type = value if isinstance(value, str) else _media(value).get("media_type")
    return format_name(media_type) if isinstance(media_type, str) else Absent


def own_id(call_id: str) -> str | AbsentType:
    """The id of a tool call as the service gave it; Absent when the engine made it."""
    return Absent if is_engine_id(call_id) else call_id


def tool_id(call_id: str, length: int = 9, alphabet: str = ALPHANUMERIC, exact: bool = True) -> str:
    """The id of a tool call, fitted into a service's rules; the same id gives the same text."""
    return rewritten_id(call_id, length, alphabet, exact)


def call_arguments(part: Canonical) -> Canonical:
    """The arguments of a tool call as an object, refused when the model wrote something else."""
    if not isinstance(part.get("arguments"), dict):
        refuse(
            "messages",
            f"the arguments of the tool call {shown(part.get('name'))} are not a JSON object, "
            "and this service takes no others. Remove the call, or mend its arguments.",
        )
    return dict(part["arguments"])


def call_arguments_text(part: Canonical) -> str:
    """The arguments of a tool call as text: as the model wrote them where that is known."""
    if "raw_arguments" in part:
        return str(part["raw_arguments"]) or "{}"
    return json.dumps(part.get("arguments", {}), ensure_ascii=False, separators=(",", ":"))


def _pass(function: Callable[..., object], most: int | None = 0, least: int = 0) -> MessageFilter:
    """A filter made of a pass over a list of messages."""

    def run(messages: object, *arguments: object) -> object:
        return function(_messages(messages), *arguments)

    return MessageFilter(run, least, most)


def drop_schema_keys(schema: object, *keys: str | Iterable[str]) -> Canonical:
    """Leave out keywords, given one by one or as a list."""
    names = [name for key in keys for name in ([key] if isinstance(key, str) else key)]
    return schemas.drop_schema_keys(schema, names)


MESSAGE_FILTERS: Final[dict[str, MessageFilter]] = {
    "all_text": MessageFilter(all_text),
    "alternate": _pass(passes.alternate, 1),
    "base64": MessageFilter(base64),
    "call_arguments": MessageFilter(call_arguments),
    "call_arguments_text": MessageFilter(call_arguments_text),
    "close_objects": MessageFilter(schemas.close_objects, 0, 1),
    "const_to_enum": MessageFilter(schemas.const_to_enum),
    "data_text": MessageFilter(data_text),
    "data_url": MessageFilter(data_url),
    "drop_empty": _pass(passes.drop_empty),
    "drop_empty_text": _pass(passes.drop_empty_text),
    "drop_schema_keys": MessageFilter(drop_schema_keys, 1, None),
    "ensure_first_user": _pass(passes.ensure_first_user, 1),
    "enum_to_string": MessageFilter(schemas.enum_to_string),
    "fill_prompt": _pass(prompts.fill_prompt, 1, 1),
    "flatten_prompt": _pass(prompts.flatten_prompt, 1),
    "fold_system": _pass(passes.fold_system, 1),
    "inline_refs": MessageFilter(schemas.inline_refs),
    "is_text": MessageFilter(is_text),
    "join_adjacent": _pass(passes.join_adjacent, 1),
    "late_system_to_user": _pass(passes.late_system_to_user),
    "media_format": MessageFilter(media_format),
    "media_url": MessageFilter(media_url),
    "merge_system": _pass(passes.merge_system, 1),
    "nullable_types": MessageFilter(schemas.nullable_types),
    "object_root": MessageFilter(schemas.object_root),
    "one_of_to_any_of": MessageFilter(schemas.one_of_to_any_of),
    "only_text": MessageFilter(only_text),
    "open_objects": MessageFilter(schemas.open_objects),
    "own_id": MessageFilter(own_id),
    "parts": MessageFilter(parts, 1, None),
    "role": MessageFilter(role, 1, None),
    "split_tool_images": _pass(passes.split_tool_images, 1),
    "system_to_user": _pass(passes.system_to_user),
    "text": MessageFilter(text),
    "text_join": MessageFilter(text_join, 1, 1),
    "text_or_null": MessageFilter(text_or_null),
    "text_or_omit": MessageFilter(text_or_omit),
    "tool_id": MessageFilter(tool_id, 0, 3),
    "tool_results_first": _pass(passes.tool_results_first),
    "trim_last_assistant": _pass(passes.trim_last_assistant),
    "tuples_to_prefix_items": MessageFilter(schemas.tuples_to_prefix_items),
    "types_into_any_of": MessageFilter(schemas.types_into_any_of),
    "uppercase_types": MessageFilter(schemas.uppercase_types),
    "without_parts": MessageFilter(without_parts, 1, None),
    "without_role": MessageFilter(without_role, 1, None),
}
