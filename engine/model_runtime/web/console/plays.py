"""What the playground does for each model type: read its form, call the model, show the answer."""

from __future__ import annotations

import base64
import io
import json
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Final, Protocol

from starlette.datastructures import FormData, UploadFile

from model_runtime import (
    AsyncModelRuntime,
    Audio,
    Document,
    Image,
    LLMResult,
    Message,
    ModerationResult,
    RerankResult,
    SpeechToTextResult,
    Text,
    TextEmbeddingResult,
    TTSResult,
    Video,
)
from model_runtime.errors import InvalidParameter

Events = AsyncIterator[dict[str, Any]]
_MOST_TEXTS: Final = 50
_NO_EVENTS: Final[tuple[dict[str, Any], ...]] = ()


class Play(Protocol):
    """One call of one type. `shown` is what the outcome's template draws."""

    kind: str
    method: str

    async def read(self, form: FormData) -> None: ...

    def run(self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]) -> Events: ...

    def arguments(self) -> dict[str, Any]: ...

    def shown(self) -> dict[str, Any]: ...


class ChatPlay:
    """A conversation with a language model, streamed; its history travels with the page."""

    kind = "llm"
    method = "llm"

    def __init__(self) -> None:
        self._messages: list[Any] = []
        self._options: dict[str, Any] = {}
        self._result: LLMResult | None = None

    async def read(self, form: FormData) -> None:
        """The system prompt, what was said before, what is said now, files, tools, a schema."""
        system, prompt = _text(form, "system"), _text(form, "prompt")
        history = _json(form, "history", list) or []
        said: list[Any] = [Text(prompt)] if prompt else []
        for file in form.getlist("files"):
            if isinstance(file, UploadFile) and file.filename:
                said.append(_part(file, await file.read()))
        if not said and not history:
            raise InvalidParameter("There is nothing to say. Write a prompt.")
        opening = [Message("system", system)] if system else []
        self._messages = [*opening, *history, *([Message("user", said)] if said else [])]
        tools = _json(form, "tools", list)
        wanted = _text(form, "response_format")
        schema = _json(form, "schema", dict) if wanted == "schema" else None
        self._options = {
            "tools": tools or None,
            "response_format": "json" if wanted == "json" else schema,
        }

    async def run(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> Events:
        """Stream the answer."""
        async with runtime.llm(model).stream(
            self._messages, parameters=parameters, **self._options
        ) as stream:
            async for event in stream:
                if event.type in ("text_delta", "reasoning_delta", "tool_call_delta"):
                    yield event.to_dict()
            self._result = stream.result()

    def arguments(self) -> dict[str, Any]:
        """The messages in plain words, and the options that are set."""
        shown = [_brief(message) for message in self._messages]
        return {"prompt": shown, **{name: v for name, v in self._options.items() if v is not None}}

    def shown(self) -> dict[str, Any]:
        """The answer, and the history for the next turn."""
        result = self._result
        assert result is not None
        history = [
            message.to_dict() if isinstance(message, Message) else message
            for message in self._messages
            if not (isinstance(message, Message) and message.role == "system")
        ]
        return {"result": result, "history": json.dumps([*history, result.message.to_dict()])}


class _AtOnce:
    """A call whose answer comes in one piece."""

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Call the model and keep its answer."""
        raise NotImplementedError

    async def run(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> Events:
        """Call the model; there are no events on the way."""
        await self.call(runtime, model, parameters)
        for event in _NO_EVENTS:
            yield event


class EmbeddingPlay(_AtOnce):
    """Texts to vectors, one text a line, and how near each is to each."""

    kind = "text-embedding"
    method = "text_embedding"

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._result: TextEmbeddingResult | None = None

    async def read(self, form: FormData) -> None:
        """One text a line."""
        self._texts = _lines(form, "texts")

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Embed all texts at once."""
        handle = runtime.text_embedding(model)
        self._result = await handle.invoke(self._texts, parameters=parameters)

    def arguments(self) -> dict[str, Any]:
        """The texts."""
        return {"texts": self._texts}

    def shown(self) -> dict[str, Any]:
        """The cosine of every pair, and the first numbers of each vector."""
        assert self._result is not None
        vectors = self._result.embeddings
        rows = [[cosine(one, other) for other in vectors] for one in vectors]
        heads = [", ".join(f"{number:.4f}" for number in vector[:5]) for vector in vectors]
        size = len(vectors[0]) if vectors else 0
        return {"texts": self._texts, "rows": rows, "heads": heads, "size": size}


class RerankPlay(_AtOnce):
    """A question and documents, one a line, ordered by their scores."""

    kind = "rerank"
    method = "rerank"

    def __init__(self) -> None:
        self._query = ""
        self._documents: list[str] = []
        self._result: RerankResult | None = None

    async def read(self, form: FormData) -> None:
        """The question, and one document a line."""
        self._query = _text(form, "query")
        if not self._query:
            raise InvalidParameter("There is no question. Write one.")
        self._documents = _lines(form, "texts")

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Rank all documents."""
        handle = runtime.rerank(model)
        self._result = await handle.invoke(self._query, self._documents, parameters=parameters)

    def arguments(self) -> dict[str, Any]:
        """The question and the documents."""
        return {"query": self._query, "documents": self._documents}

    def shown(self) -> dict[str, Any]:
        """The documents with bars from the lowest score, or from 0, to the highest."""
        assert self._result is not None
        documents = self._result.documents
        scores = [document.score for document in documents]
        return {
            "rows": [(document, self._documents[document.index]) for document in documents],
            "low": min([0.0, *scores]),
            "high": max([0.0, *scores]) or 1.0,
        }


class TranscriptPlay(_AtOnce):
    """A file of sound to text."""

    kind = "speech2text"
    method = "speech2text"

    def __init__(self) -> None:
        self._name = ""
        self._sound = b""
        self._language: str | None = None
        self._result: SpeechToTextResult | None = None

    async def read(self, form: FormData) -> None:
        """The file, or what was recorded."""
        file = form.get("sound")
        if not isinstance(file, UploadFile) or not file.filename:
            raise InvalidParameter("There is no sound. Choose a file, or record one.")
        self._name, self._sound = file.filename, await file.read()
        self._language = _text(form, "language") or None

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Send the sound."""
        sound = io.BytesIO(self._sound)
        sound.name = self._name
        handle = runtime.speech2text(model)
        self._result = await handle.invoke(sound, language=self._language, parameters=parameters)

    def arguments(self) -> dict[str, Any]:
        """The name of the file."""
        language = {"language": self._language} if self._language else {}
        return {"audio": self._name, **language}

    def shown(self) -> dict[str, Any]:
        """The text and what is told of its pieces."""
        assert self._result is not None
        return {"result": self._result}


class SpeechPlay(_AtOnce):
    """Text to a player of its sound."""

    kind = "tts"
    method = "tts"

    def __init__(self) -> None:
        self._text = ""
        self._options: dict[str, Any] = {}
        self._result: TTSResult | None = None

    async def read(self, form: FormData) -> None:
        """The text, the voice and the format."""
        self._text = _text(form, "prompt")
        if not self._text:
            raise InvalidParameter("There is nothing to say. Write a text.")
        given = {name: _text(form, name) for name in ("voice", "format")}
        self._options = {name: value for name, value in given.items() if value}

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Speak the whole text."""
        handle = runtime.tts(model)
        self._result = await handle.invoke(self._text, parameters=parameters, **self._options)

    def arguments(self) -> dict[str, Any]:
        """The text and the options that are set."""
        return {"text": self._text, **self._options}

    def shown(self) -> dict[str, Any]:
        """The sound as an address that holds it."""
        assert self._result is not None
        media_type = self._result.media_type or "audio/mpeg"
        sound = base64.b64encode(self._result.audio).decode()
        return {"url": f"data:{media_type};base64,{sound}", "size": len(self._result.audio)}


class ModerationPlay(_AtOnce):
    """A text and the verdict on it."""

    kind = "moderation"
    method = "moderation"

    def __init__(self) -> None:
        self._text = ""
        self._result: ModerationResult | None = None

    async def read(self, form: FormData) -> None:
        """The text."""
        self._text = _text(form, "prompt")
        if not self._text:
            raise InvalidParameter("There is nothing to judge. Write a text.")

    async def call(
        self, runtime: AsyncModelRuntime, model: str, parameters: dict[str, Any]
    ) -> None:
        """Judge the text."""
        self._result = await runtime.moderation(model).invoke(self._text, parameters=parameters)

    def arguments(self) -> dict[str, Any]:
        """The text."""
        return {"text": self._text}

    def shown(self) -> dict[str, Any]:
        """The categories with their scores, highest first."""
        assert self._result is not None
        scores = self._result.scores
        names = sorted({*self._result.categories, *scores}, key=lambda name: -scores.get(name, 0.0))
        rows = [(name, self._result.categories.get(name), scores.get(name)) for name in names]
        return {"flagged": self._result.flagged, "rows": rows}


PLAYS: Final[dict[str, type[Play]]] = {
    play.kind: play
    for play in (ChatPlay, EmbeddingPlay, RerankPlay, TranscriptPlay, SpeechPlay, ModerationPlay)
}


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """The cosine of the angle between two vectors; 0 where one has no length."""
    product = math.sqrt(sum(x * x for x in one) * sum(x * x for x in other))
    return sum(x * y for x, y in zip(one, other, strict=True)) / product if product else 0.0


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def _lines(form: FormData, name: str) -> list[str]:
    found = [line.strip() for line in _text(form, name).splitlines() if line.strip()]
    if not found:
        raise InvalidParameter("There are no texts. Write one a line.")
    if len(found) > _MOST_TEXTS:
        raise InvalidParameter(f"There are {len(found)} texts; {_MOST_TEXTS} at most fit a page.")
    return found


def _json(form: FormData, name: str, kind: type) -> Any:
    text = _text(form, name)
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError as error:
        raise InvalidParameter(f"{name} is no JSON: {error}.") from None
    if not isinstance(value, kind):
        expected = "a list" if kind is list else "an object"
        raise InvalidParameter(f"{name} is a {type(value).__name__}; expected {expected}.")
    return value


def _part(file: UploadFile, content: bytes) -> Any:
    """A file as the part that its media type says."""
    media_type = file.content_type or "application/octet-stream"
    kind = media_type.partition("/")[0]
    if kind == "image":
        return Image(data=content, media_type=media_type)
    made = {"audio": Audio, "video": Video}.get(kind, Document)
    return made(data=content, media_type=media_type, filename=file.filename)


def _brief(message: Any) -> dict[str, Any]:
    """A message to be copied: texts as they are, files by their names."""
    given: Mapping[str, Any] = message.to_dict() if isinstance(message, Message) else message
    parts = given.get("parts", given.get("content", []))
    if isinstance(parts, str):
        return {"role": given["role"], "content": parts}
    texts = [part["text"] for part in parts if part.get("type") == "text"]
    if len(texts) == len(parts) == 1:
        return {"role": given["role"], "content": texts[0]}
    return {"role": given["role"], "content": [_short(part) for part in parts]}


def _short(part: Mapping[str, Any]) -> dict[str, Any]:
    return {name: "..." if name == "data" else value for name, value in part.items()}
