"""Reranking: indexes, raw scores, cuts and batches."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter, LimitExceeded, ReplyError

SPEC = """
rerank:
  batch: {batch}
  request:
    path: /rerank
    body:
      query: "{{{{ query }}}}"
      documents: "{{{{ documents }}}}"
      top_n: "{{{{ top_n }}}}"
      $merge: [wire_parameters, extra_body]
  response:
    documents: {documents}
    usage: {{at: usage, other: {{search_units: units}}}}
"""
INDEXED = "{each: results, index: index, score: score}"
Open = Callable[..., Any]


def spec(documents: str = INDEXED, batch: str = "{of: documents}") -> str:
    return SPEC.format(documents=documents, batch=batch)


def scored(*scores: float) -> dict[str, Any]:
    """A reply with a row per document, the last first."""
    rows = [{"index": i, "score": score} for i, score in enumerate(scores)]
    return {"results": rows[::-1], "usage": {"units": 1}}


def ranks(result: Any) -> list[tuple[int, float]]:
    return [(document.index, document.score) for document in result.documents]


def test_documents_come_best_first_with_the_caller_s_indexes(open_service: Open) -> None:
    """Whatever the order of the reply."""
    service = open_service(spec())
    service.answer(scored(0.1, 0.9, 0.5))
    result = service.invoke("rerank", "q", ["a", "b", "c"])
    assert ranks(result) == [(1, 0.9), (2, 0.5), (0, 0.1)]
    assert [document.text for document in result.documents] == ["b", "c", "a"]


def test_bare_scores_belong_to_documents_by_position(open_service: Open) -> None:
    """Some servers answer with a list of numbers."""
    service = open_service(spec('{each: "@", score: "@"}'))
    service.answer([0.1, 0.9])
    assert ranks(service.invoke("rerank", "q", ["a", "b"])) == [(1, 0.9), (0, 0.1)]


def test_scores_are_never_rescaled(open_service: Open) -> None:
    """Logits stay logits: a host that wants them between 0 and 1 does that itself."""
    service = open_service(spec())
    service.answer(scored(-11.25, 7.5))
    assert ranks(service.invoke("rerank", "q", ["a", "b"])) == [(1, 7.5), (0, -11.25)]


def test_threshold_keeps_scores_that_equal_it(open_service: Open) -> None:
    """`>=`; a threshold of 0 is one."""
    service = open_service(spec())
    service.always(scored(0.5, 0.4, 0.6))
    found = service.invoke("rerank", "q", ["a", "b", "c"], score_threshold=0.5)
    assert ranks(found) == [(2, 0.6), (0, 0.5)]
    service.always(scored(0.0, -1.0))
    assert ranks(service.invoke("rerank", "q", ["a", "b"], score_threshold=0)) == [(0, 0.0)]


def test_top_n_is_asked_for_and_also_cut_here(open_service: Open) -> None:
    """Not every service heeds it."""
    service = open_service(spec())
    service.answer(scored(0.1, 0.9, 0.5))
    assert ranks(service.invoke("rerank", "q", ["a", "b", "c"], top_n=1)) == [(1, 0.9)]
    assert service.body()["top_n"] == 1


def test_batches_count_on_from_the_first_document(open_service: Open) -> None:
    """Indexes are those of the caller's list, best first over all, cut to `top_n` once more."""
    service = open_service(spec(batch="{of: documents, max_items: 2}"))
    for scores in [(0.1, 0.9), (0.5, 0.8), (0.95,)]:
        service.answer(scored(*scores))
    result = service.invoke("rerank", "q", list("abcde"), top_n=3)
    assert ranks(result) == [(4, 0.95), (1, 0.9), (3, 0.8)]
    assert service.bodies("documents") == [["a", "b"], ["c", "d"], ["e"]]
    assert result.usage.other["search_units"] == 3


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ({"results": [{"index": 2, "score": 1}]}, "ranks a document 2 of 2"),
        ({"results": [{"index": 0, "score": "high"}]}, "Document 0 has no score"),
        ({"results": [{"index": 0, "score": True}]}, "Document 0 has no score"),
        ({"results": [{"index": 0}]}, "Document 0 has no score"),
        ({"ranking": []}, "holds no documents"),
    ],
    ids=["no such document", "text", "boolean", "none", "no rows"],
)
def test_row_that_ranks_nothing_is_refused(open_service: Open, reply: object, said: str) -> None:
    """A made-up score would be worse than an error."""
    service = open_service(spec())
    service.answer(reply)
    with pytest.raises(ReplyError, match=said):
        service.invoke("rerank", "q", ["a", "b"])


PARTS = """
rerank:
  request:
    path: /rerank
    body:
      documents:
        $each: documents
        $as: d
        $emit:
          $if: d | is_text
          $then: {text: "{{ d }}"}
          $else:
            $each: d
            $as: p
            $emit: {$switch: p.type, $case: {image: {image: "{{ p.url }}"}}}
  response: {documents: {each: results, index: index, score: score, text: caption}}
"""


def test_documents_may_be_pictures(open_service: Open) -> None:
    """A ranked picture has the text that the service gives it, or none."""
    service = open_service(PARTS)
    service.answer(
        {
            "results": [
                {"index": 0, "score": 0.1},
                {"index": 1, "score": 0.9, "caption": "a dog"},
                {"index": 2, "score": 0.2},
            ]
        }
    )
    dog, cat = ([{"type": "image", "url": f"https://a.example/{n}.png"}] for n in ("dog", "cat"))
    result = service.invoke("rerank", "q", ["plain", dog, cat])
    assert [d.text for d in result.documents] == ["a dog", None, "plain"]
    assert service.body()["documents"][1] == [{"image": "https://a.example/dog.png"}]


def test_empty_list_of_documents_is_refused(open_service: Open) -> None:
    """There is nothing to rank."""
    service = open_service(spec())
    with pytest.raises(InvalidParameter, match="documents is empty"):
        service.invoke("rerank", "q", [])
    assert service.targets == []


LONG = """
rerank:
  request: {path: /rerank, body: {documents: "{{ documents }}", after: "{{ next }}"}}
  response: {documents: {each: results, index: index, score: score}, next: cursor}
"""


def test_long_answer_is_asked_for_part_by_part(open_service: Open) -> None:
    """None of it is lost, the best come first, and the cut is made once."""
    service = open_service(LONG)
    service.answer({"results": [{"index": 0, "score": 0.2}], "cursor": "c1"})
    service.answer({"results": [{"index": 2, "score": 0.9}, {"index": 1, "score": 0.5}]})
    result = service.invoke("rerank", "q", ["a", "b", "c"], top_n=2)
    assert ranks(result) == [(2, 0.9), (1, 0.5)]
    assert [json.loads(r.body).get("after") for r in service.loopback.requests] == [None, "c1"]


def test_answer_without_end_is_given_up(open_service: Open) -> None:
    """A service that always has more must not hold a caller for ever."""
    service = open_service(LONG)
    service.always({"results": [{"index": 0, "score": 0.2}], "cursor": "again"})
    with pytest.raises(LimitExceeded, match="more than 100 parts"):
        service.invoke("rerank", "q", ["a"])
