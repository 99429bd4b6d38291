"""Tokens before a call: counted by the service, on this machine, or estimated."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from model_runtime.errors import InvalidParameter, MissingExtra, ProviderError
from model_runtime.results.tokens import TokenCount
from model_runtime.tokens import local

Open = Callable[..., Any]

SPEC = """
llm:
  request:
    path: /chat
    body:
      model: "{{ model }}"
      messages: {$each: messages, $as: m, $emit: {content: "{{ m | text }}"}}
      tools: {$each: tools, $as: t, $omit_empty: true, $emit: "{{ t.name }}"}
      $merge: [wire_parameters, extra_body]
  response: {text: answer}
text-embedding:
  request: {path: /embed, body: {input: "{{ texts }}"}}
  response: {embeddings: {each: data, vector: "@"}}
"""
REMOTE = """
count_tokens:
  llm:
    request: {path: /count, body: {$use: operations.llm.request.body}}
    response: {tokens: total}
  text-embedding:
    request: {path: /tokenize, body: {model: "{{ model }}", content: "{{ texts[0] }}"}}
    response: {tokens: tokens}
"""
LOCAL = "tokenizer: cl100k_base\n"
TOOL = {"name": "add", "parameters": {"type": "object"}}


# The tables of the encodings are read by a way that Python calls old.
pytestmark = pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")


def count(service: Any, prompt: Any = "Hello there", **options: Any) -> Any:
    return service.call(lambda r: r.llm("acme/m").count_tokens(prompt, **options))


def count_texts(service: Any, texts: Any, **options: Any) -> list[Any]:
    found: list[Any] = service.call(
        lambda r: r.text_embedding("acme/m").count_tokens(texts, **options)
    )
    return found


def test_service_counts_where_its_spec_says_how(open_service: Open) -> None:
    """From the same body as the call would have, with its credentials."""
    service = open_service(SPEC + REMOTE)
    service.answer({"total": 9})
    found = count(service, tools=[TOOL])
    assert (found.tokens, found.method) == (9, "remote")
    assert service.targets == ["POST /count"]
    assert service.body() == {
        "model": "m",
        "messages": [{"content": "Hello there"}],
        "tools": ["add"],
    }
    assert "authorization" in service.loopback.requests[0].headers


def test_service_counts_texts_one_by_one(open_service: Open) -> None:
    """Each text has its own count; a list of tokens counts by its length."""
    service = open_service(SPEC + REMOTE)
    service.answer({"tokens": [1, 2, 3]})
    service.answer({"tokens": [1]})
    found = count_texts(service, ["Hello you", "x"])
    assert [(item.tokens, item.method) for item in found] == [(3, "remote"), (1, "remote")]
    assert service.bodies("content") == ["Hello you", "x"]


def test_failure_of_the_service_is_not_hidden_by_an_estimate(open_service: Open) -> None:
    """A caller who wants one asks for it."""
    service = open_service(SPEC + REMOTE)
    service.answer({"error": {"message": "down"}}, status=500)
    with pytest.raises(ProviderError, match="acme/m count_tokens: POST http.*: HTTP 500"):
        count(service)


@pytest.mark.parametrize("method", ["local", "estimate"])
def test_nothing_leaves_the_process_for_these_methods(open_service: Open, method: str) -> None:
    """Though the service could count; no credentials are asked for either."""

    def refuse(*_names: object) -> dict[str, str]:
        raise AssertionError("credentials were asked for")

    service = open_service(SPEC + REMOTE, more=LOCAL, credentials=refuse)
    assert count(service, method=method).method == method
    assert [item.method for item in count_texts(service, ["a", "b"], method=method)] == [method] * 2
    assert service.loopback.connections == 0


def test_tokenizer_of_the_spec_counts_exactly(open_service: Open) -> None:
    """As the published encoding does; messages and tools add a little."""
    service = open_service(SPEC, more=LOCAL)
    text = "tiktoken is great!"
    [found] = count_texts(service, [text])
    assert (found.tokens, found.method) == (6, "local")
    plain, with_tool = count(service, text), count(service, text, tools=[TOOL])
    assert (plain.method, plain.tokens >= 6) == ("local", True)
    assert with_tool.tokens > plain.tokens


def test_tokenizer_of_a_model_comes_before_that_of_the_provider(open_service: Open) -> None:
    """Encodings differ between generations of models."""
    rules = "model_rules: {new: {match: m, tokenizer: o200k_base}}\n"
    service = open_service(SPEC, more=LOCAL + rules)
    text = "我喜欢在海边散步。" * 3
    exact = local.find_tokenizer("o200k_base")
    assert exact is not None
    assert count_texts(service, [text])[0].tokens == exact(text)


def test_file_of_a_tokenizer_stands_beside_the_spec(
    open_service: Open, tmp_path: Path, loopback: Any
) -> None:
    """Its path is from the spec's folder; an untrusted spec reads no file."""
    pytest.importorskip("tokenizers")
    words = {"[UNK]": 0, "hello": 1}
    model = {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"}
    parts = ("truncation", "padding", "normalizer", "post_processor", "decoder")
    whole: dict[str, Any] = {"version": "1.0", "added_tokens": [], **dict.fromkeys(parts)}
    whole |= {"pre_tokenizer": {"type": "Whitespace"}, "model": model}
    (tmp_path / "words.json").write_text(json.dumps(whole), "utf-8")
    service = open_service(SPEC, more="tokenizer: words.json\n")
    assert count_texts(service, ["hello big world"]) == [TokenCount(tokens=3, method="local")]
    service = open_service(SPEC, more="tokenizer: words.json\n", untrusted=True)
    assert [item.method for item in count_texts(service, ["hello"])] == ["estimate"]


def test_without_a_tokenizer_counts_are_estimates(open_service: Open) -> None:
    """And say so; to ask for an exact count is an error then."""
    service = open_service(SPEC)
    assert count(service).method == "estimate"
    assert [item.method for item in count_texts(service, "a")] == ["estimate"]
    with pytest.raises(InvalidParameter, match="no local tokenizer is known"):
        count(service, method="local")
    with pytest.raises(InvalidParameter, match=r"declares no count_tokens\.llm"):
        count(service, method="remote")
    with pytest.raises(InvalidParameter, match=r"declares no count_tokens\.text-embedding"):
        count_texts(service, ["a"], method="remote")
    with pytest.raises(InvalidParameter, match="method is 'guess'"):
        count(service, method="guess")
    assert service.targets == []


def test_missing_extra_is_told_where_an_exact_count_is_asked_for(
    open_service: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise an estimate does."""
    monkeypatch.setitem(sys.modules, "bpe_openai", None)
    local._load.cache_clear()
    try:
        service = open_service(SPEC, more=LOCAL)
        assert count(service).method == "estimate"
        with pytest.raises(MissingExtra, match="tokens"):
            count(service, method="local")
    finally:
        local._load.cache_clear()


def test_every_part_of_a_conversation_counts(open_service: Open) -> None:
    """Calls, results and pictures are part of what is paid for."""
    service = open_service(SPEC)
    short: list[dict[str, Any]] = [{"role": "user", "content": "Hi"}]
    call = {"type": "tool_call", "id": "1", "name": "add", "arguments": {"a": "long " * 20}}
    result = {"type": "tool_result", "id": "1", "content": [{"type": "text", "text": "sum " * 40}]}
    picture = {"type": "image", "url": "https://a.example/i.png"}
    counts = [
        count(service, messages, method="estimate").tokens
        for messages in (
            short,
            [*short, {"role": "assistant", "parts": [call]}],
            [*short, {"role": "tool", "parts": [result]}],
            [*short, {"role": "user", "parts": [picture]}],
        )
    ]
    assert min(counts[1:]) > counts[0] + 20
