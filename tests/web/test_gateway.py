"""The gateway over HTTP: three dialects, five tasks, keys, errors in the caller's words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from web_helpers import events_of

from model_runtime.web import GatewayKey

ASK = {"model": "acme/large", "messages": [{"role": "user", "content": "Where?"}]}
TOOL = {"type": "function", "function": {"name": "find", "parameters": {"type": "object"}}}


def test_chat_answers_as_chat_completions_do(serve: Any) -> None:
    """A plain answer has the choice, the finish reason and the usage of its dialect."""
    told = serve().http.post("/v1/chat/completions", json=ASK).json()
    assert told["object"] == "chat.completion" and told["model"] == "acme/large"
    choice = told["choices"][0]
    assert choice["message"]["content"] == "Paris." and choice["finish_reason"] == "stop"
    assert told["usage"]["prompt_tokens"] == 7 and told["usage"]["total_tokens"] == 9


@pytest.mark.parametrize("wants_usage", [True, False])
def test_streamed_chat_ends_with_usage_only_when_asked(serve: Any, wants_usage: bool) -> None:
    """The chunk with usage and no choices comes only with include_usage; [DONE] comes always."""
    body = {**ASK, "stream": True, "stream_options": {"include_usage": wants_usage}}
    reply = serve().http.post("/v1/chat/completions", json=body)
    frames = events_of(reply.text)
    assert frames[-1] == (None, "[DONE]")
    chunks = [json.loads(data) for _, data in frames[:-1]]
    texts = [c["choices"][0]["delta"].get("content") for c in chunks if c["choices"]]
    assert "".join(text for text in texts if text) == "Paris."
    assert any("usage" in chunk for chunk in chunks) is wants_usage


def test_responses_stream_builds_the_response_that_ends_it(serve: Any) -> None:
    """The deltas join to the text of the last event, whose numbers count from 0."""
    body = {"model": "acme/large", "input": "Where?", "stream": True}
    frames = events_of(serve().http.post("/v1/responses", json=body).text)
    events = [json.loads(data) for _, data in frames]
    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    assert [name for name, _ in frames] == [event["type"] for event in events]
    deltas = [e["delta"] for e in events if e["type"] == "response.output_text.delta"]
    whole = events[-1]["response"]
    assert whole["status"] == "completed"
    assert whole["output"][0]["content"][0]["text"] == "".join(deltas) == "Paris."


def test_messages_stream_opens_and_closes_each_block(serve: Any) -> None:
    """Start, block start, deltas, block stop, message delta with the reason and usage, stop."""
    body = {**ASK, "max_tokens": 20, "stream": True}
    frames = events_of(serve().http.post("/v1/messages", json=body).text)
    assert [name for name, _ in frames] == [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    told = json.loads(frames[-2][1])
    assert told["delta"]["stop_reason"] == "end_turn" and told["usage"]["output_tokens"] == 2


def test_tool_calls_come_in_each_dialect(serve: Any) -> None:
    """One call of a tool is told as each dialect tells it."""
    http = serve().http
    chat = http.post("/v1/chat/completions", json={**ASK, "tools": [TOOL]}).json()
    call = chat["choices"][0]["message"]["tool_calls"][0]
    assert chat["choices"][0]["finish_reason"] == "tool_calls"
    assert json.loads(call["function"]["arguments"]) == {"city": "Paris"}
    tool = {"name": "find", "input_schema": {"type": "object"}}
    block = http.post("/v1/messages", json={**ASK, "max_tokens": 9, "tools": [tool]}).json()
    assert block["content"][0]["input"] == {"city": "Paris"} and block["stop_reason"] == "tool_use"
    own = {"type": "function", "name": "find", "parameters": {"type": "object"}}
    given = {"model": "acme/large", "input": "Where?", "tools": [own]}
    item = http.post("/v1/responses", json=given).json()["output"][0]
    assert item["type"] == "function_call" and item["call_id"] == "call_1"


def test_fields_that_the_model_lacks_are_told_and_left_out(serve: Any) -> None:
    """What no parameter of the model takes is named in a header, and the call goes on."""
    reply = serve().http.post("/v1/chat/completions", json={**ASK, "store": False, "seed": 3})
    assert reply.status_code == 200
    assert "store" in reply.headers["x-model-runtime-ignored"]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/v1/chat/completions", {**ASK, "n": 2}, "n"),
        (
            "/v1/responses",
            {"model": "acme/large", "input": "x", "previous_response_id": "r"},
            "previous_response_id",
        ),
    ],
)
def test_what_no_provider_could_give_is_refused(
    serve: Any, path: str, body: dict[str, Any], field: str
) -> None:
    """A field that changes what an answer is gets a 400 that names it."""
    reply = serve().http.post(path, json=body)
    assert reply.status_code == 400 and reply.json()["error"]["message"].startswith(f"{field}:")


def test_errors_come_in_the_words_of_the_dialect(serve: Any) -> None:
    """An unknown provider is a 404 in both shapes, with the close match."""
    http = serve().http
    chat = http.post("/v1/chat/completions", json={**ASK, "model": "acne/large"})
    assert chat.status_code == 404 and chat.json()["error"]["code"] == "model_not_found"
    assert "'acme'" in chat.json()["error"]["message"]
    messages = http.post("/v1/messages", json={**ASK, "model": "acne/large", "max_tokens": 5})
    assert messages.json()["type"] == "error"
    assert messages.json()["error"]["type"] == "not_found_error"


def test_a_service_that_is_down_is_a_502(serve: Any) -> None:
    """No connection is told as such, before any byte of a stream."""
    http = serve(url="http://127.0.0.1:9").http
    for stream in (False, True):
        reply = http.post("/v1/chat/completions", json={**ASK, "stream": stream})
        assert reply.status_code == 502 and reply.json()["error"]["type"] == "server_error"


@pytest.mark.parametrize(
    "body", [b"", b"[1]", b'{"model": 3}', b'{"model": "acme/large", "messages": 3}']
)
def test_bodies_that_make_no_sense_are_400s(serve: Any, body: bytes) -> None:
    """Bad JSON and bad shapes are refused with a message."""
    reply = serve().http.post("/v1/chat/completions", content=body)
    assert reply.status_code == 400 and reply.json()["error"]["message"]


def test_tasks_answer_in_the_common_shapes(serve: Any) -> None:
    """Embeddings, rerank, moderation and both ways of speech."""
    http = serve().http
    found = http.post("/v1/embeddings", json={"model": "acme/small", "input": ["a", "b"]}).json()
    assert [row["embedding"] for row in found["data"]] == [[0.1, 0.2], [0.1, 0.2]]
    ranked = {"model": "acme/ranker", "query": "q", "documents": ["a", {"text": "b"}]}
    for path in ("/rerank", "/v1/rerank"):
        rows = http.post(path, json={**ranked, "return_documents": True}).json()["results"]
        assert rows[0] == {"index": 1, "relevance_score": 0.9, "document": {"text": "b"}}
    judged = http.post("/v1/moderations", json={"model": "acme/judge", "input": "x"}).json()
    assert judged["results"][0]["flagged"] is False
    spoken = {"model": "acme/mouth", "input": "Hello.", "voice": "alloy"}
    assert http.post("/v1/audio/speech", json=spoken).content == b"ID3 speech"
    files = {"file": ("a.wav", b"RIFF", "audio/wav")}
    heard = http.post("/v1/audio/transcriptions", data={"model": "acme/ear"}, files=files)
    assert heard.json()["text"] == "Hello."


def test_vectors_come_as_base64_when_asked(serve: Any) -> None:
    """The bytes are little-endian 32-bit floats."""
    import array
    import base64

    body = {"model": "acme/small", "input": "a", "encoding_format": "base64"}
    told = serve().http.post("/v1/embeddings", json=body).json()["data"][0]["embedding"]
    assert list(array.array("f", base64.b64decode(told))) == pytest.approx([0.1, 0.2])


def test_models_are_listed_with_their_aliases(serve: Any) -> None:
    """Every model that can be called is there under the names that callers use."""
    http = serve(aliases={"best": "acme/large"}).http
    names = [row["id"] for row in http.get("/v1/models").json()["data"]]
    assert names[0] == "best" and "acme/large" in names
    assert http.get("/v1/models/acme/large").json()["owned_by"] == "acme"
    assert http.post("/v1/chat/completions", json={**ASK, "model": "best"}).status_code == 200


def test_models_without_credentials_are_not_offered(serve: Any) -> None:
    """A caller sees only what a call would reach."""
    assert serve(configured=False).http.get("/v1/models").json()["data"] == []


def test_keys_are_asked_for_and_hold_to_their_limits(serve: Any) -> None:
    """No key, a wrong key, a foreign model, too many requests: 401, 401, 403, 429."""
    keys = [GatewayKey.of("team", "mr-one", models=("acme/l*",), requests_per_minute=2)]
    http = serve(keys=keys).http
    path = "/v1/chat/completions"
    assert http.post(path, json=ASK).status_code == 401
    assert http.post(path, json=ASK, headers={"authorization": "Bearer x"}).status_code == 401
    mine = {"authorization": "Bearer mr-one"}
    foreign = {"model": "acme/small", "input": "x"}
    assert http.post("/v1/embeddings", json=foreign, headers=mine).status_code == 403
    statuses = [http.post(path, json=ASK, headers=mine).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    waits = http.post(path, json=ASK, headers={"x-api-key": "mr-one"})
    assert 1 <= int(waits.headers["retry-after"]) <= 60


def test_metrics_count_calls_and_tokens(serve: Any) -> None:
    """Each call is counted under its outcome, with its tokens."""
    http = serve().http
    http.post("/v1/chat/completions", json=ASK)
    http.post("/v1/chat/completions", json={**ASK, "temperature": 9})
    told = http.get("/metrics").text
    assert 'outcome="ok"' in told and 'outcome="invalid_request"' in told
    assert 'kind="input_tokens",model="large",operation="chat",provider="acme"} 7.0' in told


def test_health_and_readiness_are_open(serve: Any) -> None:
    """A load balancer needs no key."""
    http = serve(keys=[GatewayKey.of("team", "mr-one")]).http
    assert http.get("/health").text == "ok\n" and http.get("/ready").status_code == 200


def test_tokens_are_counted_for_a_prompt(serve: Any) -> None:
    """The path that counts tokens answers without a call of the model."""
    reply = serve().http.post("/v1/messages/count_tokens", json=ASK)
    assert reply.json()["input_tokens"] > 0
