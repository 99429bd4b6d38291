"""What bundled specs read of their services' lists: rows as the services document them."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from model_runtime import ModelRuntime
from model_runtime.catalog.models import ModelEntry

MADE_UP = {"api_key": "test-key", "base_url": "http://127.0.0.1:1/v1"}


def runtime(reply: Any) -> ModelRuntime:
    """A runtime whose every request gets the same reply."""
    body = json.dumps(reply).encode()

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-type": "application/json"}, content=body)

    return ModelRuntime(
        credentials=lambda *_: MADE_UP, client=httpx.Client(transport=httpx.MockTransport(answer))
    )


def told(entry: ModelEntry) -> dict[str, Any]:
    """What the service told of a model, without what every remote entry has."""
    return {key: value for key, value in entry.spec.items() if key != "fetch_from"}


CASES: list[tuple[str, Any, list[dict[str, Any]]]] = [
    (
        "openrouter",
        {
            "data": [
                {
                    "id": "maker/model",
                    "name": "Maker: Model",
                    "context_length": 131072,
                    "architecture": {"input_modalities": ["text", "image"]},
                    "supported_parameters": ["tools", "max_tokens"],
                    "top_provider": {"max_completion_tokens": 8192},
                    "pricing": {
                        "prompt": "0.00000015",
                        "completion": "0.0000006",
                        "input_cache_read": "0.000000075",
                    },
                },
                {"id": "router/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
            ]
        },
        [
            {
                "model": "maker/model",
                "model_type": "llm",
                "label": "Maker: Model",
                "features": ["tool-call", "vision"],
                "max_output_tokens": 8192,
                "model_properties": {"context_size": 131072},
                "pricing": {
                    "input": "0.15",
                    "output": "0.6",
                    "unit": "0.000001",
                    "currency": "USD",
                    "rows": [{"of": "cache_read_tokens", "price": "0.075"}],
                },
            },
            {"model": "router/auto", "model_type": "llm"},
        ],
    ),
    (
        "togetherai",
        [
            {
                "id": "maker/chat",
                "type": "chat",
                "display_name": "Chat",
                "organization": "Maker",
                "context_length": 8192,
                "pricing": {"input": 0.18, "output": 0.59, "hourly": 0},
            },
            {"id": "maker/draw", "type": "image"},
        ],
        [
            {
                "model": "maker/chat",
                "model_type": "llm",
                "label": "Chat",
                "owner": "Maker",
                "model_properties": {"context_size": 8192},
                "pricing": {
                    "input": "0.18",
                    "output": "0.59",
                    "unit": "0.000001",
                    "currency": "USD",
                },
            }
        ],
    ),
    (
        "mistralai",
        {
            "data": [
                {
                    "id": "made-up-latest",
                    "name": "Made Up",
                    "owned_by": "mistralai",
                    "max_context_length": 32768,
                    "capabilities": {"completion_chat": True, "function_calling": True},
                    "deprecation": "2026-12-01T00:00:00Z",
                }
            ]
        },
        [
            {
                "model": "made-up-latest",
                "model_type": "llm",
                "label": "Made Up",
                "owner": "mistralai",
                "features": ["tool-call"],
                "deprecated": True,
                "model_properties": {"context_size": 32768},
            }
        ],
    ),
    (
        "groq",
        {"data": [{"id": "m", "context_window": 131072, "max_completion_tokens": 32768}]},
        [
            {
                "model": "m",
                "model_type": "llm",
                "max_output_tokens": 32768,
                "model_properties": {"context_size": 131072},
            }
        ],
    ),
    (
        "gemini",
        {
            "models": [
                {
                    "name": "models/made-up",
                    "displayName": "Made Up",
                    "inputTokenLimit": 1048576,
                    "outputTokenLimit": 65536,
                    "supportedGenerationMethods": ["generateContent", "countTokens"],
                },
                {"name": "models/draw", "supportedGenerationMethods": ["predict"]},
                {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
            ]
        },
        [
            {
                "model": "made-up",
                "model_type": "llm",
                "label": "Made Up",
                "max_output_tokens": 65536,
                "model_properties": {"context_size": 1048576},
            },
            {"model": "embed", "model_type": "text-embedding"},
        ],
    ),
    (
        "cohere",
        {
            "models": [
                {
                    "name": "made-up",
                    "endpoints": ["chat", "generate"],
                    "context_length": 288768,
                    "features": ["json_schema", "tools"],
                },
                {"name": "embed-up", "endpoints": ["embed"], "is_deprecated": True},
                {"name": "old", "endpoints": ["classify"]},
            ]
        },
        [
            {
                "model": "made-up",
                "model_type": "llm",
                "features": ["tool-call", "structured-output"],
                "model_properties": {"context_size": 288768},
            },
            {"model": "embed-up", "model_type": "text-embedding", "deprecated": True},
        ],
    ),
    (
        "anthropic",
        {
            "data": [
                {
                    "id": "made-up",
                    "display_name": "Made Up",
                    "max_input_tokens": 1000000,
                    "max_tokens": 128000,
                    "capabilities": {"image_input": {"supported": True}, "thinking": {}},
                }
            ]
        },
        [
            {
                "model": "made-up",
                "model_type": "llm",
                "label": "Made Up",
                "features": ["vision"],
                "max_output_tokens": 128000,
                "model_properties": {"context_size": 1000000},
            }
        ],
    ),
    (
        "vllm",
        {"data": [{"id": "Made/Up", "owned_by": "vllm", "max_model_len": 8192}]},
        [
            {
                "model": "Made/Up",
                "model_type": "llm",
                "owner": "vllm",
                "model_properties": {"context_size": 8192},
            }
        ],
    ),
    (
        "local",
        {"data": [{"id": "a.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 4096}}]},
        [
            {
                "model": "a.gguf",
                "model_type": "llm",
                "owner": "llamacpp",
                "model_properties": {"context_size": 4096},
            }
        ],
    ),
    (
        "ollama",
        {
            "models": [
                {"name": "llama3.2:3b", "details": {"family": "llama"}},
                {"name": "nomic-embed-text:latest", "details": {"family": "nomic-bert"}},
            ]
        },
        [
            {"model": "llama3.2:3b", "model_type": "llm"},
            {"model": "nomic-embed-text:latest", "model_type": "text-embedding"},
        ],
    ),
    (
        "xinference",
        {
            "data": [
                {
                    "id": "a",
                    "model_type": "LLM",
                    "model_name": "A",
                    "context_length": 4096,
                    "model_ability": ["chat", "tools"],
                },
                {"id": "b", "model_type": "image"},
            ]
        },
        [
            {
                "model": "a",
                "model_type": "llm",
                "label": "A",
                "features": ["tool-call"],
                "model_properties": {"context_size": 4096},
            }
        ],
    ),
    (
        "huggingface_tei",
        {
            "model_id": "made/up",
            "model_type": {"reranker": {"id2label": {"0": "LABEL_0"}}},
            "max_input_length": 512,
            "max_client_batch_size": 16,
        },
        [
            {
                "model": "made/up",
                "model_type": "rerank",
                "model_properties": {"context_size": 512, "max_chunks": 16},
            }
        ],
    ),
]


@pytest.mark.parametrize(("provider", "reply", "models"), CASES, ids=[case[0] for case in CASES])
def test_row_becomes_a_model_with_all_that_is_told(
    provider: str, reply: Any, models: list[dict[str, Any]]
) -> None:
    """Types, features, lengths and prices, in the fields of our own lists."""
    with runtime(reply) as opened:
        assert [told(entry) for entry in opened.remote_models(provider)] == models


def test_ollama_describes_a_model() -> None:
    """Lengths stand under the name of the architecture."""
    reply = {
        "capabilities": ["completion", "tools", "vision"],
        "model_info": {
            "general.architecture": "llama",
            "llama.context_length": 131072,
            "llama.embedding_length": 3072,
        },
    }
    with runtime(reply) as opened:
        found = opened.describe_model("ollama/llama3.2:3b", "llm")
    assert found.model_properties["context_size"] == 131072
    assert found.features == ("tool-call", "vision")
    assert "embedding_dimensions" not in found.spec


def test_older_ollama_describes_what_it_can() -> None:
    """Without its list of capabilities the lengths are still told."""
    with runtime({"model_info": {"bert.context_length": 512}}) as opened:
        found = opened.describe_model("ollama/all-minilm", "text-embedding")
    assert found.model_properties["context_size"] == 512
    assert "features" not in found.spec
