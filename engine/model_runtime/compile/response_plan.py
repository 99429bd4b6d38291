"""Reads the reply of a language model: the compiled `response:` block."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from model_runtime.accumulate import BuilderOptions, ReplyBuilder
from model_runtime.branches import watched_table
from model_runtime.errors import ReplyError
from model_runtime.findings import Findings
from model_runtime.results.llm import LLMResult
from model_runtime.spec.tree import key_place_of
from model_runtime.think_tags import ThinkTags
from model_runtime.vocabulary import FinishReason

from .content_plan import ContentPlan
from .fields_plan import FieldsPlan
from .usage_plan import UsagePlan, no_usage
from .values import Reader, compile_envelope, compile_value

_EXCERPT: Final = 200


class ResponsePlan:
    """How a whole reply is told to a builder; also the tables that a stream shares with it."""

    __slots__ = ("_fields", "_inside", "builder_options", "content", "is_error", "usage")

    def __init__(
        self,
        spec: Mapping[str, Any],
        stream: Mapping[str, Any],
        findings: Findings,
        *,
        provider: str,
        in_success: str | None,
    ) -> None:
        usage = spec.get("usage")
        self.usage = UsagePlan(usage, findings) if isinstance(usage, Mapping) else None
        self._fields = FieldsPlan(spec, findings, self.usage)
        content = spec.get("content")
        self.content = ContentPlan(content, findings) if isinstance(content, Mapping) else None
        self._inside = compile_envelope(spec, findings)
        self.is_error: Reader | None = None
        if in_success:
            self.is_error = compile_value(in_success, findings, None)
        self.builder_options = BuilderOptions(
            provider=provider,
            finish_map=_finish_map(spec, findings),
            normalize_usage=self.usage.normalize if self.usage else no_usage,
            tool_keys=tuple(stream.get("tool_key") or ("index", "id", "last")),
            think_tags=_think_tags(spec),
            cumulative=frozenset(stream.get("cumulative") or ()),
        )

    def unwrapped(self, value: Any) -> Any:
        """A reply or frame without the envelope around it."""
        return value if self._inside is None else self._inside(value)

    def builder(self) -> ReplyBuilder:
        """A new builder for one reply."""
        return ReplyBuilder(self.builder_options)

    def read(self, body: Any, builder: ReplyBuilder, *, is_next_frame: bool = False) -> None:
        """Tell `builder` everything that a reply says, which is out of its envelope."""
        if self.content is not None:
            self.content.read(body, builder, is_next_frame=is_next_frame)
        self._fields.read(body, builder)


def require_answer(result: LLMResult, value: object) -> LLMResult:
    """Return `result` if its reply said anything at all.

    ReplyError otherwise: JSON of another shape comes from a wrong address, not from a model.
    """
    usage = result.usage.raw
    if result.message.parts or result.raw_finish_reason or result.id or result.model or usage:
        return result
    text = json.dumps(value, ensure_ascii=False, default=str)
    shown = text if len(text) <= _EXCERPT else text[:_EXCERPT] + "..."
    raise ReplyError(
        f"The reply holds no answer: {shown}. Expected the shape that the spec's `response` "
        "reads; check base_url and the model's name."
    )


def _finish_map(spec: Mapping[str, Any], findings: Findings) -> dict[str, FinishReason | None]:
    finish = spec.get("finish")
    written = (finish.get("map") if isinstance(finish, Mapping) else None) or {}
    table: dict[str, FinishReason | None] = {str(word): kind for word, kind in written.items()}
    return watched_table(table, findings.branches, "finish", partial(key_place_of, written))


def _think_tags(spec: Mapping[str, Any]) -> ThinkTags | None:
    tags = spec.get("think_tags")
    if not isinstance(tags, Mapping):
        return ThinkTags() if tags is True else None
    return ThinkTags(
        open=str(tags.get("open", "<think>")),
        close=str(tags.get("close", "</think>")),
        implicit_open=bool(tags.get("implicit_open", False)),
    )
