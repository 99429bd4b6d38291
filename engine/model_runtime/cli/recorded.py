"""A live call -> an exchange file: what is kept of it, what is scrubbed, and what is refused."""

from __future__ import annotations

import base64
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from model_runtime.errors import ModelRuntimeError
from model_runtime.framing.sse import SseFraming
from model_runtime.lint.exchanges.changes import expected_of
from model_runtime.probe.spec_text import flow
from model_runtime.runtime.recording import Round
from model_runtime.secrets import Redactor, Secret

# All that is kept of a reply's head; of a request's head nothing is.
_KEPT_HEADERS: Final = ("content-type", "retry-after")
_IDS: Final = frozenset({"id", "request_id", "response_id", "tool_call_id", "call_id", "item_id"})
_TIMES: Final = frozenset({"created", "created_at", "timestamp", "completed_at"})
_ACCOUNTS: Final = frozenset(
    {"organization", "organization_id", "org_id", "account", "account_id", "user_id", "email"}
    | {"system_fingerprint", "workspace", "tenant", "project_id"}
)
_SECRET_NAME: Final = re.compile(r"key|token|secret|password|credential|auth", re.IGNORECASE)
_LEAST_SECRET: Final = 8


class SecretFound(ModelRuntimeError):
    """What would be saved holds a secret, so nothing is saved."""


def write_exchange(
    given: Mapping[str, Any], rounds: Iterable[Round], outcome: Any, day: str
) -> dict[str, Any]:
    """Put an exchange together, without ids, times and names of accounts."""
    pairs = [{"sends": _sends(kept), "reply": _reply(kept)} for kept in rounds]
    whole: dict[str, Any] = {"source": f"recorded {day}", "given": dict(given)}
    whole |= pairs[0] if len(pairs) == 1 else {"rounds": pairs}
    error = isinstance(outcome, ModelRuntimeError)
    whole |= expected_of(outcome if error else outcome.to_dict())
    return _scrubbed(whole)


def without_tokens(exchange: dict[str, Any], tokens: Iterable[Secret]) -> dict[str, Any]:
    """Put names in place of tokens that the call bought, the same for one token everywhere."""
    for index, token in enumerate(tokens, 1):
        cleaned = Redactor([token], mask=f"token-{index}").clean(exchange)
        assert isinstance(cleaned, dict)
        exchange = cleaned
    return exchange


def as_text(exchange: Mapping[str, Any]) -> str:
    """Write an exchange as YAML, one line for each thing."""
    lines: list[str] = []
    for key, value in exchange.items():
        if isinstance(value, Mapping):
            lines += [f"{key}:", *(f"  {name}: {flow(item)}" for name, item in value.items())]
        else:
            lines.append(f"{key}: {flow(value)}")
    return "\n".join(lines) + "\n"


def refuse_secrets(exchange: Mapping[str, Any], text: str, secrets: Mapping[str, str]) -> None:
    """Raise SecretFound when any secret stands in an exchange, in any spelling."""
    for name, secret in secrets.items():
        redact = Redactor([secret])
        where = next((path for path, leaf in _leaves(exchange, "") if redact(leaf) != leaf), "")
        if where or redact(text) != text:
            raise SecretFound(
                f"{where or 'the exchange'}: it holds the secret {name}; so nothing is saved. "
                "Ask something that the service does not answer with it."
            )


def secrets_of(
    credentials: Mapping[str, Any], secret_names: Iterable[str], rounds: Iterable[Round]
) -> dict[str, str]:
    """Every secret that is known: of the call, of its requests' heads, and of the environment."""
    found = {
        f"of the credential {name}" + (f" (part {index})" if index else ""): text
        for name in secret_names
        for index, text in enumerate(_texts(credentials.get(name)))
    }
    for kept in rounds:
        for name, value in kept.request.headers.items():
            if _SECRET_NAME.search(name):
                found[f"of the header {name}"] = value.rpartition(" ")[2]
    for name, value in os.environ.items():
        if _SECRET_NAME.search(name) and len(value) >= _LEAST_SECRET and not os.path.exists(value):
            found[f"of the variable {name}"] = value
    return found


def _texts(value: object) -> Iterator[str]:
    """A credential as it is, and the members of one that is JSON."""
    if not isinstance(value, str):
        return
    yield value
    if value.lstrip().startswith("{"):
        try:
            members = _leaves(json.loads(value), "")
        except ValueError:
            return
        yield from (text for path, text in members if len(text) >= _LEAST_SECRET and path)


def _sends(kept: Round) -> dict[str, Any]:
    request = kept.request
    sends: dict[str, Any] = {"method": request.method, "url": request.url}
    if not request.body:
        return sends
    try:
        return sends | {"body": json.loads(request.body)}
    except ValueError:
        return sends | _text_or_base64(request.body)


def _reply(kept: Round) -> dict[str, Any]:
    head = kept.reply.headers
    headers = {name: head[name] for name in _KEPT_HEADERS if name in head}
    reply: dict[str, Any] = {"status": kept.reply.status, "headers": headers}
    body = bytes(kept.body)
    if head.get("content-type", "").startswith("text/event-stream"):
        return reply | {"sse": list(_frames(body))}
    try:
        return reply | {"json": json.loads(body)}
    except ValueError:
        return reply | _text_or_base64(body)


def _frames(body: bytes) -> Iterator[Any]:
    framing = SseFraming()
    for frame in [*framing.feed(body), *framing.finish()]:
        try:
            data = json.loads(frame.data)
        except ValueError:
            data = str(frame.data)
        yield {"event": frame.event, "data": data} if frame.event else data


def _text_or_base64(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}


def _scrubbed(exchange: dict[str, Any]) -> dict[str, Any]:
    """Replace ids by others of the same place everywhere, and blank times and accounts."""
    names: dict[str, str] = {}
    for pair in exchange.get("rounds") or [exchange]:
        for key, value in _members(pair.get("reply")):
            if key in _IDS and isinstance(value, str) and len(value) >= _LEAST_SECRET:
                names.setdefault(value, f"id-{len(names) + 1}")
    names.pop(str(exchange["given"].get("model")), None)
    scrubbed: dict[str, Any] = _replaced(exchange, names)
    return scrubbed


def _replaced(value: Any, names: Mapping[str, str], key: str = "") -> Any:
    if isinstance(value, Mapping):
        return {name: _replaced(item, names, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, names, key) for item in value]
    if key in _TIMES and isinstance(value, int | float):
        return 0
    if isinstance(value, str):
        return "scrubbed" if key in _ACCOUNTS else names.get(value, value)
    return value


def _members(value: object) -> Iterator[tuple[str, object]]:
    """Every key with its value, at any depth."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key), item
            yield from _members(item)
    elif isinstance(value, list):
        for item in value:
            yield from _members(item)


def _leaves(value: object, path: str) -> Iterator[tuple[str, str]]:
    """Every text with its path, keys included."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield f"{path}.{key}".lstrip("."), str(key)
            yield from _leaves(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif isinstance(value, str):
        yield path, value
