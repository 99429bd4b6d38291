"""What every model type but `llm` shares in reading replies: JSON, facts, usage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.json_text import decode_json
from model_runtime.results.usage import COUNTS, Usage

from .errors_plan import ErrorsPlan, is_error
from .usage_plan import UsagePlan
from .values import Reader, compile_envelope, compile_value, place_in

_EXCERPT = 100


class ReplyPlan:
    """Reads the JSON of a reply, finds errors inside it, and reads its usage and model."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._errors = errors
        self._is_error: Reader | None = None
        if errors.in_success:
            self._is_error = compile_value(errors.in_success, findings, None)
        usage = spec.get("usage")
        self._usage = UsagePlan(usage, findings) if isinstance(usage, Mapping) else None
        self._inside = compile_envelope(spec, findings)
        self._model = self.optional(spec, "model", findings)
        expect = spec.get("expect")
        types = expect.get("content_type") if isinstance(expect, Mapping) else None
        self._content_types: Sequence[str] = types or ()

    @staticmethod
    def optional(spec: Mapping[str, Any], key: str, findings: Findings) -> Reader | None:
        """The reader of a value that the spec may leave out."""
        if key not in spec:
            return None
        return compile_value(spec[key], findings, place_in(spec, key))

    def json(self, reply: HttpReply) -> Any:
        """The reply's JSON, out of its envelope.

        ProviderError when it tells an error, ReplyError when it is none.
        """
        try:
            value = decode_json(reply.body.strip())
        except ValueError:
            start = reply.body[:_EXCERPT].decode("utf-8", "replace")
            raise ReplyError(f"The reply is not JSON: it begins {start!r}.") from None
        if self._is_error is not None and is_error(self._is_error(value)):
            raise self._errors.read(reply.status, reply.headers, value)
        return value if self._inside is None else self._inside(value)

    def check_type(self, reply: HttpReply) -> None:
        """Refuse a reply of another media type than expected; its JSON tells why."""
        kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self._content_types or any(fnmatchcase(kind, p) for p in self._content_types):
            return
        if reply.body.lstrip()[:1] in (b"{", b"["):
            self.json(reply)
            raise self._errors.read_bytes(reply.status, reply.headers, reply.body)
        wanted = ", ".join(self._content_types)
        raise ReplyError(f"The reply is {kind or 'of no type'}; expected {wanted}.")

    def usage(
        self,
        value: Any,
        seconds: float | None,
        headers: Mapping[str, str] = MappingProxyType({}),
    ) -> Usage:
        """The usage that a reply tells, in its JSON or in its headers."""
        if self._usage is None:
            return Usage(latency=seconds)
        found = self._usage.at(value)
        usage = self._usage.normalize(self._usage.read(found or {}, headers), found)
        return with_latency(usage, seconds)

    def model(self, value: Any) -> str | None:
        """The model that a reply names."""
        found = self._model(value) if self._model is not None else None
        return None if found is None else str(found)


def measured(usage: Usage, name: str, amount: float | None) -> Usage:
    """The usage with an amount that is known here, unless the service tells its own."""
    if amount is None or name in usage.other:
        return usage
    return replace(usage, other={**usage.other, name: Decimal(str(amount))})


def with_latency(usage: Usage, seconds: float | None) -> Usage:
    """The usage with the seconds that the call took."""
    return replace(usage, latency=seconds)


def sum_usage(parts: Iterable[Usage]) -> Usage:
    """Add the usage of several requests: a count is None only when none of them told it."""
    usages = list(parts)
    if len(usages) == 1:
        return usages[0]
    fields: dict[str, Any] = {}
    for name in (*COUNTS, "latency"):
        told = [value for usage in usages if (value := getattr(usage, name)) is not None]
        fields[name] = sum(told) if told else None
    other: dict[str, Decimal] = {}
    for usage in usages:
        for name, amount in usage.other.items():
            other[name] = other.get(name, Decimal(0)) + amount
    return Usage(**fields, other=other, raw=[usage.raw for usage in usages])


def rows_of(spec: Mapping[str, Any], findings: Findings) -> tuple[Reader, dict[str, Reader]]:
    """The reader of a list, and those of its items' fields, of a block with `each`."""
    each = compile_value(spec.get("each", "@"), findings, place_in(spec, "each"))
    fields = {
        name: compile_value(value, findings, place_in(spec, name))
        for name, value in spec.items()
        if name not in ("each", "$replace") and not name.startswith("x-")
    }
    return each, fields
