"""Durations and sizes as specs write them."""

from __future__ import annotations

import re

# What to write where a text is no duration.
DURATION_HELP = "Write 500ms, 10s, 5m or 1h."
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
# A year: what is longer is a mistake, and no clock takes an infinite one.
_LONGEST = 366 * _SECONDS["d"]
_SIZE = re.compile(r"(\d{1,9})\s*(B|KB|MB|GB|KiB|MiB|GiB)?")
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}


def read_duration(value: object) -> float:
    """Return the seconds of `10s`, `500ms`, `1m30s`, `1h` or of a number; else ValueError."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        if 0 <= value <= _LONGEST:
            return float(value)
        raise ValueError(f"{value!r} is not a duration; it must be from 0 seconds to a year")
    text = str(value).strip()
    parts = _DURATION.findall(text)
    if not parts or "".join(n + unit for n, unit in parts) != text.replace(" ", ""):
        raise ValueError(f"{value!r} is not a duration; write 500ms, 10s, 5m or 1h")
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)


def read_size(value: object) -> int:
    """Return the bytes of `50MiB`, `10KB` or of a number; else ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = _SIZE.fullmatch(str(value).strip())
    if match is None:
        raise ValueError(f"{value!r} is not a size; write 50MiB, 10KB or a number of bytes")
    return int(match[1]) * _BYTES[match[2] or "B"]
