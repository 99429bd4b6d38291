"""Reads the reply of a text embedding model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_runtime.errors import ReplyError
from model_runtime.exchange import HttpReply
from model_runtime.findings import Findings
from model_runtime.results.text_embedding import TextEmbeddingResult

from .errors_plan import ErrorsPlan
from .extractors import shape_of
from .task_plans import ReplyPlan, rows_of, sum_usage
from .values import compile_value, place_in
from .vectors import Vector, decode_vector

_WAYS = ("list", "base64_float32")


class EmbeddingPlan:
    """The compiled `response:` of `text-embedding`."""

    def __init__(self, spec: Mapping[str, Any], findings: Findings, errors: ErrorsPlan) -> None:
        self._reply = ReplyPlan(spec, findings, errors)
        rows = spec.get("embeddings")
        rows = rows if isinstance(rows, Mapping) else {"each": str(rows or "@"), "vector": "@"}
        self._each, fields = rows_of(rows, findings)
        self._index = fields.get("index")
        vector = rows.get("vector", "@")
        self._vector = compile_value(vector, findings, place_in(rows, "vector"))
        ways = vector.get("decode") if isinstance(vector, Mapping) else None
        self._ways: Sequence[str] = [ways] if isinstance(ways, str) else (ways or _WAYS)

    def read(
        self, reply: HttpReply, scope: Mapping[str, Any], seconds: float | None
    ) -> TextEmbeddingResult:
        """Return the vectors in the order of the texts. ReplyError when one is missing."""
        value = self._reply.json(reply)
        rows = self._each(value)
        if not isinstance(rows, list):
            raise ReplyError(f"The reply holds no vectors; it has the shape {shape_of(value)}.")
        if rows and isinstance(rows[0], int | float):
            rows = [rows]
        wanted = len(scope["texts"])
        found: list[Vector | None] = [None] * wanted
        for position, row in enumerate(rows):
            index = self._index(row) if self._index is not None else position
            index = position if index is None else int(index)
            if not 0 <= index < wanted:
                raise ReplyError(f"The reply holds a vector {index} for {wanted} texts.")
            found[index] = decode_vector(self._vector(row), self._ways)
        return TextEmbeddingResult(
            embeddings=_complete(found),
            usage=self._reply.usage(value, seconds, reply.headers),
            model=self._reply.model(value),
            raw=value,
        )

    @staticmethod
    def merge(results: Sequence[TextEmbeddingResult]) -> TextEmbeddingResult:
        """Join the results of several requests, in order."""
        if len(results) == 1:
            return results[0]
        return TextEmbeddingResult(
            embeddings=tuple(vector for result in results for vector in result.embeddings),
            usage=sum_usage(result.usage for result in results),
            model=results[0].model,
            raw=[result.raw for result in results],
        )


def _complete(found: list[Vector | None]) -> tuple[Vector, ...]:
    missing = [index for index, vector in enumerate(found) if vector is None]
    if missing:
        raise ReplyError(f"The reply holds no vector for text {missing[0]} of {len(found)}.")
    return tuple(vector for vector in found if vector is not None)
