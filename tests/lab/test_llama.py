"""llama.cpp's own server with real weights, called in three dialects.

The model is so small that its words mean little: asserted is what the engine makes of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema
import pytest

from model_runtime import ContextLengthError, ServerUnavailableError

# Two threads of a model are slow beside whatever else keeps this machine busy.
pytestmark = [pytest.mark.xdist_group("llama"), pytest.mark.timeout(180)]

# Each dialect as a user would add it for this server: a child of the bundled spec.
CHILD: Final = """
spec_version: 1
provider: {name}
extends: {parent}
label: llama.cpp
credentials:
  api_key: {{required: false}}
base_url: {url}/v1
errors:
  rules:
    context_length: {{when: "error.type == 'exceed_context_size_error'", kind: context_length}}
"""
CHILDREN: Final = {"llama_messages": "anthropic", "llama_responses": "openai_responses"}
NAMES: Final = {
    "chat": "local/smollm2",
    "messages": "llama_messages/smollm2",
    "responses": "llama_responses/smollm2",
}
EACH_DIALECT: Final = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
SHORT: Final = {"max_tokens": 24, "temperature": 0.0}
SCHEMA: Final = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "maxLength": 12},
        "people": {"type": "integer", "minimum": 0, "maximum": 999},
    },
    "required": ["city", "people"],
    "additionalProperties": False,
}


def spec_folder(folder: Path, url: str) -> Path:
    """Write the specs of the dialects that are no bundled provider."""
    for name, parent in CHILDREN.items():
        (folder / name).mkdir()
        text = CHILD.format(name=name, parent=parent, url=url)
        (folder / name / "provider.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def caller(llama: str, tmp_path: Path, make_caller: Callable[..., Any]) -> Any:
    """A runtime that knows the server in three dialects."""
    credentials = {name: {} for name in CHILDREN} | {"local": {"base_url": f"{llama}/v1"}}
    return make_caller(specs=[spec_folder(tmp_path, llama)], credentials=credentials)


@EACH_DIALECT
def test_answer_has_text_finish_and_usage(caller: Any, name: str) -> None:
    """A real answer comes out whole, with the tokens that the server counted."""
    result = caller.invoke(name, "Name three colours.", parameters=SHORT)
    assert result.text
    assert result.finish_reason in ("stop", "length")
    assert result.id and result.model
    assert result.usage.input_tokens > 0
    assert 0 < result.usage.output_tokens <= 24
    assert result.usage.total_tokens == result.usage.input_tokens + result.usage.output_tokens


@EACH_DIALECT
def test_streamed_answer_is_the_sum_of_its_events(caller: Any, name: str) -> None:
    """The deltas of a real stream make up the text of its result, and usage comes along."""
    events, result = caller.stream(name, "Name three colours.", parameters=SHORT)
    deltas = [event.text for event in events if event.type == "text_delta"]
    assert len(deltas) > 1
    assert "".join(deltas) == result.text
    assert [event.type for event in events].count("finish") == 1
    assert result.finish_reason in ("stop", "length")
    assert 0 < result.usage.output_tokens <= 24
    assert 0 < result.usage.time_to_first_token < result.usage.latency


@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_answer_to_a_schema_fits_it(caller: Any, way: str) -> None:
    """A JSON Schema reaches the sampler of the server, and what comes back fits it."""
    answer = getattr(caller, way)(
        "local/smollm2",
        "Give a city and how many people live there.",
        parameters={"max_tokens": 200, "temperature": 0.0},
        response_format=SCHEMA,
    )
    result = answer[1] if way == "stream" else answer
    jsonschema.validate(json.loads(result.text), SCHEMA)


@EACH_DIALECT
@pytest.mark.parametrize("way", ["invoke", "stream"])
def test_text_over_the_context_is_a_context_length_error(caller: Any, name: str, way: str) -> None:
    """A prompt that is longer than the context raises the error that says so."""
    with pytest.raises(ContextLengthError) as caught:
        getattr(caller, way)(name, "word " * 6000, parameters=SHORT)
    assert caught.value.status == 400
    assert not caught.value.is_retryable


@pytest.mark.parametrize("provider", ["local", *CHILDREN])
def test_models_are_listed_by_the_server(caller: Any, provider: str) -> None:
    """The list of models is fetched from the server in each dialect."""
    (model,) = caller.models(provider)
    assert "SmolLM2" in model


@EACH_DIALECT
def test_connections_that_the_server_closes_do_no_harm(caller: Any, name: str) -> None:
    """This server hangs up after each stream; calls that follow at once succeed all the same."""
    for _ in range(5):
        caller.stream(name, "Hello", parameters={"max_tokens": 3})
        assert caller.invoke(name, "Hello", parameters={"max_tokens": 3}).usage.output_tokens


@EACH_DIALECT
def test_stream_that_is_left_frees_the_server(caller: Any, llama: str, name: str) -> None:
    """Leaving a block early, or cancelling a task, closes the connection: the server stops."""
    # Without an end of text the model would write until its context is full.
    endless = {"parameters": {"max_tokens": 1900}, "extra_body": {"ignore_eos": True}}
    caller.leave_early(name, "Tell a long story.", **endless)
    patience = time.monotonic() + 15
    while any(slot["is_processing"] for slot in httpx.get(f"{llama}/slots").json()):
        assert time.monotonic() < patience, "the server still works for a stream that was left"
        time.sleep(0.02)


def test_server_that_still_loads_is_waited_for(
    loading_llama: str, make_caller: Callable[..., Any]
) -> None:
    """While it loads its model the server answers 503: the call is made again until it is up."""
    credentials = {"local": {"base_url": f"{loading_llama}/v1"}}
    waited = make_caller(credentials=credentials, retries=8)
    with pytest.raises(ServerUnavailableError) as caught:
        make_caller(credentials=credentials, retries=0).invoke("local/smollm2", "Hello")
    assert (caught.value.status, caught.value.kind) == (503, "overloaded")
    assert waited.invoke("local/smollm2", "Hello", parameters={"max_tokens": 3}).usage.output_tokens
