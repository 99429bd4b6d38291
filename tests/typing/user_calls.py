"""Code as hosts write it: both type checkers must accept every line, and nothing here is run."""

from __future__ import annotations

from typing import assert_type

from model_runtime import (
    AsyncModelRuntime,
    Image,
    Message,
    ModelRuntime,
    ProviderError,
    RateLimitError,
    Text,
    Tool,
)


def call_and_read(runtime: ModelRuntime) -> str:
    llm = runtime.llm("acme/large", credentials={"api_key": "secret"})
    question = Message("user", [Text("What is this?"), Image(data=b"...", media_type="image/png")])
    tool = Tool(name="get_weather", description="Tell the weather.", parameters={"type": "object"})
    result = llm.invoke(
        [question, {"role": "user", "content": "And that?"}],
        parameters={"temperature": 0.2, "max_tokens": 100},
        tools=[tool],
        tool_choice="auto",
        stop=["END"],
        timeout=30,
    )
    assert_type(result.text, str)
    assert_type(result.usage.input_tokens, int | None)
    assert_type(result.message, Message)
    return result.text


def stream_and_read(runtime: ModelRuntime) -> str:
    text = ""
    with runtime.llm("acme/large").stream("Hello") as stream:
        for event in stream:
            if event.type == "text_delta":
                text += event.text
        return stream.result().text


def call_the_other_types(runtime: ModelRuntime) -> float:
    vectors = runtime.text_embedding("acme/embed").invoke(["a", "b"], input_type="document")
    ranked = runtime.rerank("acme/rerank").invoke("query", ["a", "b"], top_n=1)
    spoken = runtime.tts("acme/voice").invoke("text", voice="anna")
    heard = runtime.speech2text("acme/ears").invoke(spoken.audio, language="en")
    judged = runtime.moderation("acme/judge").invoke(heard.text)
    assert_type(judged.flagged, bool)
    return ranked.documents[0].score + vectors.embeddings[0][0]


def handle_errors(runtime: ModelRuntime) -> float | None:
    try:
        runtime.llm("acme/large").invoke("Hello")
    except RateLimitError as error:
        return error.retry_after
    except ProviderError as error:
        assert_type(error.status, int | None)
    return None


async def call_async() -> str:
    async with AsyncModelRuntime(credentials={"acme": {"api_key": "secret"}}) as runtime:
        llm = runtime.llm("acme/large")
        result = await llm.invoke("Hello")
        async with llm.stream("Hello") as stream:
            async for event in stream:
                if event.type == "reasoning_delta":
                    assert_type(event.text, str)
        return result.text + stream.result().text
