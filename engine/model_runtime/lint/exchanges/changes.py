"""What must change in an exchange so that it says what its call now sends and gives."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from model_runtime.errors import ProviderError
from model_runtime.exchange import HttpRequest
from model_runtime.results.usage import COUNTS

from .calls import Outcome
from .cases import Case
from .matchers import exact_differences, outcome_differences, parts_of, wanted_parts


@dataclass(frozen=True, slots=True)
class Put:
    """A new value for a key, or in place of an old one."""

    value: Any


@dataclass(frozen=True, slots=True)
class Remove:
    """A key that goes."""


@dataclass(frozen=True, slots=True)
class Items:
    """A list anew: an int keeps the item of that position, anything else is a new one."""

    items: tuple[int | Put, ...]


Change = Put | Remove | Items | dict[Any, "Change"]
Changes = dict[Any, Change]

REMOVE: Final = Remove()
# What an exchange says of a result unless its author asks for more.
_GIVEN: Final = (
    "text", "reasoning", "tool_calls", "finish_reason", "embeddings", "documents", "flagged",
    "categories", "scores",
)  # fmt: skip
_SPECIAL: Final = re.compile(r"[.^$*+?{}\[\]\\|()]")


class CannotUpdate(Exception):
    """What differs is nothing that an exchange expects: somebody must look."""


def changes_of(case: Case, outcome: Outcome) -> Changes:
    """Return the changes, none when the exchange holds. CannotUpdate says what only people can."""
    rounds = case.rounds
    if len(outcome.requests) != len(rounds):
        told = f"sends {len(outcome.requests)} requests where {len(rounds)} have a reply"
        raise CannotUpdate(told)
    sends = [
        _sends(part.get("sends") or {}, sent)
        for part, sent in zip(rounds, outcome.requests, strict=True)
    ]
    found: Changes = {}
    if "rounds" in case.spec:
        parts: Changes = {index: {"sends": change} for index, change in enumerate(sends) if change}
        _keep(found, "rounds", parts)
    else:
        _keep(found, "sends", sends[0])
    found |= _ended(case.spec, outcome)
    if "events" in case.spec:
        _keep(found, "events", _subset(case.spec["events"], outcome.events))
    return found


def expected_of(outcome: Any) -> dict[str, Any]:
    """What an exchange says of a result as data, or of an error."""
    if isinstance(outcome, ProviderError):
        status = {"status": outcome.status} if outcome.status else {}
        return {"raises": {"error": type(outcome).__name__, "kind": outcome.kind, **status}}
    if isinstance(outcome, Exception):
        return {"raises": {"error": type(outcome).__name__}}
    gives = {name: outcome[name] for name in _GIVEN if name in outcome}
    counts = {name: n for name, n in (outcome.get("usage") or {}).items() if name in COUNTS}
    return {"gives": gives | ({"usage": counts} if counts else {})}


def _sends(expected: Mapping[str, Any], sent: HttpRequest) -> Changes:
    found: Changes = {}
    parts = urlsplit(sent.url)
    path = parts.path
    if "?" in str(expected.get("path")) and parts.query:
        path = f"{parts.path}?{parts.query}"
    for key, value in (("method", sent.method), ("url", sent.url), ("path", path)):
        if key in expected and expected[key] != value:
            found[key] = Put(value)
    if "query" in expected:
        query = {name: values[-1] for name, values in parse_qs(parts.query, True).items()}
        wanted = {name: str(value) for name, value in expected["query"].items()}
        _keep(found, "query", _exact(wanted, query))
    _keep(found, "headers", _headers(expected.get("headers") or {}, sent))
    banned = expected.get("no_header") or []
    kept = [index for index, name in enumerate(banned) if name.lower() not in sent.headers]
    if len(kept) < len(banned):
        found["no_header"] = Items(tuple(kept))
    return found | _body(expected, sent)


def _headers(expected: Mapping[str, Any], sent: HttpRequest) -> Changes:
    found: Changes = {}
    for name, value in expected.items():
        now = sent.headers.get(name.lower())
        if now != value:
            found[name] = REMOVE if now is None else Put(now)
    return found


def _body(expected: Mapping[str, Any], sent: HttpRequest) -> Changes:
    found: Changes = {}
    text = sent.body.decode("utf-8", "replace")
    if "body" in expected:
        try:
            _keep(found, "body", _exact(expected["body"], json.loads(text)))
        except ValueError:
            raise CannotUpdate("sends no JSON where `body` expects some") from None
    if "text" in expected and expected["text"] != text:
        found["text"] = Put(text)
    if "base64" in expected and expected["base64"] != (now := b64encode(sent.body).decode()):
        found["base64"] = Put(now)
    if "form" in expected:
        fields = parse_qs(text, keep_blank_values=True)
        told = {name: values[0] if len(values) == 1 else values for name, values in fields.items()}
        wanted = {n: v if isinstance(v, list) else str(v) for n, v in expected["form"].items()}
        _keep(found, "form", _exact(wanted, told))
    if "multipart" in expected:
        _keep(found, "multipart", _multipart(expected["multipart"], sent))
    return found


def _multipart(expected: Mapping[str, Any], sent: HttpRequest) -> Change | None:
    """The parts anew where they differ. Parts of one name become a list."""
    parts = parts_of(sent)
    if wanted_parts(expected) == parts:
        return None
    values: dict[str, list[Any]] = {}
    for name, data, filename, kind in parts:
        try:
            text = {"content": data.decode()}
        except UnicodeDecodeError:
            text = {"base64": b64encode(data).decode()}
        more = {"filename": filename, "type": kind}
        more = {key: value for key, value in more.items() if value is not None}
        part = {**text, **more} if more or "base64" in text else text["content"]
        values.setdefault(name, []).append(part)
    told = {name: found[0] if len(found) == 1 else found for name, found in values.items()}
    return _exact(expected, told) if list(told) == list(expected) else Put(told)


def _ended(spec: Mapping[str, Any], outcome: Outcome) -> Changes:
    found: Changes = {}
    key = "raises" if "raises" in spec else "gives"
    now = "gives" if outcome.error is None else "raises"
    if key != now:
        told = expected_of(outcome.data if outcome.error is None else outcome.error)
        if key in spec:
            found[key] = REMOVE
        return {**found, now: Put(told[now])}
    if outcome.error is None:
        _keep(found, key, _subset(spec.get(key) or {}, outcome.data))
    else:
        _keep(found, key, _error(spec[key], outcome.error))
    return found


def _error(expected: Mapping[str, Any], error: Exception) -> Changes:
    found: Changes = {}
    if expected.get("error", "Exception") not in [kind.__name__ for kind in type(error).__mro__]:
        found["error"] = Put(type(error).__name__)
    if not re.search(expected.get("message", ""), str(error)):
        text = error.message if isinstance(error, ProviderError) else str(error)
        found["message"] = Put(_SPECIAL.sub(r"\\\g<0>", text))
    names = {"retryable": "is_retryable"}
    for key in ("kind", "status", "retry_after", "request_id", "retryable"):
        now = getattr(error, names.get(key, key), None)
        if key in expected and any(outcome_differences(expected[key], now, key)):
            found[key] = Put(int(now) if isinstance(now, float) and now.is_integer() else now)
    return found


def _exact(expected: Any, found: Any) -> Change | None:
    """The changes that make two JSON values equal."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        changes: Changes = {key: REMOVE for key in expected if key not in found}
        for key, value in found.items():
            _keep(changes, key, _exact(expected[key], value) if key in expected else Put(value))
        return changes or None
    if isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return _aligned(expected, found, _is_exact)
        items = {index: _exact(one, found[index]) for index, one in enumerate(expected)}
        return {index: change for index, change in items.items() if change is not None} or None
    return None if _is_exact(expected, found) else Put(found)


def _subset(expected: Any, found: Any) -> Change | None:
    """The changes after which `found` holds all that is expected of it."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        changes: Changes = {}
        for key, value in expected.items():
            _keep(changes, key, _subset(value, found.get(key)))
        return changes or None
    if isinstance(expected, list) and isinstance(found, list | tuple):
        if len(expected) != len(found):
            return _aligned(expected, [_told(item, expected) for item in found], _holds)
        items = {index: _subset(one, found[index]) for index, one in enumerate(expected)}
        return {index: change for index, change in items.items() if change is not None} or None
    return None if _holds(expected, found) else Put(found)


def _is_exact(expected: Any, found: Any) -> bool:
    return not any(exact_differences(expected, found, ""))


def _holds(expected: Any, found: Any) -> bool:
    return not any(outcome_differences(expected, found, ""))


def _told(item: Any, like: Sequence[Any]) -> Any:
    """A new item of a list, with the keys that the author cares about in those of its type."""
    if not isinstance(item, Mapping):
        return item
    for other in like:
        if isinstance(other, Mapping) and other.get("type") == item.get("type"):
            return {key: item.get(key) for key in other} if "type" in other else dict(item)
    return {key: value for key, value in item.items() if value is not None}


def _aligned(expected: Sequence[Any], found: Sequence[Any], is_same: Any) -> Items:
    """A list anew, in which as many items as can be stay what they are."""
    longest = [[0] * (len(found) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(found))):
            longest[i][j] = (
                longest[i + 1][j + 1] + 1
                if is_same(expected[i], found[j])
                else max(longest[i + 1][j], longest[i][j + 1])
            )
    items: list[int | Put] = []
    i = j = 0
    while j < len(found):
        if i < len(expected) and is_same(expected[i], found[j]):
            items.append(i)
            i, j = i + 1, j + 1
        elif i < len(expected) and longest[i + 1][j] >= longest[i][j + 1]:
            i += 1
        else:
            items.append(Put(found[j]))
            j += 1
    return Items(tuple(items))


def _keep(changes: Changes, key: Any, change: Change | None) -> None:
    if change is not None and change != {}:
        changes[key] = change
