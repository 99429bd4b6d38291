"""Reads the reply of a moderation model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.results.moderation import ModerationResult
from model_runtime.results.usage import Usage

from .errors_plan import ErrorsPlan
from .extractors import shape_of
from .task_plans import ReplyPlan, rows_of, sum_usage
from .values import Reader, compile_value, place_in


class ModerationPlan:
    """The compiled `response:` of `moderation`. Without `flagged` any true category flags."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._reply = ReplyPlan(spec, findings, errors)
        self._each = ReplyPlan.optional(spec, "each", findings)
        self._flagged = ReplyPlan.optional(spec, "flagged", findings)
        self._categories = _map_reader(spec, "categories", findings)
        self._scores = _map_reader(spec, "scores", findings)

    def read(
        self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> ModerationResult:
        """Return the judgement. ReplyError when the reply holds none."""
        value = self._reply.json(reply)
        return self.read_value(value, self._reply.usage(value, seconds, reply.headers))

    def read_value(self, value: Any, usage: Usage) -> ModerationResult:
        """Return the judgement that JSON, or another operation's result, holds."""
        if self._each is None:
            return replace(self._judgement(value), usage=usage)
        rows = self._each(value)
        if not isinstance(rows, list) or not rows:
            raise ReplyError(f"The reply holds no judgement; it has the shape {shape_of(value)}.")
        return replace(self.merge([self._judgement(row) for row in rows]), usage=usage)

    def _judgement(self, value: Any) -> ModerationResult:
        categories = {k: bool(v) for k, v in self._categories(value).items()}
        flagged = self._flagged(value) if self._flagged is not None else None
        if flagged is None and not categories:
            raise ReplyError(f"The reply holds no judgement; it has the shape {shape_of(value)}.")
        return ModerationResult(
            flagged=bool(flagged) if flagged is not None else any(categories.values()),
            categories=categories,
            scores={k: float(v) for k, v in self._scores(value).items() if v is not None},
            raw=value,
        )

    @staticmethod
    def merge(results: Sequence[ModerationResult]) -> ModerationResult:
        """Join the judgements of a long text's pieces: the worst of each."""
        if len(results) == 1:
            return results[0]
        categories: dict[str, bool] = {}
        scores: dict[str, float] = {}
        for result in results:
            for name, found in result.categories.items():
                categories[name] = categories.get(name, False) or found
            for name, score in result.scores.items():
                scores[name] = max(scores.get(name, score), score)
        return ModerationResult(
            warnings=tuple(dict.fromkeys(text for result in results for text in result.warnings)),
            flagged=any(result.flagged for result in results),
            categories=categories,
            scores=scores,
            usage=sum_usage(result.usage for result in results),
            raw=[result.raw for result in results],
        )


def _map_reader(spec: Mapping[str, Any], key: str, findings: Findings) -> Reader:
    """A reader of `{name: value}`: a path to such a map, or rows with name and value."""
    block = spec.get(key)
    if block is None:
        return lambda value: {}
    if not isinstance(block, Mapping) or "each" not in block:
        read = compile_value(block, findings, place_in(spec, key))
        return lambda value: found if isinstance(found := read(value), Mapping) else {}
    each, fields = rows_of(block, findings)
    name, amount = fields["name"], fields["value"]
    return lambda value: {str(name(row)): amount(row) for row in each(value) or ()}
