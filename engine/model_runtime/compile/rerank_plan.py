"""Reads the reply of a rerank model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from model_runtime.absent import Absent
from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.results.rerank import RankedDocument, RerankResult

from .errors_plan import ErrorsPlan
from .extractors import shape_of
from .task_plans import ReplyPlan, rows_of, sum_usage


class RerankPlan:
    """The compiled `response:` of `rerank`. Scores stay as the service gives them."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._reply = ReplyPlan(spec, findings, errors)
        rows = spec.get("documents")
        rows = rows if isinstance(rows, Mapping) else {"each": str(rows or "@"), "score": "@"}
        self._next = ReplyPlan.optional(spec, "next", findings)
        self._each, fields = rows_of(rows, findings)
        self._index = fields.get("index")
        self._score = fields.get("score")
        self._text = fields.get("text")

    def read(
        self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> RerankResult:
        """Return the documents, best first, cut by `top_n` and by `score_threshold` (`>=`)."""
        value = self._reply.json(reply)
        rows = self._each(value)
        if not isinstance(rows, list):
            raise ReplyError(f"The reply holds no documents; it has the shape {shape_of(value)}.")
        given = scope["documents"]
        found = [self._document(position, row, given) for position, row in enumerate(rows)]
        return RerankResult(
            documents=_selected(found, scope),
            usage=self._reply.usage(value, seconds, reply.headers),
            model=self._reply.model(value),
            raw=value,
        )

    def following(self, result: RerankResult) -> object:
        """What asks for the rest of a long answer; None when this is all of it."""
        return (self._next(result.raw) or None) if self._next is not None else None

    def merge(self, results: Sequence[RerankResult]) -> RerankResult:
        """Join the results of several requests; their indexes are already the caller's."""
        if len(results) == 1:
            return results[0]
        documents = [document for result in results for document in result.documents]
        documents.sort(key=lambda document: -document.score)
        return RerankResult(
            documents=tuple(documents),
            usage=sum_usage(result.usage for result in results),
            model=results[0].model,
            raw=[result.raw for result in results],
        )

    def _document(self, position: int, row: Any, given: Sequence[Any]) -> RankedDocument:
        index = self._index(row) if self._index is not None else position
        index = position if index is None else int(index)
        if not 0 <= index < len(given):
            raise ReplyError(f"The reply ranks a document {index} of {len(given)}.")
        score = self._score(row) if self._score is not None else row
        if isinstance(score, bool) or not isinstance(score, int | float):
            raise ReplyError(f"Document {index} has no score; its row is {shape_of(row)}.")
        text = given[index]
        if not isinstance(text, str):
            text = self._text(row) if self._text is not None else None
        return RankedDocument(index=index, text=text, score=float(score))


def _selected(
    documents: list[RankedDocument], scope: Mapping[str, Any]
) -> tuple[RankedDocument, ...]:
    documents = sorted(documents, key=lambda document: -document.score)
    threshold, top_n = scope["score_threshold"], scope["top_n"]
    if threshold is not Absent:
        documents = [document for document in documents if document.score >= threshold]
    return tuple(documents if top_n is Absent else documents[:top_n])


def best(result: RerankResult, top_n: object) -> RerankResult:
    """The result of several batches cut to what the caller asked for; Absent keeps all."""
    if not isinstance(top_n, int) or len(result.documents) <= top_n:
        return result
    return replace(result, documents=result.documents[:top_n])


def moved(result: RerankResult, offset: int) -> RerankResult:
    """The result of a batch with its indexes counted from the caller's first document."""
    documents = tuple(replace(d, index=d.index + offset) for d in result.documents)
    return replace(result, documents=documents)
