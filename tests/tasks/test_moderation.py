"""Moderation: flags, categories, scores, pieces of a long text, and a guard model's chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from model_runtime import Image
from model_runtime.errors import InvalidParameter, ReplyError

Open = Callable[..., Any]

ROWS = """
moderation:
  batch: {of: text, max_chars: 12, split: sentence}
  request: {path: /moderate, body: {input: "{{ text }}"}}
  response: {each: results, flagged: flagged, categories: categories, scores: scores}
"""
NAMED = """
moderation:
  request: {path: /moderate, body: {input: "{{ text }}"}}
  response:
    categories: {each: found, name: category, value: "severity > `2`"}
    scores: {each: found, name: category, value: severity}
"""
GUARD = """
llm:
  request:
    path: /chat
    body:
      messages: {$each: messages, $as: m, $emit: {role: "{{ m.role }}", content: "{{ m | text }}"}}
      $merge: [wire_parameters, extra_body]
  response: {text: answer}
moderation:
  call: llm
  given: {messages: [{role: user, content: "Judge: {{ text }}"}]}
  response:
    flagged: "starts_with(text, 'unsafe')"
"""


def judged(flagged: bool, **scores: float) -> dict[str, Any]:
    row = {"flagged": flagged, "categories": {n: s > 0.5 for n, s in scores.items()}}
    return {"results": [{**row, "scores": scores}]}


def test_judgement_tells_flag_categories_and_scores(open_service: Open) -> None:
    """As the service gives them."""
    service = open_service(ROWS)
    service.answer(judged(True, hate=0.9, spam=0.1))
    result = service.invoke("moderation", "text")
    assert result.flagged is True
    assert result.categories == {"hate": True, "spam": False}
    assert result.scores == {"hate": 0.9, "spam": 0.1}


def test_long_text_is_judged_in_pieces_and_the_worst_counts(open_service: Open) -> None:
    """Cuts fall between sentences, and no character is left out."""
    service = open_service(ROWS)
    service.answer(judged(False, hate=0.4))
    service.answer(judged(True, hate=0.9, spam=0.2))
    service.answer(judged(False, hate=0.1))
    text = "One here. Two there. Three."
    result = service.invoke("moderation", text)
    assert service.bodies("input") == ["One here. ", "Two there. ", "Three."]
    assert (result.flagged, result.categories) == (True, {"hate": True, "spam": False})
    assert result.scores == {"hate": 0.9, "spam": 0.2}


def test_several_rows_of_one_reply_are_joined_like_pieces(open_service: Open) -> None:
    """One bad row flags the text."""
    service = open_service(ROWS)
    service.answer({"results": [*judged(False, a=0.1)["results"], *judged(True, a=0.8)["results"]]})
    result = service.invoke("moderation", "text")
    assert (result.flagged, result.scores) == (True, {"a": 0.8})


def test_categories_may_be_rows_with_names(open_service: Open) -> None:
    """Without a flag of its own any true category flags."""
    service = open_service(NAMED)
    service.answer(
        {"found": [{"category": "Hate", "severity": 4}, {"category": "Sex", "severity": 0}]}
    )
    result = service.invoke("moderation", "text")
    assert (result.flagged, result.categories) == (True, {"Hate": True, "Sex": False})
    assert result.scores == {"Hate": 4.0, "Sex": 0.0}
    service.answer({"found": [{"category": "Hate", "severity": 0}]})
    assert service.invoke("moderation", "text").flagged is False


@pytest.mark.parametrize("reply", [{}, {"results": []}, {"results": [{}]}, []], ids=str)
def test_reply_without_a_judgement_is_refused(open_service: Open, reply: object) -> None:
    """It must never pass for harmless."""
    service = open_service(ROWS)
    service.answer(reply)
    with pytest.raises(ReplyError, match="holds no judgement"):
        service.invoke("moderation", "text")


@pytest.mark.parametrize(
    ("answer", "flagged"), [("unsafe\nS1", True), ("safe", False)], ids=["unsafe", "safe"]
)
def test_guard_model_judges_by_its_chat(open_service: Open, answer: str, flagged: bool) -> None:
    """`call: llm` asks the model's chat and reads its result."""
    service = open_service(GUARD)
    service.answer({"answer": answer})
    assert service.invoke("moderation", "some text").flagged is flagged
    assert service.targets == ["POST /chat"]
    assert service.body()["messages"] == [{"role": "user", "content": "Judge: some text"}]


PICTURE = """
moderation:
  request:
    path: /check
    body:
      input:
        $if: text | is_text
        $then: "{{ text }}"
        $else: {$each: text, $as: p, $emit: {$use: part}}
  batch: {of: text, max_chars: 10}
  response: {flagged: flagged}
"""
PARTS = """
fragments:
  part: {$switch: p.type, $case: {text: {say: "{{ p.text }}"}, image: {see: "{{ p | data_url }}"}}}
"""


def test_picture_is_judged_where_the_spec_sends_parts(open_service: Open) -> None:
    """Parts are not cut, however long their texts are."""
    service = open_service(PICTURE, more=PARTS)
    service.answer({"flagged": True})
    text = "Look at this, please."
    parts = [{"type": "text", "text": text}, Image(url="https://a.example/b.png")]
    assert service.invoke("moderation", parts).flagged is True
    assert service.body() == {"input": [{"say": text}, {"see": "https://a.example/b.png"}]}


def test_picture_is_refused_where_the_spec_sends_text(open_service: Open) -> None:
    """Before anything is sent."""
    service = open_service(ROWS)
    with pytest.raises(InvalidParameter, match="takes no parts in text"):
        service.invoke("moderation", [Image(url="https://a.example/b.png")])
    assert service.targets == []


@pytest.mark.parametrize("text", ["", "  ", None, []], ids=str)
def test_text_that_is_none_is_refused(open_service: Open, text: object) -> None:
    """Before anything is sent."""
    service = open_service(ROWS)
    with pytest.raises(InvalidParameter, match="text is"):
        service.invoke("moderation", text)
    assert service.targets == []
