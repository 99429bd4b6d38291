"""Text embeddings: batches, order, vectors in every form, and counts."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter, ProviderError, ReplyError

SPEC = """
text-embedding:
  batch: {batch}
  parameters: {{user: user}}
  request:
    path: /embed
    body:
      model: "{{{{ model }}}}"
      input: "{{{{ texts }}}}"
      kind: "{{{{ input_type }}}}"
      $merge: [wire_parameters, extra_body]
  response:
    embeddings: {{each: data, index: index, vector: {{path: embedding, decode: {decode}}}}}
    usage: {{at: usage, input_tokens: tokens}}
    model: model
"""
Open = Callable[..., Any]


def spec(batch: str = "{of: texts}", decode: str = "[list, base64_float32]") -> str:
    return SPEC.format(batch=batch, decode=decode)


def rows(*vectors: Any, tokens: int | None = None) -> dict[str, Any]:
    """A reply with vectors in order."""
    data = [{"index": i, "embedding": vector} for i, vector in enumerate(vectors)]
    return {"data": data, "usage": None if tokens is None else {"tokens": tokens}, "model": "m-1"}


# ---- batches


@pytest.mark.parametrize(
    ("batch", "texts", "sent"),
    [
        ("{of: texts, max_items: 2}", ["a", "b", "c"], [["a", "b"], ["c"]]),
        ("{of: texts, max_items: 2}", ["a", "b"], [["a", "b"]]),
        ("{of: texts, max_chars: 5}", ["abc", "de", "f"], [["abc", "de"], ["f"]]),
        ("{of: texts, max_bytes: 6}", ["ää", "bb", "c"], [["ää", "bb"], ["c"]]),
        ("{of: texts, max_bytes: 1KiB}", ["a", "b"], [["a", "b"]]),
        ("{of: texts, max_tokens: 2}", ["abcd", "efgh", "ijkl"], [["abcd", "efgh"], ["ijkl"]]),
        ("{of: texts, max_chars: 2}", ["too long", "b"], [["too long"], ["b"]]),
        ("{of: texts, max_items: 3, max_chars: 2}", ["a", "b", "c"], [["a", "b"], ["c"]]),
    ],
    ids=["items", "just fits", "chars", "bytes", "size", "tokens", "one too long", "least"],
)
def test_long_list_is_sent_in_batches(
    open_service: Open, batch: str, texts: list[str], sent: list[list[str]]
) -> None:
    """No batch is over a limit, unless one text alone is; no text is cut or left out."""
    service = open_service(spec(batch))
    for piece in sent:
        service.answer(rows(*([float(len(text))] for text in piece)))
    result = service.invoke("text_embedding", texts)
    assert service.bodies("input") == sent
    assert [vector[0] for vector in result.embeddings] == [len(text) for text in texts]


def test_batches_are_joined_in_order_and_their_usage_is_summed(open_service: Open) -> None:
    """The caller sees one result; what no batch counted stays unknown."""
    service = open_service(spec("{of: texts, max_items: 1}"))
    service.answer(rows([1.0], tokens=3))
    service.answer(rows([2.0], tokens=4))
    result = service.invoke("text_embedding", ["a", "b"], user="u")
    assert [list(vector) for vector in result.embeddings] == [[1.0], [2.0]]
    assert (result.usage.input_tokens, result.usage.output_tokens) == (7, None)
    assert result.model == "m-1"
    assert len(result.raw) == 2
    assert service.bodies("user") == ["u", "u"]


def test_count_that_one_batch_tells_is_not_lost(open_service: Open) -> None:
    """A batch without usage adds nothing."""
    service = open_service(spec("{of: texts, max_items: 1}"))
    service.answer(rows([1.0], tokens=3))
    service.answer(rows([2.0]))
    assert service.invoke("text_embedding", ["a", "b"]).usage.input_tokens == 3


def test_model_s_own_limit_holds_beside_the_spec_s(open_service: Open) -> None:
    """`max_chunks` of a model makes batches smaller, never larger."""
    models = (
        "models: [{model: small, model_type: text-embedding, model_properties: {max_chunks: 1}}]"
    )
    service = open_service(spec("{of: texts, max_items: 2}"), more=models)
    service.always(rows([1.0]))
    service.invoke("text_embedding", ["a", "b"], model="small")
    assert service.bodies("input") == [["a"], ["b"]]


def test_failed_batch_fails_the_call(open_service: Open) -> None:
    """Half a result is none."""
    service = open_service(spec("{of: texts, max_items: 1}"))
    service.answer(rows([1.0]))
    service.answer({"error": {"message": "down"}}, status=500)
    with pytest.raises(ProviderError, match="acme/m text-embedding: POST http.*: HTTP 500, server"):
        service.invoke("text_embedding", ["a", "b"])


# ---- vectors


def floats(*numbers: float) -> str:
    return base64.b64encode(struct.pack(f"<{len(numbers)}f", *numbers)).decode()


@pytest.mark.parametrize(
    ("decode", "sent", "vector"),
    [
        ("list", [0.5, 1], [0.5, 1]),
        ("[list, base64_float32]", floats(0.5, -2.0), [0.5, -2.0]),
        ("base64_int8", base64.b64encode(bytes([1, 255, 128])).decode(), [1, -1, -128]),
        ("list", [[1.0, 3.0], [3.0, 5.0]], [2.0, 4.0]),
    ],
    ids=["list", "base64 floats", "base64 integers", "token by token"],
)
def test_vector_is_read_in_the_forms_that_the_spec_names(
    open_service: Open, decode: str, sent: object, vector: list[float]
) -> None:
    """A vector per token becomes one by its mean."""
    service = open_service(spec(decode=decode))
    service.answer(rows(sent))
    assert list(service.invoke("text_embedding", "a").embeddings[0]) == vector


def test_vectors_stand_in_the_order_of_the_texts(open_service: Open) -> None:
    """The index of a row counts, not its place."""
    service = open_service(spec())
    service.answer({"data": [{"index": 1, "embedding": [1]}, {"index": 0, "embedding": [0]}]})
    assert [v[0] for v in service.invoke("text_embedding", ["a", "b"]).embeddings] == [0, 1]


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (rows([1.0]), "no vector for text 1 of 2"),
        ({"data": [{"index": 2, "embedding": [1]}]}, "a vector 2 for 2 texts"),
        ({"data": [{"index": -1, "embedding": [1]}]}, "a vector -1 for 2 texts"),
        ({"other": 1}, "no vectors"),
        (rows("not base64!", [1.0]), "not the base64"),
        (rows("AAA=", [1.0]), "not the base64"),
        (rows({"x": 1}, [1.0]), "A vector came as dict"),
        (b"<html>", "not JSON"),
    ],
    ids=["missing", "too many", "negative", "none", "text", "cut off", "map", "html"],
)
def test_reply_without_a_vector_per_text_is_refused(
    open_service: Open, reply: object, said: str
) -> None:
    """A vector in the wrong place would be worse than an error."""
    service = open_service(spec())
    service.answer(reply)
    with pytest.raises(ReplyError, match=said):
        service.invoke("text_embedding", ["a", "b"])


def test_error_inside_a_success_is_an_error(open_service: Open) -> None:
    """Some services answer 200 and say in the body that they failed."""
    service = open_service(spec())
    service.answer({"error": {"message": "no such model"}})
    with pytest.raises(ProviderError, match="no such model"):
        service.invoke("text_embedding", "a")


# ---- arguments


def test_hint_that_the_spec_does_not_read_is_left_out(open_service: Open) -> None:
    """`input_type` goes where the spec reads it; a caller need not know which models do."""
    service = open_service(spec())
    service.always(rows([1.0]))
    service.invoke("text_embedding", "a", input_type="query")
    service.invoke("text_embedding", "a")
    assert service.body(0)["kind"] == "query"
    assert "kind" not in service.body(1)


def test_setting_that_the_spec_never_sends_is_refused(open_service: Open) -> None:
    """A caller who asks for 256 dimensions must not silently get others."""
    service = open_service(spec())
    with pytest.raises(InvalidParameter, match="takes no dimensions: its spec never sends it"):
        service.invoke("text_embedding", "a", dimensions=256)
    assert service.targets == []


@pytest.mark.parametrize("texts", [[], "", None, {"a": 1}, [5], b"a"], ids=str)
def test_argument_that_is_no_list_of_texts_is_refused(open_service: Open, texts: object) -> None:
    """Before anything is sent; an empty text is a text."""
    service = open_service(spec())
    service.always(rows([1.0]))
    if texts == "":
        assert service.invoke("text_embedding", texts).embeddings
        return
    with pytest.raises(InvalidParameter, match="texts"):
        service.invoke("text_embedding", texts)
    assert service.targets == []


def test_limit_of_a_spec_is_told_before_a_call(open_service: Open) -> None:
    """`limits` names what a service refuses and no batch mends."""
    service = open_service(spec().rstrip() + "\n  limits: {texts: 2}\n")
    with pytest.raises(InvalidParameter, match="takes 2 texts at most; 3 were given"):
        service.invoke("text_embedding", ["a", "b", "c"])
    assert service.targets == []


PARTS_SPEC = """
text-embedding:
  request:
    path: /embed
    body:
      input:
        $each: texts
        $as: t
        $emit:
          $if: t | is_text
          $then: {text: "{{ t }}"}
          $else:
            $each: t
            $as: p
            $emit:
              $switch: p.type
              $case: {text: {text: "{{ p.text }}"}, image: {image: "{{ p | data_url }}"}}
  response: {embeddings: {each: data, vector: "@"}}
"""


def test_texts_may_be_lists_of_parts(open_service: Open) -> None:
    """Multimodal models embed pictures beside texts."""
    service = open_service(PARTS_SPEC)
    service.answer({"data": [[1.0], [2.0]]})
    picture = {"type": "image", "data": b"\x89PNG\r\n\x1a\n", "media_type": "image/png"}
    result = service.invoke("text_embedding", ["a", [{"type": "text", "text": "b"}, picture]])
    assert len(result.embeddings) == 2
    first, second = service.body()["input"]
    assert first == {"text": "a"}
    assert second[0] == {"text": "b"}
    assert second[1]["image"].startswith("data:image/png;base64,")
