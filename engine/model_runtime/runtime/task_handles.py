"""What `runtime.text_embedding(...)` and its siblings return: models to call, sync or async.

A base class per model type builds the flow; the sync and the async twin only run it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from model_runtime.errors import InvokeError
from model_runtime.pricing import price_of
from model_runtime.results.moderation import ModerationResult
from model_runtime.results.rerank import RerankResult
from model_runtime.results.speech2text import SpeechToTextResult
from model_runtime.results.text_embedding import TextEmbeddingResult
from model_runtime.results.tokens import TokenCount
from model_runtime.results.tts import TTSResult, Voice
from model_runtime.results.usage import Price, Usage
from model_runtime.vocabulary import ModelType

from .async_driver import AsyncDriver
from .binding import Binding, CallOptions, tell
from .counting import CountMethod, count_texts
from .streams import AsyncStream, Stream
from .sync_driver import SyncDriver
from .task_arguments import (
    AudioFile,
    embedding_arguments,
    moderation_arguments,
    rerank_arguments,
    speech_arguments,
    text_items,
    transcript_arguments,
)
from .task_binding import BoundTask, bind_task, speech_flows, task_flow
from .voices import voices_flow

Timeout = float | Mapping[str, float | None] | None
Body = Mapping[str, Any] | None
Headers = Mapping[str, str] | None


class _Model:
    """One model of a type; what the twins share."""

    kind: ModelType

    def __init__(self, binding: Binding) -> None:
        self._binding = binding

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._binding.name!r})"

    def price(
        self, usage: Usage, *, batch: bool = False, kept_for: str | None = None
    ) -> Price | None:
        """What a call cost, or None when the spec knows no price of this model.

        `batch` says that it was part of a batch, and `kept_for` how long its cache writes are
        kept ("5m", "1h") where the usage does not tell.
        """
        return price_of(usage, self._binding.pricing, batch=batch, kept_for=kept_for)

    def _bind(
        self, arguments: Mapping[str, Any], options: CallOptions, *, stream: bool = False
    ) -> BoundTask:
        return bind_task(self._binding, self.kind, arguments, options, stream=stream)


class _Sync(_Model):
    def __init__(self, binding: Binding, driver: SyncDriver) -> None:
        super().__init__(binding)
        self._driver = driver

    def _run(self, bound: BoundTask) -> Any:
        try:
            result = self._driver.run(task_flow(bound))
        except InvokeError as error:
            bound.fail(error)
            raise
        tell(self._binding.hooks, "on_result", result)
        return result


class _Async(_Model):
    def __init__(self, binding: Binding, driver: AsyncDriver) -> None:
        super().__init__(binding)
        self._driver = driver

    async def _run(self, bound: BoundTask) -> Any:
        try:
            result = await self._driver.run(task_flow(bound))
        except InvokeError as error:
            bound.fail(error)
            raise
        tell(self._binding.hooks, "on_result", result)
        return result


def _options(
    parameters: Body, user: str | None, timeout: Timeout, extra_body: Body, extra_headers: Headers
) -> CallOptions:
    return CallOptions(
        parameters=parameters,
        user=user,
        timeout=timeout,
        extra_body=extra_body,
        extra_headers=extra_headers,
    )


class TextEmbeddingModel(_Sync):
    """A text embedding model of one provider."""

    kind: ModelType = "text-embedding"

    def invoke(
        self,
        texts: str | Sequence[object],
        *,
        input_type: str | None = None,
        dimensions: int | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> TextEmbeddingResult:
        """Return one vector per text, in order; long lists are sent in several requests.

        `input_type` is "document" or "query", for models that tell them apart.
        """
        arguments = embedding_arguments(texts, input_type, dimensions)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: TextEmbeddingResult = self._run(self._bind(arguments, options))
        return result

    def count_tokens(
        self, texts: str | Sequence[object], *, method: CountMethod = "auto"
    ) -> list[TokenCount]:
        """Return the tokens of each text; "local" and "estimate" send nothing."""
        return self._driver.run(count_texts(self._binding, text_items("texts", texts), method))


class AsyncTextEmbeddingModel(_Async):
    """The async twin of `TextEmbeddingModel`."""

    kind: ModelType = "text-embedding"

    async def invoke(
        self,
        texts: str | Sequence[object],
        *,
        input_type: str | None = None,
        dimensions: int | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> TextEmbeddingResult:
        """Return one vector per text; see `TextEmbeddingModel.invoke`."""
        arguments = embedding_arguments(texts, input_type, dimensions)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: TextEmbeddingResult = await self._run(self._bind(arguments, options))
        return result

    async def count_tokens(
        self, texts: str | Sequence[object], *, method: CountMethod = "auto"
    ) -> list[TokenCount]:
        """Return the tokens of each text; see `TextEmbeddingModel.count_tokens`."""
        return await self._driver.run(
            count_texts(self._binding, text_items("texts", texts), method)
        )


class RerankModel(_Sync):
    """A rerank model of one provider."""

    kind: ModelType = "rerank"

    def invoke(
        self,
        query: str | Sequence[object],
        documents: Sequence[object],
        *,
        top_n: int | None = None,
        score_threshold: float | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> RerankResult:
        """Return the documents, best first: at most `top_n`, with scores >= `score_threshold`."""
        arguments = rerank_arguments(query, documents, top_n, score_threshold)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: RerankResult = self._run(self._bind(arguments, options))
        return result


class AsyncRerankModel(_Async):
    """The async twin of `RerankModel`."""

    kind: ModelType = "rerank"

    async def invoke(
        self,
        query: str | Sequence[object],
        documents: Sequence[object],
        *,
        top_n: int | None = None,
        score_threshold: float | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> RerankResult:
        """Return the documents, best first; see `RerankModel.invoke`."""
        arguments = rerank_arguments(query, documents, top_n, score_threshold)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: RerankResult = await self._run(self._bind(arguments, options))
        return result


class SpeechToTextModel(_Sync):
    """A speech-to-text model of one provider."""

    kind: ModelType = "speech2text"

    def invoke(
        self,
        file: AudioFile,
        *,
        language: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> SpeechToTextResult:
        """Return the transcript of a file: bytes, a file opened as 'rb', or a path."""
        arguments = transcript_arguments(file, language)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: SpeechToTextResult = self._run(self._bind(arguments, options))
        return result


class AsyncSpeechToTextModel(_Async):
    """The async twin of `SpeechToTextModel`."""

    kind: ModelType = "speech2text"

    async def invoke(
        self,
        file: AudioFile,
        *,
        language: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> SpeechToTextResult:
        """Return the transcript of a file; see `SpeechToTextModel.invoke`."""
        arguments = transcript_arguments(file, language)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: SpeechToTextResult = await self._run(self._bind(arguments, options))
        return result


class TTSModel(_Sync):
    """A text-to-speech model of one provider."""

    kind: ModelType = "tts"

    def invoke(
        self,
        text: str,
        *,
        voice: str | None = None,
        format: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> TTSResult:
        """Return the speech. A text over the model's limit is spoken in pieces and joined."""
        arguments = speech_arguments(text, voice, format)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: TTSResult = self._run(self._bind(arguments, options))
        return result

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        format: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> Stream[bytes, TTSResult]:
        """Return a stream of audio bytes; takes what `invoke` takes. Use it in a `with` block.

        A text over the model's limit is spoken piece after piece, as mp3 or pcm.
        """
        arguments = speech_arguments(text, voice, format)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        bound = self._bind(arguments, options, stream=True)
        first, *more = speech_flows(bound)
        return Stream(self._driver, first, more=more, on_error=bound.fail)

    def voices(self, language: str | None = None) -> tuple[Voice, ...]:
        """The voices: those that the model lists, else those that the service lists."""
        return self._driver.run(voices_flow(self._binding, language))


class AsyncTTSModel(_Async):
    """The async twin of `TTSModel`."""

    kind: ModelType = "tts"

    async def invoke(
        self,
        text: str,
        *,
        voice: str | None = None,
        format: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> TTSResult:
        """Return the speech; see `TTSModel.invoke`."""
        arguments = speech_arguments(text, voice, format)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: TTSResult = await self._run(self._bind(arguments, options))
        return result

    def stream(
        self,
        text: str,
        *,
        voice: str | None = None,
        format: str | None = None,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> AsyncStream[bytes, TTSResult]:
        """Return a stream of audio bytes for `async with`; see `TTSModel.stream`."""
        arguments = speech_arguments(text, voice, format)
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        bound = self._bind(arguments, options, stream=True)
        first, *more = speech_flows(bound)
        return AsyncStream(self._driver, first, more=more, on_error=bound.fail)

    async def voices(self, language: str | None = None) -> tuple[Voice, ...]:
        """The voices; see `TTSModel.voices`."""
        return await self._driver.run(voices_flow(self._binding, language))


class ModerationModel(_Sync):
    """A moderation model of one provider."""

    kind: ModelType = "moderation"

    def invoke(
        self,
        text: str | Sequence[object],
        *,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> ModerationResult:
        """Return whether the text is flagged; a long one is judged in pieces, the worst counts.

        Some services also judge a list of parts, such as a picture.
        """
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: ModerationResult = self._run(self._bind(moderation_arguments(text), options))
        return result


class AsyncModerationModel(_Async):
    """The async twin of `ModerationModel`."""

    kind: ModelType = "moderation"

    async def invoke(
        self,
        text: str | Sequence[object],
        *,
        parameters: Body = None,
        user: str | None = None,
        timeout: Timeout = None,
        extra_body: Body = None,
        extra_headers: Headers = None,
    ) -> ModerationResult:
        """Return whether the text is flagged; see `ModerationModel.invoke`."""
        options = _options(parameters, user, timeout, extra_body, extra_headers)
        result: ModerationResult = await self._run(self._bind(moderation_arguments(text), options))
        return result
