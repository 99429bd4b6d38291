"""One question for the list of models, and one for each model type beside the language models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from model_runtime.audio import wrap_wav
from model_runtime.multipart import FilePart

from .learned import UNSET, Learned
from .service import Answer, Service

# Words in the ids of models, by the type that they tell of.
WORDS: Final[dict[str, tuple[str, ...]]] = {
    "rerank": ("rerank",),
    "text-embedding": ("embed", "e5-", "bge-", "minilm", "gte-"),
    "speech2text": ("whisper", "transcri", "asr", "stt"),
    "tts": ("tts", "speech", "kokoro", "voice"),
    "moderation": ("moderation", "guard", "safety"),
    "other": ("image", "dall-e", "flux", "diffusion", "video", "realtime", "ocr"),
}
# What clients of this wire send when nothing else is known.
_USUAL: Final = {
    "text-embedding": "text-embedding-3-small",
    "rerank": "rerank",
    "speech2text": "whisper-1",
    "tts": "tts-1",
    "moderation": "omni-moderation-latest",
}
_SILENCE: Final = wrap_wav(b"\0\0" * 8000, sample_rate=16_000)


@dataclass(frozen=True, slots=True)
class Task:
    """How a model type is asked, and what shows that it has answered."""

    model_type: str
    ask: Callable[[Service, str], Answer]
    has_answered: Callable[[Answer], bool]


def type_of(model: str) -> str:
    """Guess a model's type by its id."""
    name = model.lower()
    return next((kind for kind, words in WORDS.items() if any(w in name for w in words)), "llm")


def ask_models(service: Service, learned: Learned) -> tuple[str, ...]:
    """Ask for the list of models and return their ids."""
    answer = service.get("/models")
    rows = answer.json
    if isinstance(rows, dict):
        # The order in which the parent looks.
        rows = rows.get("data") if rows.get("data") is not None else rows.get("models")
    if answer.is_ok and isinstance(rows, list):
        named = [row.get("id") or row.get("name") for row in rows if isinstance(row, dict)]
        ids = tuple(name for name in named if isinstance(name, str) and name)
        learned.note("list of models", "yes", answer, more=f"{len(ids)} models")
        return ids
    _absent_or_unknown(learned, "list_models", "list of models", answer)
    return ()


def ask_tasks(service: Service, learned: Learned, listed: Sequence[str]) -> None:
    """Ask each other model type for the smallest answer that it can give."""
    for task in TASKS:
        kind = task.model_type
        model = next((name for name in listed if type_of(name) == kind), None)
        others = [row["model"] for row in learned.models if row["model_type"] == "llm"]
        model = model or (listed[0] if listed and not others else _USUAL[kind])
        answer = task.ask(service, model)
        if answer.is_ok and task.has_answered(answer):
            row = learned.add_model(model, kind)
            if kind == "text-embedding" and isinstance(answer.at("data", 0, "embedding"), list):
                row["embedding_dimensions"] = len(answer.at("data", 0, "embedding"))
            learned.note(kind, "yes", answer, more=f"by {model}")
        else:
            _absent_or_unknown(learned, kind, kind, answer)


def _absent_or_unknown(learned: Learned, operation: str, subject: str, answer: Answer) -> None:
    if answer.is_absent:
        learned.change(operation, value=UNSET)
        learned.note(subject, "no", answer)
    else:
        learned.note(subject, "unknown", answer, f"operations: {{{operation}: $unset}}")


def _ask_embedding(service: Service, model: str) -> Answer:
    return service.post(
        "/embeddings", {"model": model, "input": ["Hello."], "encoding_format": "float"}
    )


def _ask_rerank(service: Service, model: str) -> Answer:
    body = {"model": model, "query": "A city?", "documents": ["Paris.", "Bread."]}
    return service.post("/rerank", body)


def _ask_moderation(service: Service, model: str) -> Answer:
    return service.post("/moderations", {"model": model, "input": "Hello."})


def _ask_speech(service: Service, model: str) -> Answer:
    return service.post("/audio/speech", {"model": model, "input": "Hi.", "voice": "alloy"})


def _ask_transcript(service: Service, model: str) -> Answer:
    file = FilePart(content=_SILENCE, filename="audio.wav", media_type="audio/wav")
    return service.post_form("/audio/transcriptions", [("file", file), ("model", model)])


def _has_ranked(answer: Answer) -> bool:
    row: Any = answer.at("results", 0) or answer.at("data", 0)
    return isinstance(row, dict) and bool(row.keys() & {"relevance_score", "score"})


TASKS: Final = (
    Task("text-embedding", _ask_embedding, lambda answer: bool(answer.at("data", 0, "embedding"))),
    Task("rerank", _ask_rerank, _has_ranked),
    Task("speech2text", _ask_transcript, lambda answer: isinstance(answer.at("text"), str)),
    Task(
        "tts",
        _ask_speech,
        lambda answer: (
            answer.content_type.startswith("audio/")
            or answer.content_type == "application/octet-stream"
        ),
    ),
    Task(
        "moderation",
        _ask_moderation,
        lambda answer: isinstance(answer.at("results", 0, "flagged"), bool),
    ),
)
