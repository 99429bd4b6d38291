"""What services told a while ago: lists and descriptions of models, in this process alone."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final

Key = tuple[str, ...]

_MOST: Final = 256


class Memory:
    """Remembers answers for a time. What one key of a service was told, no other key is shown.

    Credentials are kept as a keyed digest, never themselves. The oldest answers are forgotten
    first. Thread-safe.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic, most: int = _MOST) -> None:
        self._clock = clock
        self._most = most
        self._salt = secrets.token_bytes(16)
        self._known: OrderedDict[Key, tuple[float, Any]] = OrderedDict()
        self._lock = threading.Lock()

    def key(self, *names: str, credentials: Mapping[str, Any]) -> Key:
        """The key of what is asked about `names` with some credentials."""
        # What is no JSON is equal to nothing but itself, so that it is never shared.
        text = json.dumps(credentials, sort_keys=True, default=lambda value: f"object {id(value)}")
        digest = hashlib.blake2b(text.encode("utf-8", "replace"), key=self._salt, digest_size=16)
        return (*names, digest.hexdigest())

    def recall(self, key: Key, max_age: float) -> Any:
        """What was told at most `max_age` seconds ago, else None."""
        with self._lock:
            told = self._known.get(key)
        if told is None or self._clock() - told[0] >= max_age:
            return None
        return told[1]

    def keep(self, key: Key, value: Any) -> None:
        """Remember what was told just now."""
        with self._lock:
            self._known[key] = (self._clock(), value)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
