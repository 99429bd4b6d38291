"""What was learned -> the text of a spec: what differs, and comments for what is not known."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

from model_runtime._data import shipped
from model_runtime.errors import HostRefused
from model_runtime.hosts import is_private, normal_host

from .learned import Learned, Note
from .service import BEARER

# The one bundled base whose wire most services speak; found by how bases are named.
_BASE_ENDING: Final = "_compatible"
_PLAIN: Final = re.compile(r"\$?[A-Za-z_][\w./-]*")
_CHANGED_BY_YAML: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
_HARMFUL: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_KEY: Final = "{{ credentials.api_key }}"


def write_spec(name: str, label: str, base_url: str, learned: Learned, env: str | None) -> str:
    """Write the spec of a service that was asked."""
    lines = [*head(name, label), *address_lines(base_url, credentials(learned.needs_key, env))]
    lines += block(differences(learned))
    if learned.models:
        lines.append("models:")
        lines += [f"  - {flow(row)}" for row in learned.models]
    lines += ["", "# What the service answered:"]
    lines += [f"# {sentence(note)}" for note in learned.notes]
    lines += unknown_lines(learned.notes)
    return "\n".join(lines) + "\n"


def head(name: str, label: str) -> list[str]:
    """The lines that every spec begins with."""
    start = ["spec_version: 1", f"provider: {name}", f"extends: {_parent()}"]
    return [*start, f"label: {scalar(label)}"]


def _parent() -> str:
    names = (folder.name for folder in shipped("provider_specs").iterdir())
    return next(name for name in names if name.endswith(_BASE_ENDING))


def credentials(needs_key: bool | None, env: str | None) -> dict[str, Any]:
    """What differs from the parent's form, whose key is not required and has the usual name."""
    row: dict[str, Any] = {"env": env} if env else {}
    if needs_key:
        row["required"] = True
    return {"api_key": row} if row else {}


def address_lines(base_url: str, form: Mapping[str, Any]) -> list[str]:
    """The address and the form. A spec may not name an http address that is not its user's own."""
    if _may_stand(base_url):
        lines = [f"base_url: {scalar(base_url)}"]
    else:
        field = {"type": "text-input", "format": "url", "default": base_url}
        form = {**form, "base_url": field}
        lines = ['base_url: "{{ credentials.base_url }}"']
    if any(row.get("required") for row in form.values()):
        # Where keys are made nobody has told; the host is the nearest page that is known.
        about = {"title": "About the service", "url": "/".join(base_url.split("/")[:3])}
        lines.append(f"help: {flow(about)}   # better: the page where keys are made")
    if form:
        lines += ["credentials:", *(f"  {key}: {flow(row)}" for key, row in form.items())]
    return lines


def _may_stand(base_url: str) -> bool:
    parts = urlsplit(base_url)
    try:
        host = normal_host(parts.hostname or "")
    except HostRefused:
        return False
    return parts.scheme == "https" or is_private(host) or "." not in host


def differences(learned: Learned) -> dict[str, Any]:
    """The tree of what the parent does not say already."""
    tree: dict[str, Any] = {}
    if learned.style != BEARER:
        tree["auth"] = key_auth(learned.style.header, learned.style.prefix)
    parts = {
        "roles": learned.roles,
        "parameters": learned.parameters,
        "response_format": learned.response_format,
        "errors": learned.errors,
        "operations": learned.operations,
    }
    return tree | {key: value for key, value in parts.items() if value}


def key_auth(header: str, prefix: str = "") -> dict[str, Any]:
    """Auth that sends the key in a header of its own."""
    value = f"{prefix}{_KEY}"
    return {"$replace": True, "kind": "header", "headers": {header: value}}


def sentence(note: Note) -> str:
    """A finding in one line."""
    return f"{note.subject}: {note.state} ({note.evidence})"


def unknown_lines(notes: Sequence[Note]) -> list[str]:
    """The lines that would be right if what is not known turned out so."""
    lines = [f"# {note.line}   # {note.subject}" for note in notes if note.line]
    return ["", "# Not known. Write into the spec what turns out so:", *lines] if lines else []


def block(tree: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """Write a tree in lines; a map of plain values stands in one line."""
    for key, value in tree.items():
        if isinstance(value, Mapping) and any(isinstance(v, Mapping) for v in value.values()):
            yield f"{indent}{scalar(key)}:"
            yield from block(value, indent + "  ")
        else:
            yield f"{indent}{scalar(key)}: {flow(value)}"


def flow(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{scalar(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    return scalar(value) if isinstance(value, str) else json.dumps(value)


def scalar(text: str) -> str:
    """Write a text plainly where YAML leaves it as it is, else in quotes."""
    if _PLAIN.fullmatch(text) and text.lower() not in _CHANGED_BY_YAML:
        return text
    if re.fullmatch(r"https?://[\w.:/\[\]-]*\w", text) and "[" not in text:
        return text
    # What YAML takes for a line's end, or for nothing, stands as its escape.
    return _HARMFUL.sub(
        lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False)
    )


def write_template(name: str, label: str, base_url: str, env: str | None) -> str:
    """Write a spec without asking: what is there in most services, and what may differ."""
    lines = [*head(name, label), *address_lines(base_url, credentials(True, env))]
    return "\n".join([*lines, "", _TEMPLATE])


_TEMPLATE: Final = """\
# Nothing was asked. What the parent says stands; take the first # away from what differs.
# auth: {$replace: true, kind: header, headers: {x-api-key: "{{ credentials.api_key }}"}}
# parameters: {max_tokens: max_completion_tokens, seed: $unset}
# roles: {system: user}
# response_format: [json_object]
# errors: {message: error.detail}
# operations:
#   llm:
#     response: {reasoning: choices[0].message.thinking}
#     stream: {body: {stream_options: $unset}, delta: {reasoning: choices[0].delta.thinking}}
#   list_models: $unset
#   text-embedding: $unset
#   rerank: $unset
#   speech2text: $unset
#   tts: $unset
#   moderation: $unset
# models:
#   - {model: large, model_type: llm, features: [tool-call]}
"""
