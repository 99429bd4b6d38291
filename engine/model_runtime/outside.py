"""What a call takes from outside: the time of day, and chance for the ids that the engine makes.

Where a recorded exchange is played both are set, so that the same call always sends the same.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

_clock: Final[ContextVar[Callable[[], float]]] = ContextVar("clock", default=time.time)
_chance: Final[ContextVar[Callable[[int], str]]] = ContextVar("chance", default=secrets.token_hex)


def now() -> float:
    """The time of day, in seconds since 1970."""
    return _clock.get()()


def token(size: int) -> str:
    """Text that no other has: `size` bytes by chance, in hexadecimal digits."""
    return _chance.get()(size)


@contextmanager
def set_outside(clock: Callable[[], float]) -> Iterator[None]:
    """Within this block the time is that of `clock`, and tokens count from 1."""
    numbers = itertools.count(1)

    def counted(size: int) -> str:
        return f"{next(numbers):0{2 * size}x}"

    before, chance = _clock.set(clock), _chance.set(counted)
    try:
        yield
    finally:
        _clock.reset(before)
        _chance.reset(chance)
