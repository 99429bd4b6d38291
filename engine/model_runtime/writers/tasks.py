"""Writes answers of the five other model types as the common paths give them.

The shapes are those of `embeddings`, `rerank`, `moderations` and `audio/transcriptions`.
"""

from __future__ import annotations

import array
import base64
import sys
from collections.abc import Sequence

from model_runtime.results.moderation import ModerationResult
from model_runtime.results.rerank import RerankResult
from model_runtime.results.speech2text import SpeechToTextResult
from model_runtime.results.text_embedding import TextEmbeddingResult

from .base import Json, count


def embeddings(result: TextEmbeddingResult, model: str, *, as_base64: bool) -> Json:
    """Vectors in the order of the inputs, as lists or as base64 of little-endian 32-bit floats."""
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(vector, as_base64)}
        for index, vector in enumerate(result.embeddings)
    ]
    read = count(result.usage.input_tokens or result.usage.total_tokens)
    usage = {"prompt_tokens": read, "total_tokens": read}
    return {"object": "list", "data": data, "model": model, "usage": usage}


def rerank(result: RerankResult, model: str, *, with_documents: bool) -> Json:
    """Documents, best first, with the service's own scores."""
    rows: list[Json] = []
    for document in result.documents:
        row: Json = {"index": document.index, "relevance_score": document.score}
        if with_documents and document.text is not None:
            row["document"] = {"text": document.text}
        rows.append(row)
    usage = result.usage
    units = usage.other.get("search_units")
    told: Json = {"total_tokens": count(usage.total_tokens or usage.input_tokens)}
    if units is not None:
        told["search_units"] = float(units)
    return {"model": model, "results": rows, "usage": told}


def moderations(results: list[ModerationResult], model: str, identity: str) -> Json:
    """One verdict per input."""
    rows = [
        {
            "flagged": result.flagged,
            "categories": dict(result.categories),
            "category_scores": dict(result.scores),
        }
        for result in results
    ]
    return {"id": identity, "model": model, "results": rows}


def transcription(result: SpeechToTextResult) -> Json:
    """The text alone."""
    return {"text": result.text, "usage": _heard(result)}


def verbose_transcription(result: SpeechToTextResult) -> Json:
    """The text with its language, length, segments and words, where the service told them."""
    told = {
        "task": "transcribe",
        "language": result.language,
        "duration": result.duration,
        "text": result.text,
        "segments": [{"id": n, **segment} for n, segment in enumerate(result.segments)],
        "words": [dict(word) for word in result.words],
        "usage": _heard(result),
    }
    return {name: value for name, value in told.items() if value not in (None, [])}


def _heard(result: SpeechToTextResult) -> Json | None:
    if result.duration is None:
        return None
    return {"type": "duration", "seconds": result.duration}


def _vector(vector: Sequence[float], as_base64: bool) -> object:
    if not as_base64:
        return list(vector)
    floats = array.array("f", vector)
    if sys.byteorder == "big":
        floats.byteswap()
    return base64.b64encode(floats.tobytes()).decode()
