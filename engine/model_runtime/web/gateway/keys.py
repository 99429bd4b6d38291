"""Keys of the gateway: who may call which models, how often, and how much at once.

A key is kept as the SHA-256 of its text, so that a list of keys is no list of secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

from model_runtime.errors import InvalidParameter

from .faults import Fault

PREFIX: Final = "mr-"
_MINUTE: Final = 60.0
_FIELDS: Final = (
    "name", "sha256", "models", "requests_per_minute", "tokens_per_minute", "concurrency",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayKey:
    """One key: its name for logs and metrics, the hash of its text, and its limits.

    `models` are patterns such as `acme/*`; None as a limit means no limit.
    """

    name: str
    sha256: str
    models: tuple[str, ...] = ("*",)
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    concurrency: int | None = None

    @classmethod
    def of(cls, name: str, text: str, **limits: Any) -> GatewayKey:
        """The key with this text."""
        return cls(name=name, sha256=digest(text), **limits)

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> GatewayKey:
        """A key of a file. InvalidParameter names what is wrong with it."""
        name = value.get("name")
        unknown = sorted(set(value) - set(_FIELDS))
        if not isinstance(name, str) or not isinstance(value.get("sha256"), str):
            raise InvalidParameter("a gateway key needs `name` and `sha256`, both texts.")
        if unknown:
            raise InvalidParameter(
                f"the gateway key {name!r} has the unknown field {unknown[0]!r}. "
                f"Known: {', '.join(_FIELDS)}."
            )
        for limit in _FIELDS[3:]:
            given = value.get(limit)
            if given is not None and (not isinstance(given, int) or given < 1):
                raise InvalidParameter(
                    f"the gateway key {name!r}: {limit} is {given!r}; expected a whole number "
                    "from 1, or nothing for no limit."
                )
        return cls(**{**value, "models": tuple(value.get("models") or ("*",))})

    def to_dict(self) -> dict[str, Any]:
        """The key as a file keeps it, without limits that are not set."""
        found = {name: getattr(self, name) for name in _FIELDS}
        found["models"] = list(self.models)
        return {name: value for name, value in found.items() if value is not None}

    def may_call(self, model: str) -> bool:
        """Whether one of its patterns fits the model."""
        return any(fnmatchcase(model, pattern) for pattern in self.models)


def digest(text: str) -> str:
    """The hash under which a key is kept."""
    return hashlib.sha256(text.encode()).hexdigest()


def new_key_text() -> str:
    """A new key: 256 bits that cannot be guessed."""
    return PREFIX + secrets.token_urlsafe(32)


@dataclass(slots=True)
class _Spent:
    """What a key has used: the moments of its requests, its tokens, and its calls under way."""

    requests: deque[float] = field(default_factory=deque)
    tokens: deque[tuple[float, int]] = field(default_factory=deque)
    running: int = 0


class KeyRing:
    """The keys of a gateway and what each has spent in the last minute.

    Without keys every caller is let in, under no name: the app's own guard stands before that.
    """

    def __init__(
        self, keys: Iterable[GatewayKey], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._keys = tuple(keys)
        self._clock = clock
        self._spent: dict[str, _Spent] = {key.name: _Spent() for key in self._keys}
        if len(self._spent) < len(self._keys):
            raise InvalidParameter("two gateway keys have the same name. Give each its own.")

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, text: str | None) -> GatewayKey | None:
        """The key with this text, None where no key is needed. Fault for a wrong or missing one."""
        if not self._keys:
            return None
        if not text:
            raise Fault(
                "auth", "no key was given. Send one as `Authorization: Bearer ...` or `x-api-key`."
            )
        given = digest(text)
        found = [key for key in self._keys if hmac.compare_digest(key.sha256, given)]
        if not found:
            raise Fault("auth", "the gateway does not know this key.")
        return found[0]

    @contextmanager
    def admitted(self, key: GatewayKey | None, model: str) -> Iterator[Callable[[int], None]]:
        """Let one call in, or raise Fault; yields what takes the call's tokens when it is over."""
        if key is None:
            yield lambda tokens: None
            return
        if not key.may_call(model):
            allowed = ", ".join(key.models)
            raise Fault("permission", f"this key may not call {model!r}. It may call: {allowed}.")
        spent = self._spent[key.name]
        self._admit(key, spent)
        spent.running += 1
        try:
            yield lambda tokens: spent.tokens.append((self._clock(), tokens))
        finally:
            spent.running -= 1

    def _admit(self, key: GatewayKey, spent: _Spent) -> None:
        now = self._clock()
        while spent.requests and spent.requests[0] <= now - _MINUTE:
            spent.requests.popleft()
        while spent.tokens and spent.tokens[0][0] <= now - _MINUTE:
            spent.tokens.popleft()
        if key.concurrency is not None and spent.running >= key.concurrency:
            raise Fault("rate_limit", f"{spent.running} calls of this key are under way.", 1.0)
        if key.requests_per_minute is not None and len(spent.requests) >= key.requests_per_minute:
            wait = spent.requests[0] + _MINUTE - now
            raise Fault(
                "rate_limit",
                f"this key may send {key.requests_per_minute} requests a minute.",
                wait,
            )
        used = sum(tokens for _, tokens in spent.tokens)
        if key.tokens_per_minute is not None and used >= key.tokens_per_minute:
            wait = spent.tokens[0][0] + _MINUTE - now
            raise Fault(
                "rate_limit", f"this key may use {key.tokens_per_minute} tokens a minute.", wait
            )
        spent.requests.append(now)
