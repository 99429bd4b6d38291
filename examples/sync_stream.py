"""Print an answer while it is written, reasoning and text apart."""

import os

from model_runtime import ModelRuntime

MODEL = os.environ.get("MODEL", "local/small")


def main() -> None:
    with ModelRuntime() as runtime:
        llm = runtime.llm(MODEL)
        with llm.stream("Tell me a story in two sentences.") as stream:
            for event in stream:
                if event.type == "reasoning_delta":
                    print(f"({event.text})")
                elif event.type == "text_delta":
                    print(event.text, end="", flush=True)
                elif event.type == "finish":
                    print(f"\nfinish reason: {event.finish_reason}")
        # The same object that llm.invoke() would have returned.
        result = stream.result()
    print("tokens:", result.usage.total_tokens)


if __name__ == "__main__":
    main()
