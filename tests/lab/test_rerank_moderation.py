"""Rerank, moderation, audio and vectors in aimock's shapes.

They have no weights behind them, but others wrote what takes the requests and replies. The mock
that the lab starts has no rows and no verdicts to give, so most tests ask another one; see
`aimock_tasks.mjs`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

pytestmark = pytest.mark.xdist_group("aimock")

DOCUMENTS: Final = ["Lyon is a city.", "Bread is food.", "Paris is the capital."]
# Services whose rerank the mock answers at its one address, as Cohere's.
RERANK: Final = ("cohere", "jina", "localai", "vllm")
MODERATION: Final = ("openai", "mistralai")
# A spec that cuts a long text, as a service with a limit would have it.
CUTTING: Final = """\
{"spec_version": 1, "provider": "cutting", "extends": "openai_compatible", "label": "aimock",
 "base_url": "URL/v1",
 "operations": {"moderation": {"batch": {"of": "text", "max_chars": 40, "split": "sentence"}}}}
"""


@pytest.fixture
def caller(aimock_tasks: str, tmp_path: Path, make_caller: Callable[..., Any]) -> Any:
    """A runtime that reaches the mock with rows and verdicts."""
    file = tmp_path / "cutting.yaml"
    file.write_text(CUTTING.replace("URL", aimock_tasks), encoding="utf-8")
    return make_caller(
        specs=[file],
        credentials={name: {"api_key": "key-of-a-mock"} for name in (*RERANK, *MODERATION)},
        base_urls={name: f"{aimock_tasks}/v2" for name in RERANK}
        | {name: f"{aimock_tasks}/v1" for name in MODERATION},
    )


@pytest.fixture
def plain(aimock: httpx.Client, make_caller: Callable[..., Any]) -> Any:
    """A runtime that reaches the mock that the lab starts."""
    url = str(aimock.base_url).rstrip("/")
    paths = {"cohere": "/v2", "openai": "/v1"}
    return make_caller(
        credentials={name: {"api_key": "key-of-a-mock"} for name in paths},
        base_urls={name: url + path for name, path in paths.items()},
    )


@pytest.mark.parametrize("provider", RERANK)
def test_documents_come_back_best_first(caller: Any, provider: str) -> None:
    """Rows carry the index, the caller's own text and the score as the service told it."""
    result = caller.call("rerank", f"{provider}/rerank-v3.5", "the capital?", DOCUMENTS)
    rows = [(row.index, row.text, row.score) for row in result.documents]
    assert rows == [(2, DOCUMENTS[2], 0.91), (0, DOCUMENTS[0], 0.5), (1, DOCUMENTS[1], 0.07)]


@pytest.mark.parametrize("provider", RERANK)
def test_threshold_keeps_scores_that_reach_it(caller: Any, provider: str) -> None:
    """A score equal to the threshold is kept, one below it is not."""
    name = f"{provider}/rerank-v3.5"
    result = caller.call("rerank", name, "the capital?", DOCUMENTS, score_threshold=0.5)
    assert [row.index for row in result.documents] == [2, 0]


def test_top_n_holds_where_the_service_sends_more(caller: Any) -> None:
    """The mock disregards top_n and sends every row: no more than asked for are handed on."""
    result = caller.call("rerank", "cohere/rerank-v3.5", "the capital?", DOCUMENTS, top_n=1)
    assert [row.index for row in result.documents] == [2]


def test_search_units_are_counted(caller: Any) -> None:
    """What Cohere bills is in the usage, beside tokens that it does not tell."""
    usage = caller.call("rerank", "cohere/rerank-v3.5", "the capital?", DOCUMENTS).usage
    assert (usage.other["search_units"], usage.input_tokens) == (0, None)


def test_rerank_without_rows_is_an_empty_result(plain: Any) -> None:
    """A service that finds nothing worth a row is no error."""
    assert plain.call("rerank", "cohere/rerank-v3.5", "anything", DOCUMENTS).documents == ()


@pytest.mark.parametrize("provider", MODERATION)
@pytest.mark.parametrize(
    ("text", "flagged", "violence"),
    [("I will hurt you.", True, 0.93), ("What a day.", False, 0.01)],
    ids=["flagged", "harmless"],
)
def test_verdict_has_categories_and_scores(
    caller: Any, provider: str, text: str, flagged: bool, violence: float
) -> None:
    """A verdict names its categories; where the service tells no flag, a category found is one."""
    result = caller.call("moderation", f"{provider}/moderation-latest", text)
    assert result.flagged is flagged
    assert result.categories == {"violence": flagged, "hate": False}
    assert result.scores["violence"] == violence


def test_worst_piece_of_a_long_text_counts(caller: Any) -> None:
    """A text in pieces is flagged for one of them, and each score is the highest."""
    text = "This is a friendly sentence. I will hurt you, says another. And this is the end."
    result = caller.call("moderation", "cutting/any", text)
    assert result.flagged
    assert dict(result.scores) == {"violence": 0.93, "hate": 0.03}


def test_verdict_without_scores_is_read(plain: Any) -> None:
    """A service that gives a flag alone is understood."""
    result = plain.call("moderation", "openai/omni-moderation-latest", "Hello")
    assert (result.flagged, dict(result.categories)) == (False, {})


def test_speech_of_the_mock_is_audio(plain: Any) -> None:
    """The mock's own WAV file comes out byte by byte, in one and in pieces."""
    options = {"voice": "alloy", "format": "wav"}
    result = plain.call("tts", "openai/tts-1", "Hello", **options)
    assert (result.audio[:4], result.media_type) == (b"RIFF", "audio/wav")
    pieces, streamed = plain.speak("openai/tts-1", "Hello", **options)
    assert b"".join(pieces) == streamed.audio == result.audio


def test_transcript_of_the_mock_is_read(plain: Any, aimock: httpx.Client) -> None:
    """The mock reads the fields of a multipart body as OpenAI's server does."""
    options = {"parameters": {"response_format": "verbose_json"}}
    result = plain.call("speech2text", "openai/whisper-1", b"RIFF....WAVE", **options)
    assert (result.text, result.language, result.duration) == ("Hello world", "en", 2.5)
    (entry,) = aimock.get("/__aimock/journal").json()
    assert entry["body"]["model"] == "whisper-1"


# Its Cohere disregards the dimensions that it is asked for.
@pytest.mark.parametrize(
    ("name", "length"),
    [("openai/text-embedding-3-small", 256), ("cohere/embed-v4.0", 1024)],
    ids=["openai", "cohere"],
)
def test_vectors_are_those_of_their_texts(plain: Any, name: str, length: int) -> None:
    """The mock makes the same numbers of the same text, as many as it was asked for."""
    result = plain.call("text_embedding", name, ["one", "two", "one"], dimensions=256)
    one, two, again = result.embeddings
    assert (len(one), one == again, one == two) == (length, True, False)
