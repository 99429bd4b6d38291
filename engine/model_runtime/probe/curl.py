"""A pasted curl command -> the text of a spec. No secret of the command is kept."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from .spec_text import address_lines, block, credentials, head, key_auth, scalar

# The parent's own paths, by the operation that has them.
_PATHS: Final = {
    "/chat/completions": "llm",
    "/embeddings": "text-embedding",
    "/rerank": "rerank",
    "/audio/transcriptions": "speech2text",
    "/audio/speech": "tts",
    "/moderations": "moderation",
}
# What the engine fills in, by the key that the wire has for it; None where the parent has a map.
_FILLED: Final[dict[str, dict[str, str]]] = {
    "llm": {"model": "{{ model }}", "prompt": "{{ messages | flatten_prompt }}"},
    "text-embedding": {"model": "{{ model }}", "input": "{{ texts }}", "texts": "{{ texts }}"},
    "rerank": {
        "model": "{{ model }}",
        "query": "{{ query }}",
        "documents": "{{ documents }}",
        "top_n": "{{ top_n }}",
    },
    "tts": {"model": "{{ model }}", "input": "{{ text }}", "text": "{{ text }}"}
    | {"voice": "{{ voice }}", "response_format": "{{ format }}"},
    "moderation": {"model": "{{ model }}", "input": "{{ text }}"},
}
_PARENTS: Final = {
    "llm": ("model", "messages", "tools", "tool_choice", "response_format"),
    "text-embedding": ("model", "input", "dimensions", "encoding_format"),
    "rerank": ("model", "query", "documents", "top_n"),
    "speech2text": ("model", "file", "language"),
    "tts": ("model", "input", "voice", "response_format"),
    "moderation": ("model", "input"),
}
# A caller sets these, so what stands in the command is only an example of them.
_PARAMETERS: Final = frozenset(
    {"temperature", "top_p", "max_tokens", "seed", "frequency_penalty", "presence_penalty"}
    | {"stop", "user", "stream", "stream_options"}
)
_DATA: Final = ("-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json")
_FORM: Final = ("-F", "--form", "--form-string")
# Options of curl that take a value and say nothing about the operation.
_WITH_VALUE: Final = frozenset(
    {"-o", "--output", "-m", "--max-time", "-x", "--proxy", "-A", "--user-agent", "-e", "-b"}
    | {"--connect-timeout", "--retry", "-w", "--write-out", "--cacert", "-c", "--cookie"}
)
_SECRET_HEADER: Final = re.compile(r"key|token|secret|auth|password|cookie|session", re.IGNORECASE)
_SECRET_KEY: Final = re.compile(r"(?:^|[_-])(?:key|token|secret|password)$", re.IGNORECASE)
_VARIABLE: Final = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)\}?")
_OWN_HEADERS: Final = frozenset({"content-type", "accept", "user-agent", "content-length", "host"})


@dataclass(slots=True)
class CurlCommand:
    """What a curl command sends. `headers` have lower case names."""

    url: str = ""
    method: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    user: str = ""


def read_curl(text: str) -> CurlCommand:
    """Read a curl command. ValueError says what it lacks."""
    words = shlex.split(text.replace("\\\r\n", " ").replace("\\\n", " "), comments=False)
    while words and words[0] in ("$", "sudo"):
        words = words[1:]
    if not words or words[0] != "curl":
        raise ValueError("the text is no curl command; expected it to begin with `curl`.")
    command, data = CurlCommand(), []
    for option, value in _options(words[1:]):
        if option in ("-H", "--header"):
            name, _, content = value.partition(":")
            command.headers[name.strip().lower()] = content.strip()
        elif option in ("-X", "--request"):
            command.method = value.upper()
        elif option in _DATA:
            data.append(value)
        elif option in _FORM:
            name, _, content = value.partition("=")
            command.form[name] = content
        elif option in ("-u", "--user"):
            command.user = value
        elif option in ("--url", ""):
            command.url = value
    return _whole(command, data)


def _options(words: list[str]) -> Iterator[tuple[str, str]]:
    """Each option with its value; the option of the URL is empty."""
    known = {"-H", "--header", "-X", "--request", "-u", "--user", "--url"}
    known |= {*_DATA, *_FORM, *_WITH_VALUE}
    rest = iter(words)
    for word in rest:
        option, equals, value = word.partition("=")
        if word.startswith("--") and equals and option in known:
            yield option, value
        elif word in known:
            yield word, next(rest, "")
        elif word[:2] in known and not word.startswith("--"):
            yield word[:2], word[2:]
        elif not word.startswith("-"):
            yield "", word


def _whole(command: CurlCommand, data: list[str]) -> CurlCommand:
    if not command.url:
        raise ValueError("the command has no URL.")
    if "://" not in command.url:
        command.url = f"https://{command.url}"
    if data:
        try:
            body = json.loads("".join(data))
        except ValueError:
            raise ValueError("the body (-d) is not JSON, so it makes no operation.") from None
        if not isinstance(body, dict):
            raise ValueError("the body (-d) is no JSON object, so it makes no operation.")
        command.body = body
    if not command.body and not command.form:
        raise ValueError("the command sends no body (-d or -F), so it makes no operation.")
    return command


def write_curl_spec(name: str, label: str, command: CurlCommand) -> str:
    """Write the spec of a provider whose operation sends what the command sends."""
    operation = _operation(command)
    base_url, path = _split(command.url, operation)
    auth, env = _auth(command)
    needs_key = any(map(_SECRET_HEADER.search, command.headers))
    lines = [*head(name, label), *address_lines(base_url, credentials(needs_key, env or None))]
    tree: dict[str, Any] = {"auth": auth} if auth else {}
    headers = {key: value for key, value in command.headers.items() if _is_plain(key, value)}
    tree |= {"headers": headers} if headers else {}
    request = _request(command, operation, path)
    tree |= {"operations": {operation: {"request": request}}} if request else {}
    lines += block(tree)
    model = command.body.get("model") or command.form.get("model")
    if isinstance(model, str) and "$" not in model:
        lines += ["models:", f"  - {{model: {scalar(model)}, model_type: {operation}}}"]
    return "\n".join([*lines, *_remarks(command, operation, path)]) + "\n"


def _operation(command: CurlCommand) -> str:
    """The model type of a command: by its path, else by what its body holds."""
    path = urlsplit(command.url).path
    for known, operation in _PATHS.items():
        if path.endswith(known):
            return operation
    body = command.body
    if command.form:
        return "speech2text"
    if "documents" in body and "query" in body:
        return "rerank"
    if "messages" in body or "prompt" in body:
        return "llm"
    if "voice" in body or "speech" in path or "tts" in path:
        return "tts"
    if "embed" in path or "texts" in body or isinstance(body.get("input"), list):
        return "text-embedding"
    return "moderation" if "moderat" in path else "llm"


def _split(url: str, operation: str) -> tuple[str, str]:
    """The base URL, and the path of the operation where it is not the parent's."""
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
    own = next(path for path, kind in _PATHS.items() if kind == operation)
    if parts.path.endswith(own):
        return origin + parts.path.removesuffix(own), ""
    version = re.match(r"(?:/[\w.-]+)*?/v\d+(?:beta\d*)?(?=/)", parts.path)
    prefix = version[0] if version else ""
    return origin + prefix, parts.path[len(prefix) :] or "/"


def _auth(command: CurlCommand) -> tuple[dict[str, Any], str]:
    """What differs from the parent's auth, and the variable that the command names for its key."""
    for name, value in command.headers.items():
        if not _SECRET_HEADER.search(name):
            continue
        variable = _VARIABLE.search(value)
        env = variable[1] if variable else ""
        if name != "authorization":
            return key_auth(name), env
        scheme, space, _ = value.partition(" ")
        if scheme.lower() == "bearer":
            return {}, env
        return key_auth(name, f"{scheme} " if space else ""), env
    return {}, ""


def _is_plain(name: str, value: str) -> bool:
    """Whether a header is the service's own and no secret."""
    return name not in _OWN_HEADERS and not _SECRET_HEADER.search(name) and "$" not in value


def _request(command: CurlCommand, operation: str, path: str) -> dict[str, Any]:
    """What differs from the parent's request."""
    request: dict[str, Any] = {"path": path} if path else {}
    extra = _extra(command.body, operation)
    if command.form:
        known = set(_PARENTS["speech2text"])
        fixed = {k: v for k, v in command.form.items() if _is_kept(k, known)}
        return request | ({"multipart": fixed} if fixed else {})
    missing = [key for key in _PARENTS[operation][:2] if key not in command.body]
    body: dict[str, Any] = {}
    if missing:
        # Not the parent's shape: the body is written anew.
        body = {"$replace": True}
        body |= {k: v for k, v in _FILLED[operation].items() if k in command.body}
        extra["$merge"] = ["wire_parameters", "extra_body"]
    body |= extra
    return request | ({"body": body} if body else {})


def _extra(body: Mapping[str, Any], operation: str) -> dict[str, Any]:
    """The keys that the parent does not send, with the command's own values."""
    known = {*_PARENTS[operation], *_FILLED.get(operation, ()), *_PARAMETERS}
    return {_escaped(key): value for key, value in body.items() if _is_kept(key, known)}


def _is_kept(key: str, known: set[str]) -> bool:
    return key not in known and not _SECRET_KEY.search(key)


def _escaped(key: str) -> str:
    return f"${key}" if key.startswith("$") else key


def _remarks(command: CurlCommand, operation: str, path: str) -> list[str]:
    """What the command does not tell."""
    lines = ["", "# Made from a curl command, whose secrets are not kept. Not known from it:"]
    lines += ["# how the service answers; the parent reads its own shape."]
    if path and operation == "llm":
        lines += ["# operations: {llm: {response: {text: output.text}}}"]
    if command.user:
        lines += ["# auth: {$replace: true, kind: basic, ...}   # the command has -u"]
    given = sorted(_PARAMETERS & command.body.keys() - {"stream", "stream_options"})
    lines += [f"# Callers set these: {', '.join(given)}."] if given else []
    return lines
