"""Embeddings and rerank: parts where texts are expected, and counts that stand in headers."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from model_runtime import ModelRuntime
from model_runtime.errors import InvalidParameter

SPEC = """
spec_version: 1
provider: acme
base_url: https://api.example.com
operations:
  text-embedding:
    request: {path: /embed, body: {input: "{{ texts }}", $merge: [wire_parameters, extra_body]}}
    response:
      embeddings: {each: "@", vector: "@"}
      usage: {at: "@", input_tokens: "header:X-Tokens"}
  rerank:
    request:
      path: /rank
      body:
        documents:
          $each: documents
          $as: d
          $flatten: true
          $emit:
            $if: d | is_text
            $then: "{{ d }}"
            $else:
              $each: d
              $as: p
              $emit: {$switch: p.type, $case: {text: "{{ p.text }}"}}
        $merge: [wire_parameters, extra_body]
    response: {documents: {each: "@", index: i, score: s}}
"""
PICTURE = [{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}]


@pytest.fixture
def runtime(tmp_path: Path) -> ModelRuntime:
    """A runtime whose service answers every call with one row."""

    def answer(request: httpx.Request) -> httpx.Response:
        rows = [[0.5, 1.0]] if request.url.path == "/embed" else [{"i": 0, "s": 0.5}]
        return httpx.Response(200, json=rows, headers={"x-tokens": "7"})

    file = tmp_path / "acme.yaml"
    file.write_text(SPEC, "utf-8")
    client = httpx.Client(transport=httpx.MockTransport(answer))
    return ModelRuntime(specs=[str(file)], client=client)


def test_count_in_a_header_is_read(runtime: ModelRuntime) -> None:
    """A service that answers with a bare list may tell its count beside the body."""
    result = runtime.text_embedding("acme/m").invoke(["x"])
    assert result.usage.input_tokens == 7


def test_parts_are_refused_where_texts_are_sent(runtime: ModelRuntime) -> None:
    """A spec that never looks at parts would send them in a form that no service knows."""
    with pytest.raises(InvalidParameter, match="takes no parts in texts"):
        runtime.text_embedding("acme/m").invoke([PICTURE])


def test_part_of_a_type_without_a_case_is_refused(runtime: ModelRuntime) -> None:
    """A spec that tells parts apart refuses those that it does not know."""
    assert runtime.rerank("acme/m").invoke("q", [[{"type": "text", "text": "x"}]]).documents
    with pytest.raises(InvalidParameter, match="does not take image"):
        runtime.rerank("acme/m").invoke("q", [PICTURE])
