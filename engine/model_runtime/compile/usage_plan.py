"""Reads a service's usage object and brings it to the buckets of `Usage`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from model_runtime.findings import Findings
from model_runtime.results.usage import COUNTS, Usage

from .extractors import compile_paths
from .values import Reader, compile_value, place_in


class UsagePlan:
    """The compiled `usage:` block: where the counts are, and what includes what.

    `cached: outside` says that the service's input count leaves cached tokens out, `reasoning:
    outside` that its output count leaves reasoning out; `Usage` always includes them.
    """

    __slots__ = (
        "_cached_outside",
        "_headers",
        "_names",
        "_other_headers",
        "_others",
        "_reasoning_outside",
        "at",
        "estimates",
        "read_counts",
    )

    def __init__(self, spec: Mapping[str, Any], findings: Findings) -> None:
        self.at: Reader = compile_value(spec.get("at", "usage"), findings, place_in(spec, "at"))
        told = {name: str(spec[name]) for name in COUNTS if name in spec}
        self._headers = _headers(told)
        self._names = [name for name in told if name not in self._headers]
        paths = [str(spec[name]) for name in self._names]
        places = [place_in(spec, name) for name in self._names]
        self.read_counts: Callable[[Any], list[Any]] = compile_paths(paths, findings, places)
        others = spec.get("other") or {}
        self._other_headers = _headers(others)
        self._others = {
            name: compile_value(path, findings, place_in(others, name))
            for name, path in others.items()
            if name not in self._other_headers
        }
        if "cost" in spec:
            self._others["cost"] = compile_value(spec["cost"], findings, place_in(spec, "cost"))
        self.estimates = spec.get("estimate") is True
        self._cached_outside = spec.get("cached") == "outside"
        self._reasoning_outside = spec.get("reasoning") == "outside"

    def read(
        self, found: object, headers: Mapping[str, str] = MappingProxyType({})
    ) -> dict[str, Any]:
        """Return the counts in a usage object and in headers, without those they do not tell."""
        counts: dict[str, Any] = {}
        for name, header in self._headers.items():
            if (text := headers.get(header, "").strip()).isdecimal():
                counts[name] = int(text)
        for name, header in self._other_headers.items():
            if (amount := _amount(headers.get(header))) is not None:
                counts[name] = amount
        if not found:
            return counts
        for name, value in zip(self._names, self.read_counts(found), strict=True):
            if (count := _count(value)) is not None:
                counts[name] = count
        for name, read in self._others.items():
            if (amount := _amount(read(found))) is not None:
                counts[name] = amount
        return counts

    def normalize(self, counts: Mapping[str, Any], raw: object) -> Usage:
        """Return `Usage` with its own convention of what includes what."""
        fields: dict[str, Any] = {name: counts.get(name) for name in COUNTS}
        if self._cached_outside and fields["input_tokens"] is not None:
            cached = (fields["cache_read_tokens"] or 0) + (fields["cache_write_tokens"] or 0)
            fields["input_tokens"] += cached
        if self._reasoning_outside and fields["reasoning_tokens"] is not None:
            fields["output_tokens"] = (fields["output_tokens"] or 0) + fields["reasoning_tokens"]
        if fields["input_tokens"] is not None and fields["output_tokens"] is not None:
            fields["total_tokens"] = fields["input_tokens"] + fields["output_tokens"]
        names = (*self._other_headers, *self._others)
        other = {name: counts[name] for name in names if name in counts}
        return Usage(**fields, other=other, raw=raw)


def _headers(paths: Mapping[str, Any]) -> dict[str, str]:
    """The names of those counts that a header tells, with the header's name."""
    return {
        name: path.removeprefix("header:").lower()
        for name, path in paths.items()
        if isinstance(path, str) and path.startswith("header:")
    }


def no_usage(counts: Mapping[str, Any], raw: object) -> Usage:
    """The usage of an operation whose spec reads none."""
    return Usage(raw=raw)


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value >= 0 else None


def _amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount if amount.is_finite() else None
